//! Settings: how an instance behaves by itself.

use std::sync::Arc;

use tokio::sync::oneshot;
use trunkline_model::command::{CallEvent, CallStep, Reply, SendRequest};
use trunkline_model::inbound::Party;
use trunkline_model::instance::InstanceState;
use trunkline_model::message::{Content, Lane, SendMessage, SendOptions, Text};
use trunkline_model::record::{self, RecordError, SettingsRecord, table};
use trunkline_model::settings::{InstanceSettings, SettingsUpdate};
use trunkline_model::{Address, ErrorCode, Failure, InstanceId};
use trunkline_store::{Batch, CommitClass, Ledger, Sealer};
use trunkline_whatsapp::SessionOptions;

use super::message::{InstanceMsg, answer};
use super::state::Instance;
use crate::engine::EngineError;
use crate::log::{Entries, Reader, Unread};
use crate::place::instance_key;
use crate::shard::store_failure;
use crate::spawn::TaskKind;

/// Reads the settings of an instance; the defaults when it has none of its own.
///
/// # Errors
/// A failure of the store, or a record that cannot be read.
pub(crate) fn load(
    ledger: &dyn Ledger,
    sealer: &Sealer,
    instance: InstanceId,
) -> Result<InstanceSettings, EngineError> {
    let place = instance_key(instance, table::SETTINGS, b"");
    let Some(stored) = ledger.get(&place)? else { return Ok(InstanceSettings::default()) };
    let SettingsRecord { mut settings, proxy_password_sealed } = record::decode(&stored)?;
    if let (Some(proxy), Some(sealed)) = (&mut settings.proxy, proxy_password_sealed) {
        let password = sealer.unseal(place.as_bytes(), &sealed)?;
        proxy.password = Some(String::from_utf8_lossy(&password).into_owned());
    }
    Ok(settings)
}

/// The settings as they go to disk: the proxy's password is sealed, bound to the record's place.
pub(crate) fn to_disk(
    settings: &InstanceSettings,
    sealer: &Sealer,
    instance: InstanceId,
) -> Result<Vec<u8>, RecordError> {
    let place = instance_key(instance, table::SETTINGS, b"");
    let mut settings = settings.clone();
    let password = settings.proxy.as_mut().and_then(|proxy| proxy.password.take());
    let proxy_password_sealed = password.map(|password| sealer.seal(place.as_bytes(), password.as_bytes()));
    record::encode(&SettingsRecord { settings, proxy_password_sealed })
}

impl Instance {
    pub(super) fn settings_reply(&self) -> Reply {
        Reply::Settings(Box::new(InstanceSettings::clone(&self.settings)))
    }

    /// Changes the settings, and does at once what they ask for. Nothing is changed unless it is on disk.
    pub(super) async fn update_settings(&mut self, update: SettingsUpdate) -> Result<Reply, Failure> {
        let before = Arc::clone(&self.settings);
        let after = Arc::new(before.with(update));
        // First the leave to connect: a refusal must not leave the number on its old way.
        let moves = before.proxy != after.proxy && self.stands().has_session();
        let permit = if moves { Some(self.permit_for_person()?) } else { None };
        let encoded = to_disk(&after, &self.context.sealer, self.id()).map_err(|error| {
            tracing::error!(instance = %self.id(), %error, "settings cannot be written");
            Failure::new(ErrorCode::Internal, "The settings could not be stored.")
        })?;
        let mut batch = Batch::new();
        batch.put(self.key(table::SETTINGS, b""), encoded);
        let written = match self.log.append_patiently(batch, Entries::default(), CommitClass::First).await {
            Ok(appended) => appended.durable().await,
            Err(error) => Err(error),
        };
        written.map_err(|error| store_failure(&error))?;
        self.settings = Arc::clone(&after);
        self.log.obey(Arc::clone(&after));
        if let Some(permit) = permit {
            self.reopen(permit).await?;
        } else if before.always_online != after.always_online {
            self.show_presence();
        }
        Ok(self.settings_reply())
    }

    /// What a session is opened with.
    pub(super) fn session_options(&self) -> SessionOptions {
        SessionOptions { history_sync: self.settings.history_sync, proxy: self.settings.proxy.clone() }
    }

    /// Says whether the number is online, as the settings want it.
    pub(super) fn show_presence(&self) {
        let Some(session) = self.session.clone().filter(|_| self.stands() == InstanceState::Open) else {
            return;
        };
        let (online, instance) = (self.settings.always_online, self.id());
        self.context.spawner.spawn(TaskKind::Disposable, "presence", async move {
            if let Err(error) = session.show_online(online).await {
                tracing::debug!(%instance, %error, "the presence could not be sent");
            }
        });
    }

    /// Who hears of messages that are to be read. What a session receives while as many deliveries wait as may is left unread.
    pub(super) fn reader(&self) -> Reader {
        let (myself, credits) = (self.myself.clone(), Arc::clone(&self.session_credits));
        Box::new(move |unread: Vec<Unread>| {
            if let Ok(credit) = Arc::clone(&credits).try_acquire_owned() {
                drop(myself.cast(InstanceMsg::Unread { unread, credit }));
            }
        })
    }

    /// Marks messages as read: one receipt for each run of messages of one author in one chat.
    pub(super) fn read(&self, unread: Vec<Unread>) {
        let Some(session) = self.session.clone() else { return };
        let instance = self.id();
        self.context.spawner.spawn(TaskKind::Disposable, "auto-read", async move {
            for run in unread.chunk_by(|a, b| a.chat == b.chat && a.author == b.author) {
                let Some(first) = run.first() else { continue };
                let ids: Vec<String> = run.iter().map(|unread| unread.wa_id.clone()).collect();
                if let Err(error) = session.mark_read(&first.chat, first.author.as_deref(), &ids).await {
                    tracing::debug!(%instance, %error, "messages could not be marked as read");
                }
            }
        });
    }
}

impl Instance {
    /// Declines a call that rings, where the settings want that.
    pub(super) fn decline(&self, call: &CallEvent) {
        if !self.settings.reject_calls || !matches!(call.step, CallStep::Offered { .. }) {
            return;
        }
        let Some(session) = self.session.clone() else { return };
        let (call, caller) = (call.call.clone(), caller(&call.from));
        let (instance, myself) = (self.id(), self.myself.clone());
        self.context.spawner.spawn(TaskKind::Disposable, "decline", async move {
            match (session.reject_call(&call, None).await, caller) {
                (Ok(()), Some(caller)) => drop(myself.cast(InstanceMsg::Declined { call, caller })),
                (Ok(()), None) => {}
                (Err(error), _) => tracing::debug!(%instance, %error, "a call could not be declined"),
            }
        });
    }

    /// Sends whoever was declined the text of the settings, if there is one: once for each call, however often it is told of.
    pub(super) fn answer_caller(&mut self, call: &str, caller: Address) {
        let Some(body) = self.settings.reject_calls_message.clone() else { return };
        let message = SendMessage {
            to: caller,
            content: Content::Text(Text::plain(body)),
            quote: None,
            mentions: Vec::new(),
            options: SendOptions::default(),
            lane: Lane::Interactive,
            metadata: None,
        };
        let request = SendRequest { message, idempotency_key: Some(format!("declined-call-{call}")) };
        let (reply, accepted) = oneshot::channel();
        match super::archive(request) {
            Ok(message) => self.accept(message, reply),
            Err(failure) => answer(reply, Err(failure)),
        }
        let instance = self.id();
        self.context.spawner.spawn(TaskKind::Disposable, "answer-caller", async move {
            if let Ok(Err(failure)) = accepted.await {
                tracing::info!(%instance, code = failure.code.as_str(), "a declined caller is not written to");
            }
        });
    }
}

fn caller(person: &Party) -> Option<Address> {
    person.phone.clone().map(Address::Phone).or_else(|| person.lid.clone().map(Address::Lid))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{self, shard::INSTANCE};
    use trunkline_model::settings::ProxyConfig;

    #[tokio::test]
    async fn settings_come_back_and_the_password_is_not_on_disk_in_clear() {
        let dir = tempfile::TempDir::new().expect("a directory");
        let ledger = testing::ledger(&dir);
        let sealer = ledger.sealer();
        assert_eq!(load(&*ledger, &sealer, INSTANCE).expect("read"), InstanceSettings::default());
        let proxy = ProxyConfig {
            url: "http://proxy.example:3128".to_owned(),
            username: Some("ann".to_owned()),
            password: Some("very secret".to_owned()),
        };
        let settings =
            InstanceSettings { proxy: Some(proxy), auto_read: true, ..InstanceSettings::default() };
        let encoded = to_disk(&settings, &sealer, INSTANCE).expect("encoded");
        assert!(!encoded.windows(6).any(|bytes| bytes == b"secret"), "the password is in clear");
        let mut batch = Batch::new();
        batch.put(instance_key(INSTANCE, table::SETTINGS, b""), encoded);
        ledger.commit(batch, CommitClass::First).await.expect("durable");
        assert_eq!(load(&*ledger, &sealer, INSTANCE).expect("read"), settings);
    }
}
