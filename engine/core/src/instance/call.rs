//! Orders of front ends.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use trunkline_model::command::{Command, GroupCommand, PasskeyAssertion, Reply, StatusCommand};
use trunkline_model::event::CloseReason;
use trunkline_model::instance::{InstanceState, Trigger};
use trunkline_model::limits::AUDIENCE_MAX;
use trunkline_model::message::Audience;
use trunkline_model::{ErrorCode, Failure};
use trunkline_whatsapp::{Session, SessionError};

use super::message::{Ask, InstanceMsg, Replier, answer};
use super::state::Instance;
use crate::chats::Note;
use crate::limits::LOGOUT_TIMEOUT;
use crate::shard::{Permit, store_failure};
use crate::spawn::TaskKind;

impl Instance {
    pub(super) async fn call(&mut self, ask: Ask, reply: Replier) {
        match ask {
            Ask::Accept(message) => self.accept(*message, reply),
            Ask::AcceptMany(messages) => self.accept_many(messages, reply),
            Ask::Settled(id) => self.when_settled(id, reply),
            Ask::Resend(id, price) => self.resend(id, price, reply),
            Ask::Vouchers(vouchers, tell) => {
                drop(tell.send(self.what_became_of(vouchers).await));
                answer(reply, Ok(Reply::Done));
            }
            Ask::Command(command) => self.command(command, reply).await,
        }
    }

    async fn command(&mut self, command: Command, reply: Replier) {
        if self.stands() == InstanceState::Deleted && !only_looks(&command) {
            return answer(reply, Err(being_deleted()));
        }
        let result = match command {
            Command::GetInstance => Ok(self.instance_reply()),
            Command::UpdateInstance(update) => self.update(*update).await,
            Command::Connect => {
                let connected = self.connect().await;
                return self.answer_durably(reply, connected);
            }
            Command::Disconnect => {
                let disconnected = self.disconnect().await;
                return self.answer_durably(reply, disconnected);
            }
            Command::Restart => {
                let restarted = self.restart().await;
                return self.answer_durably(reply, restarted);
            }
            Command::CheckSend { idempotency_key } => self.check_send(idempotency_key.as_deref()),
            Command::GetPairing => Ok(Reply::Pairing(self.pairing.clone())),
            Command::GetMessage { id } => self.get_message(id),
            Command::FindMessage { wa_id } => self.find_message(&wa_id),
            Command::GetReceipts { id } => self.receipts(id),
            Command::GetBodies { ids } => self.get_bodies(&ids),
            Command::ListMessages { before, status, limit } => {
                self.list_messages(before, status, limit).await
            }
            Command::PullEvents { after, limit } => self.pull_events(after, limit),
            Command::RequestPairingCode { phone } => return self.request_pairing_code(phone, reply).await,
            Command::AnswerPasskey(assertion) => return self.answer_passkey(assertion, reply),
            Command::ConfirmPasskey => return self.confirm_passkey(reply),
            Command::MarkRead { chat, participant, wa_ids } => {
                return self.mark_read(chat, participant, wa_ids, reply);
            }
            asked @ (Command::Profile(_)
            | Command::Privacy(_)
            | Command::Presence(_)
            | Command::GetLimits
            | Command::Call(_)
            | Command::Newsletter(_)
            | Command::Community(_)) => {
                return self.ask_whatsapp(reply, |session| Box::pin(live(session, asked)));
            }
            Command::Status(command) => return self.status(command, reply),
            Command::Group(command) => return self.group(command, reply),
            Command::Chat(command) => return self.chat(*command, reply).await,
            Command::Contact(command) => return self.contact(command, reply).await,
            Command::Export(request) => return self.export(*request, reply).await,
            Command::NoteImport { source, by } => return self.note_import(source, by, reply).await,
            Command::NotePaused { endpoint, reason } => {
                return self.note_paused(endpoint, reason, reply).await;
            }
            Command::GetSettings => Ok(self.settings_reply()),
            Command::UpdateSettings(update) => self.update_settings(*update).await,
            Command::FetchMedia { sequence } => return self.fetch_media(sequence, reply),
            Command::DownloadMedia(media) => return self.download_media(*media, reply),
            Command::Logout => return self.logout(reply).await,
            Command::DeleteInstance => return self.delete(reply).await,
            // They come with their prices, as asks of their own.
            Command::SendMany(_) | Command::Send(_) | Command::ResendMessage { .. } => {
                Err(Failure::new(ErrorCode::Internal, "A message came without its price."))
            }
        };
        answer(reply, result);
    }

    /// Answers once everything that was written before is on disk: what a 2xx says must survive.
    pub(super) fn answer_durably(&self, reply: Replier, result: Result<Reply, Failure>) {
        let log = Arc::clone(&self.log);
        self.context.spawner.spawn(TaskKind::Disposable, "answer", async move {
            let durable = match result {
                Ok(done) => log.barrier().await.map(|()| done).map_err(|error| store_failure(&error)),
                Err(failure) => Err(failure),
            };
            answer(reply, durable);
        });
    }

    pub(super) fn instance_reply(&self) -> Reply {
        Reply::Instance(Box::new(self.instance_view()))
    }

    async fn connect(&mut self) -> Result<Reply, Failure> {
        if !self.stands().has_session() {
            let permit = self.permit_for_person()?;
            self.connect_with(permit).await?;
        }
        Ok(self.instance_reply())
    }

    async fn connect_with(&mut self, permit: Permit) -> Result<(), Failure> {
        self.attempts = 0;
        self.panicked_at_ms.clear();
        self.refuse_or(Trigger::Connect).await?;
        self.permit = Some(permit);
        self.open_session();
        Ok(())
    }

    async fn disconnect(&mut self) -> Result<Reply, Failure> {
        if !matches!(self.stands(), InstanceState::Stopped | InstanceState::New) {
            // Connecting without a link is an attempt to pair: giving up leads back to the beginning.
            let unlinked = self.record.linked.is_none() && self.stands() != InstanceState::Pairing;
            let gives_up = unlinked && self.stands() == InstanceState::Connecting;
            let trigger = if gives_up { Trigger::PairFailed } else { Trigger::Disconnect };
            self.refuse_or(trigger).await?;
            self.drop_session();
        }
        Ok(self.instance_reply())
    }

    async fn restart(&mut self) -> Result<Reply, Failure> {
        // First the leave to connect: a refusal must not leave the instance stopped.
        let permit = self.permit_for_person()?;
        self.reopen(permit).await?;
        Ok(self.instance_reply())
    }

    /// Closes the connection and opens it again.
    pub(super) async fn reopen(&mut self, permit: Permit) -> Result<(), Failure> {
        self.disconnect().await?;
        self.connect_with(permit).await
    }

    async fn refuse_or(&mut self, trigger: Trigger) -> Result<(), Failure> {
        let state = self.stands();
        let reason = (trigger != Trigger::Connect).then_some(CloseReason::Requested);
        if self.step(trigger, reason).await {
            return Ok(());
        }
        let detail = format!("The instance is in state `{}`, which does not allow this.", state.as_str());
        Err(Failure::in_state(ErrorCode::InstanceState, state, detail))
    }

    async fn request_pairing_code(&mut self, phone: String, reply: Replier) {
        if self.record.linked.is_some() {
            let detail = "The instance is linked already; log it out before linking another phone.";
            let failure = Failure::in_state(ErrorCode::InstanceState, self.stands(), detail);
            return answer(reply, Err(failure));
        }
        let Some(session) = self.session.clone().filter(|_| self.stands() == InstanceState::AwaitingScan)
        else {
            let detail = "Connect the instance first, and ask again when its state is `awaiting_scan`.";
            let failure = Failure::in_state(ErrorCode::InstanceState, self.stands(), detail);
            return answer(reply, Err(failure));
        };
        // In the actor: the answer shows the code, and so does every question after it.
        match session.request_pairing_code(&phone).await {
            Ok(issued) => {
                self.pairing_code_issued(issued.code, issued.valid_ms).await;
                self.pairing.code_for = Some(phone);
                answer(reply, Ok(Reply::Pairing(self.pairing.clone())));
            }
            Err(error) => answer(reply, Err(session_failure(&error))),
        }
    }

    fn answer_passkey(&self, assertion: PasskeyAssertion, reply: Replier) {
        self.in_ceremony(reply, |session| Box::pin(async move { session.answer_passkey(assertion).await }));
    }

    fn confirm_passkey(&self, reply: Replier) {
        self.in_ceremony(reply, |session| Box::pin(async move { session.confirm_passkey().await }));
    }

    /// A step of a passkey ceremony, taken only while WhatsApp waits for one: the protocol library would ask the service.
    fn in_ceremony(
        &self,
        reply: Replier,
        work: impl FnOnce(Session) -> BoxFuture<'static, Result<(), SessionError>>,
    ) {
        if self.stands() != InstanceState::AwaitingPasskey {
            let detail = "WhatsApp has not asked for a passkey.";
            let failure = Failure::in_state(ErrorCode::InstanceState, self.stands(), detail);
            return answer(reply, Err(failure));
        }
        self.with_session(reply, Reply::Pairing(self.pairing.clone()), work);
    }

    /// Asks about groups; a chat learns its subject by the way.
    fn group(&self, command: GroupCommand, reply: Replier) {
        let log = Arc::clone(&self.log);
        self.work_with_session(reply, |session| {
            Box::pin(async move {
                let told = session.group(command).await.map_err(|error| session_failure(&error))?;
                let subjects: Vec<Note> = match &told {
                    Reply::Group(view) => vec![Note::Subject(view.group.clone())],
                    Reply::Groups(views) => {
                        views.iter().map(|view| Note::Subject(view.group.clone())).collect()
                    }
                    _ => Vec::new(),
                };
                if !subjects.is_empty() {
                    super::chats::durable(&log, subjects.into()).await?;
                }
                Ok(told)
            })
        });
    }

    fn status(&self, command: StatusCommand, reply: Replier) {
        let reader = self.chat_reader();
        self.work_with_session(reply, |session| {
            Box::pin(async move {
                let contacts = match &command {
                    StatusCommand::Delete { audience: Audience::Contacts, .. } => {
                        reader.saved_contacts(AUDIENCE_MAX + 1).await?
                    }
                    _ => Vec::new(),
                };
                session.status(command, contacts).await.map_err(|error| session_failure(&error))
            })
        });
    }

    /// Runs something on the session in a task of its own; `done` answers when it worked.
    fn with_session(
        &self,
        reply: Replier,
        done: Reply,
        work: impl FnOnce(Session) -> BoxFuture<'static, Result<(), SessionError>>,
    ) {
        self.ask_whatsapp(reply, |session| {
            let working = work(session);
            Box::pin(async move { working.await.map(|()| done) })
        });
    }

    /// Asks WhatsApp for something in a task of its own, so that the actor goes on meanwhile.
    fn ask_whatsapp(
        &self,
        reply: Replier,
        work: impl FnOnce(Session) -> BoxFuture<'static, Result<Reply, SessionError>>,
    ) {
        self.work_with_session(reply, |session| {
            let working = work(session);
            Box::pin(async move { working.await.map_err(|error| session_failure(&error)) })
        });
    }

    /// As [`Instance::ask_whatsapp`], for work that also writes.
    pub(super) fn work_with_session(
        &self,
        reply: Replier,
        work: impl FnOnce(Session) -> BoxFuture<'static, Result<Reply, Failure>>,
    ) {
        let Some(session) = self.session.clone() else {
            let detail = "The instance has no connection to WhatsApp.";
            let failure = Failure::in_state(ErrorCode::InstanceState, self.stands(), detail);
            return answer(reply, Err(failure));
        };
        let working = work(session);
        self.context.spawner.spawn(TaskKind::Disposable, "session-call", async move {
            answer(reply, working.await);
        });
    }

    async fn logout(&mut self, reply: Replier) {
        let Some(session) = self.session.clone().filter(|_| self.stands() == InstanceState::Open) else {
            let detail = "Only an open instance can log out: WhatsApp has to confirm it. Connect it first.";
            let failure = Failure::in_state(ErrorCode::InstanceState, self.stands(), detail);
            return answer(reply, Err(failure));
        };
        self.logouts += 1;
        let myself = self.myself.clone();
        self.context.spawner.spawn(TaskKind::Disposable, "logout", async move {
            let result = match tokio::time::timeout(LOGOUT_TIMEOUT, session.logout()).await {
                Ok(result) => result,
                Err(_) => Err(SessionError::Timeout),
            };
            drop(myself.cast(InstanceMsg::LoggedOut { result, reply }));
        });
    }

    /// The link is forgotten only when WhatsApp confirmed it.
    pub(super) async fn logout_ended(&mut self, result: Result<(), SessionError>, reply: Replier) {
        self.logouts = self.logouts.saturating_sub(1);
        if let Err(error) = result {
            return answer(reply, Err(session_failure(&error)));
        }
        if self.stands() == InstanceState::Deleted {
            return answer(reply, Ok(self.instance_reply()));
        }
        self.drop_session();
        if self.stands() != InstanceState::LoggedOut {
            self.step(Trigger::Logout, Some(CloseReason::Requested)).await;
        }
        self.record.linked = None;
        let durable = self.write_record_durably(trunkline_store::Batch::new()).await;
        answer(reply, durable.map(|()| self.instance_reply()));
    }
}

fn being_deleted() -> Failure {
    let detail = "The instance is being deleted.";
    Failure::in_state(ErrorCode::InstanceState, InstanceState::Deleted, detail)
}

/// Whether a command changes nothing, or ends everything: it is answered while the instance is being deleted, too.
fn only_looks(command: &Command) -> bool {
    matches!(
        command,
        Command::GetInstance
            | Command::GetPairing
            | Command::GetMessage { .. }
            | Command::FindMessage { .. }
            | Command::GetReceipts { .. }
            | Command::GetBodies { .. }
            | Command::ListMessages { .. }
            | Command::PullEvents { .. }
            | Command::GetSettings
            | Command::DeleteInstance
    )
}

/// The commands that WhatsApp itself answers, one family each.
async fn live(session: Session, command: Command) -> Result<Reply, SessionError> {
    match command {
        Command::Profile(command) => session.profile(command).await,
        Command::Privacy(command) => session.privacy(command).await,
        Command::Presence(command) => session.presence(command).await,
        Command::GetLimits => session.limits_reply().await,
        Command::Call(command) => session.call(command).await,
        Command::Newsletter(command) => session.newsletter(command).await,
        Command::Community(command) => session.community(command).await,
        _ => Err(SessionError::Invalid("this is nothing that WhatsApp is asked".to_owned())),
    }
}

/// A session's error as callers see it.
pub(crate) fn session_failure(error: &SessionError) -> Failure {
    let retry_after_ms = match error {
        SessionError::Throttled { retry_after_ms, .. } => *retry_after_ms,
        SessionError::CodeOnShow(seconds) => Some(seconds * 1_000),
        _ => None,
    };
    Failure { retry_after_ms, ..Failure::new(error.code(), format!("{error}.")) }
}
