//! Messages, and what is shown in chats.

use std::time::{Duration, Instant};

use trunkline_model::command::{
    ChatActivity, Command, InstanceView, MessageView, PresenceCommand, Reply, SendRequest,
};
use trunkline_model::inbound::Party;
use trunkline_model::message::{MessageStatus, Quote, SendMessage};
use trunkline_model::{Address, ErrorCode, Failure, MessageId};

use super::body::message::{EditBody, PresenceBody, Quoted, ReadBody, SendBody};
use super::shown::message::{InfoJson, PresenceJson, SentJson};
use super::shown::session::is_protected;
use super::shown::{Said, Success};
use super::table::messages::MessageOperation;
use super::{Ask, anybody, files, given, person, wrong};
use crate::act;
use crate::body::RequestBody;
use crate::call::{message_in, unexpected};
use crate::gateway::Gateway;
use crate::json::about::{edit, revoke};
use crate::limiter::Quota;
use crate::limits::{ADUTA_PRESENCE_MS_MAX, ADUTA_PROTECTED_SECONDS};
use crate::native::send::idempotency_key;
use crate::reply::Answer;

pub(super) async fn answer<G: Gateway>(
    operation: MessageOperation,
    ask: &Ask<'_, G>,
    body: RequestBody,
) -> Result<Answer, Failure> {
    use MessageOperation as Op;
    match operation {
        Op::Send => send(ask, ask.call.body(body).await?).await,
        Op::Edit => {
            let EditBody { text } = ask.call.body(body).await?;
            let text = given(Some(text)).ok_or_else(|| wrong("text", "is missing"))?;
            let earlier = earlier(ask).await?;
            accept(ask, edit(&earlier, text)?).await?;
            // It is the same message with other words.
            Ok(ask.show(&SentJson::of(&earlier)))
        }
        Op::Delete => {
            let earlier = earlier(ask).await?;
            accept(ask, revoke(&earlier)?).await?;
            Ok(ask.show(&SentJson::of(&earlier)))
        }
        Op::Info => info(ask).await,
        Op::Resend => {
            let id = named(ask).await?.id;
            spare(ask, &*ask.instance().await?)?;
            let view = message_in(ask.tell(Command::ResendMessage { id }).await?)?;
            Ok(ask.show(&SentJson::of(&view)))
        }
        Op::Read => read(ask, ask.call.body(body).await?).await,
        Op::Presence => presence(ask, ask.call.body(body).await?).await,
        Op::Upload => files::upload(ask, body).await,
        Op::Decrypt => files::decrypt(ask, body).await,
    }
}

async fn send<G: Gateway>(ask: &Ask<'_, G>, mut body: SendBody) -> Result<Answer, Failure> {
    let session = ask.instance().await?;
    let quote = match body.quoted() {
        Some(quoted) => Some(quote(ask, session.linked.as_ref(), quoted).await?),
        None => None,
    };
    let message = body.read(quote)?;
    act::must_come_back(&ask.call, idempotency_key(ask.call.headers)?.as_deref()).await?;
    spare(ask, &session)?;
    let view = accept(ask, message).await?;
    Ok(ask.show(&SentJson::of(&view)))
}

/// Counts a message of a session that is protected.
///
/// # Errors
/// `TOO_MANY_REQUESTS`.
fn spare<G: Gateway>(ask: &Ask<'_, G>, session: &InstanceView) -> Result<(), Failure> {
    let Some(quota) = Quota::new(1, ADUTA_PROTECTED_SECONDS).filter(|_| is_protected(session)) else {
        return Ok(());
    };
    let limiter = &ask.call.front.limiter;
    let grant = limiter.take(limiter.key(("protected", session.id.0)), quota, Instant::now());
    let Some(wait_ms) = grant.wait_ms else { return Ok(()) };
    ask.call.front.metrics.rate_limited.increment(1);
    let detail =
        format!("the session is protected: it sends one message in {ADUTA_PROTECTED_SECONDS} seconds");
    let failure = Failure::new(ErrorCode::TooManyRequests, detail);
    Err(Failure { retry_after_ms: Some(wait_ms), ..failure })
}

/// Accepts a message; it is on disk when this returns.
async fn accept<G: Gateway>(ask: &Ask<'_, G>, message: SendMessage) -> Result<Box<MessageView>, Failure> {
    let request = SendRequest { message, idempotency_key: idempotency_key(ask.call.headers)? };
    message_in(ask.tell(Command::Send(Box::new(request))).await?)
}

/// What a message answers: one that the session sent goes by the number that it was given, too.
async fn quote<G: Gateway>(ask: &Ask<'_, G>, own: Option<&Party>, quoted: Quoted) -> Result<Quote, Failure> {
    let participant = quoted.participant.map(|text| person("quoted.participant", &text)).transpose()?;
    match find(ask, &quoted.id).await {
        Ok(view) => {
            let author = own.and_then(|own| own.jid.parse::<Address>().ok());
            Ok(Quote { wa_id: view.wa_id, participant: participant.or(author), body: None })
        }
        Err(failure) if failure.code == ErrorCode::MessageNotFound => {
            Ok(Quote { wa_id: quoted.id, participant, body: None })
        }
        Err(failure) => Err(failure),
    }
}

/// The message that was sent under a number, an id of ours or WhatsApp's id.
async fn find<G: Gateway>(ask: &Ask<'_, G>, name: &str) -> Result<Box<MessageView>, Failure> {
    let number = name.parse().ok().and_then(MessageId::from_u64);
    let command = match number.or_else(|| name.parse().ok()) {
        Some(id) => Command::GetMessage { id },
        None => Command::FindMessage { wa_id: name.to_owned() },
    };
    message_in(ask.tell(command).await?)
}

/// The message in the path.
async fn named<G: Gateway>(ask: &Ask<'_, G>) -> Result<Box<MessageView>, Failure> {
    find(ask, &ask.param("msgId")?).await
}

/// The same, which WhatsApp has or will have.
async fn earlier<G: Gateway>(ask: &Ask<'_, G>) -> Result<Box<MessageView>, Failure> {
    let view = named(ask).await?;
    if view.status == MessageStatus::Failed {
        let detail = "The message failed: nobody has it, so there is nothing to change.";
        return Err(Failure::new(ErrorCode::Validation, detail));
    }
    Ok(view)
}

async fn info<G: Gateway>(ask: &Ask<'_, G>) -> Result<Answer, Failure> {
    let view = named(ask).await?;
    match ask.tell(Command::GetReceipts { id: view.id }).await? {
        Reply::Receipts(receipts) => Ok(ask.show(&Success::of(InfoJson::of(&view, &receipts)))),
        _ => Err(unexpected()),
    }
}

async fn read<G: Gateway>(ask: &Ask<'_, G>, body: ReadBody) -> Result<Answer, Failure> {
    let (chat, author, wa_id) = body.read()?;
    let participant = author.map(|author| author.jid());
    ask.tell(Command::MarkRead { chat: chat.jid(), participant, wa_ids: vec![wa_id] }).await?;
    Ok(ask.show(&Success::of(Said { message: "The message is marked as read." })))
}

async fn presence<G: Gateway>(ask: &Ask<'_, G>, body: PresenceBody) -> Result<Answer, Failure> {
    let jid = body.jid.map(|jid| jid.0).and_then(|jid| given(Some(jid)));
    let jid = jid.ok_or_else(|| wrong("jid", "is missing"))?;
    let chat = anybody("jid", &jid)?;
    let delay_ms = body.delay_ms.unwrap_or(0);
    if delay_ms > ADUTA_PRESENCE_MS_MAX {
        return Err(wrong("delayMs", format!("is more than {ADUTA_PRESENCE_MS_MAX} milliseconds")));
    }
    let activity = ChatActivity::ALL.into_iter().find(|activity| activity.as_str() == body.kind);
    let command = match (activity, body.kind.as_str()) {
        (Some(activity), _) => PresenceCommand::Show { chat: chat.clone(), activity },
        (None, "available") => PresenceCommand::Set { online: true },
        (None, "unavailable") => PresenceCommand::Set { online: false },
        (None, _) => {
            let detail = "is not one of composing, recording, paused, available, unavailable";
            return Err(wrong("type", detail));
        }
    };
    let ends = matches!(activity, Some(ChatActivity::Composing | ChatActivity::Recording)) && delay_ms > 0;
    // Taken before anybody sees somebody type: whoever has no place to wait would not show the end of it.
    let waiting = if ends { Some(ask.place_to_wait()?) } else { None };
    ask.tell(Command::Presence(command)).await?;
    if waiting.is_some() {
        ask.call.unless_stopping(tokio::time::sleep(Duration::from_millis(delay_ms))).await;
        let paused = PresenceCommand::Show { chat, activity: ChatActivity::Paused };
        ask.tell(Command::Presence(paused)).await?;
    }
    Ok(ask.show(&Success::of(PresenceJson { jid, kind: body.kind })))
}
