//! Messages, their files, calls.

use trunkline_model::chat::{ChatChange, MessageRef as StoredRef};
use trunkline_model::command::{CallCommand, ChatCommand, Command, SendRequest};
use trunkline_model::inbound::Party;
use trunkline_model::message::{
    Content, Edit, Lane, MediaKind, MessageRef, Pin, Reaction, SendMessage, SendOptions, ValidateSend,
};
use trunkline_model::{Address, Failure};

use super::body::about::{DeleteBody, DeleteForMeBody, EditBody, PinBody, ReactionBody, ReadBody, StarBody};
use super::body::descriptor::DescriptorBody;
use super::body::message::{ContactBody, LinkBody, LocationBody, MediaBody, PollBody, StickerBody, TextBody};
use super::body::people::RejectBody;
use super::shown::IdJson;
use super::table::messages::MessageOperation;
use super::{Ask, anybody, given, jid, wrong};
use crate::act;
use crate::body::{Memory, RequestBody};
use crate::call::message_in;
use crate::gateway::Gateway;
use crate::json::fields::Problems;
use crate::json::send::Draft;
use crate::limits::MESSAGE_JSON_BYTES_MAX;
use crate::native::send::{idempotency_key, with_file};
use crate::reply::Answer;

pub(super) async fn answer<G: Gateway>(
    operation: MessageOperation,
    ask: &Ask<'_, G>,
    body: RequestBody,
) -> Result<Answer, Failure> {
    use MessageOperation as Op;
    match operation {
        Op::Text => send(ask, ask.call.body::<TextBody>(body).await?.read()?).await,
        Op::Contact => send(ask, ask.call.body::<ContactBody>(body).await?.read()?).await,
        Op::Location => send(ask, ask.call.body::<LocationBody>(body).await?.read()?).await,
        Op::Poll => send(ask, ask.call.body::<PollBody>(body).await?.read()?).await,
        Op::Image => media(ask, body, MediaKind::Image).await,
        Op::Video => media(ask, body, MediaKind::Video).await,
        Op::Audio => media(ask, body, MediaKind::Audio).await,
        Op::Voice => media(ask, body, MediaKind::Voice).await,
        Op::Document => media(ask, body, MediaKind::Document).await,
        Op::Sticker => {
            let (body, _memory): (StickerBody, Memory) = held(ask, body).await?;
            send(ask, body.read()?).await
        }
        Op::Link => {
            let (body, _memory): (LinkBody, Memory) = held(ask, body).await?;
            send(ask, body.read()?).await
        }
        Op::React => react(ask, ask.call.body(body).await?).await,
        Op::Edit => edit(ask, ask.call.body(body).await?).await,
        Op::Read => read(ask, ask.call.body(body).await?).await,
        Op::Star => star(ask, ask.call.body(body).await?).await,
        Op::Pin => pin(ask, ask.call.body(body).await?).await,
        Op::Delete => delete(ask, ask.call.body(body).await?).await,
        Op::DeleteForMe => delete_for_me(ask, ask.call.body(body).await?).await,
        Op::Download => {
            let id = ask.call.param("id").or_else(|| ask.call.query.get("id").map(str::to_owned));
            let id = given(id).ok_or_else(|| wrong("id", "is missing"))?;
            crate::native::media::download(&ask.call, Some(&id)).await
        }
        Op::DownloadDescribed => {
            let body: DescriptorBody = ask.call.body(body).await?;
            crate::native::media::serve(&ask.call, Command::DownloadMedia(Box::new(body.read()?))).await
        }
        Op::RejectCall => {
            let body: RejectBody = ask.call.body(body).await?;
            let from = Some(jid("callerId", &body.caller_id)?);
            ask.done(Command::Call(CallCommand::Reject { call: ask.param("callId")?, from })).await
        }
    }
}

/// A body with room for a file, and the charge for it.
pub(super) async fn held<G: Gateway, B: serde::de::DeserializeOwned>(
    ask: &Ask<'_, G>,
    body: RequestBody,
) -> Result<(B, Memory), Failure> {
    body.held_json(ask.call.headers, MESSAGE_JSON_BYTES_MAX).await
}

async fn media<G: Gateway>(ask: &Ask<'_, G>, body: RequestBody, kind: MediaKind) -> Result<Answer, Failure> {
    // The file inside is a good part of the body, and is held until it is on disk.
    let (body, _memory): (MediaBody, Memory) = held(ask, body).await?;
    send(ask, body.read(kind)?).await
}

/// Accepts a message, its file being stored first; it is on disk when this returns.
pub(super) async fn send<G: Gateway>(ask: &Ask<'_, G>, draft: Draft) -> Result<Answer, Failure> {
    let draft = with_file(&ask.call, draft).await?;
    accept(ask, draft.message).await
}

async fn accept<G: Gateway>(ask: &Ask<'_, G>, message: SendMessage) -> Result<Answer, Failure> {
    let idempotency_key = idempotency_key(ask.call.headers)?;
    act::must_come_back(&ask.call, idempotency_key.as_deref()).await?;
    let request = SendRequest { message, idempotency_key };
    let view = message_in(ask.tell(Command::Send(Box::new(request))).await?)?;
    // Where a row shows nothing it says so with its status.
    if ask.row.status == 204 || matches!(ask.row.reply, crate::dialects::table::Shape::Nothing) {
        return Ok(ask.nothing());
    }
    Ok(ask.show(&IdJson { id: view.wa_id.clone() }))
}

/// A message about another one.
async fn about<G: Gateway>(ask: &Ask<'_, G>, to: Address, content: Content) -> Result<Answer, Failure> {
    let message = SendMessage {
        to,
        content,
        quote: None,
        mentions: Vec::new(),
        options: SendOptions::default(),
        lane: Lane::Interactive,
        metadata: None,
    };
    let mut problems = Problems::default();
    problems.extend(message.problems());
    accept(ask, problems.or(Some(message))?).await
}

/// Whether a WhatsApp id is the linked number's own.
fn is_own(own: Option<&Party>, sender: &Address) -> bool {
    own.is_some_and(|own| match sender {
        Address::Phone(digits) => own.phone.as_ref() == Some(digits),
        Address::Lid(digits) => own.lid.as_ref() == Some(digits),
        _ => false,
    })
}

/// The message in the path, of this chat and this author. Without one it is the other person's, which in a group is nobody's.
async fn target<G: Gateway>(
    ask: &Ask<'_, G>,
    chat: &Address,
    sender: Option<String>,
) -> Result<MessageRef, Failure> {
    let wa_id = ask.param("messageId")?;
    let is_group = matches!(chat, Address::Group(_));
    let Some(sender) = given(sender) else {
        return match is_group {
            true => Err(wrong("senderId", "is missing; a message of a group is somebody's")),
            false => Ok(MessageRef { wa_id, from_me: false, participant: None }),
        };
    };
    let sender = jid("senderId", &sender)?;
    let from_me = is_own(ask.instance().await?.linked.as_ref(), &sender);
    // A chat of two has no doubt about the author.
    Ok(MessageRef { wa_id, from_me, participant: Some(sender).filter(|_| is_group && !from_me) })
}

/// The same, as app state names it.
fn stored(target: MessageRef) -> StoredRef {
    StoredRef {
        wa_id: target.wa_id,
        from_me: target.from_me,
        participant: target.participant.map(|person| Party::of_jid(&person.jid())),
    }
}

async fn react<G: Gateway>(ask: &Ask<'_, G>, body: ReactionBody) -> Result<Answer, Failure> {
    let to = anybody("to", &body.to)?;
    let target = target(ask, &to, body.sender_id).await?;
    about(ask, to, Content::Reaction(Reaction { target, emoji: body.reaction })).await
}

async fn edit<G: Gateway>(ask: &Ask<'_, G>, body: EditBody) -> Result<Answer, Failure> {
    let to = anybody("to", &body.to)?;
    let text = given(body.text).or(given(body.message)).ok_or_else(|| wrong("text", "is missing"))?;
    about(ask, to, Content::Edit(Edit { wa_id: ask.param("messageId")?, body: text, caption_of: None })).await
}

async fn delete<G: Gateway>(ask: &Ask<'_, G>, body: DeleteBody) -> Result<Answer, Failure> {
    let chat = jid("chatId", &body.chat_id)?;
    let sender = given(body.sender_id).ok_or_else(|| wrong("senderId", "is missing"))?;
    let mut target = target(ask, &chat, Some(sender)).await?;
    // In a chat of two one can delete for both what one wrote, and nothing else.
    target.from_me |= !matches!(chat, Address::Group(_));
    about(ask, chat, Content::Revoke(target)).await
}

async fn pin<G: Gateway>(ask: &Ask<'_, G>, body: PinBody) -> Result<Answer, Failure> {
    const DAY_S: u32 = 86_400;
    let chat = jid("chatId", &body.chat_id)?;
    let duration_seconds = match (body.pinned.unwrap_or(true), given(body.pin_expiration).as_deref()) {
        (false, _) => 0,
        (true, Some("24h")) => DAY_S,
        (true, None | Some("7d")) => 7 * DAY_S,
        (true, Some("30d")) => 30 * DAY_S,
        (true, Some(_)) => return Err(wrong("pinExpiration", "is not one of 24h, 7d, 30d")),
    };
    let target = target(ask, &chat, body.sender_id).await?;
    about(ask, chat, Content::Pin(Pin { target, duration_seconds })).await
}

async fn read<G: Gateway>(ask: &Ask<'_, G>, body: ReadBody) -> Result<Answer, Failure> {
    let chat = jid("chatId", &body.chat_id)?;
    let sender = given(body.sender_id).map(|sender| jid("senderId", &sender)).transpose()?;
    match body.receipt_type.as_deref() {
        None | Some("read") => {
            let is_group = matches!(chat, Address::Group(_));
            if is_group && sender.is_none() {
                return Err(wrong("senderId", "is missing; a message of a group is somebody's"));
            }
            let participant = sender.filter(|_| is_group);
            ask.done(Command::MarkRead {
                chat: chat.jid(),
                participant: participant.map(|person| person.jid()),
                wa_ids: vec![ask.param("messageId")?],
            })
            .await
        }
        // Sent by itself, when the message was on disk.
        Some("delivered" | "sender") => Ok(ask.nothing()),
        Some("played") => Err(wrong("receiptType", "`played` is not sent on request; send `read`")),
        Some(_) => Err(wrong("receiptType", "is not one of delivered, sender, read, played")),
    }
}

async fn star<G: Gateway>(ask: &Ask<'_, G>, body: StarBody) -> Result<Answer, Failure> {
    let chat = jid("chatId", &body.chat_id)?;
    let message = stored(target(ask, &chat, body.sender_id).await?);
    let change = ChatChange::Starred { message, on: body.starred.unwrap_or(true) };
    ask.done(Command::Chat(Box::new(ChatCommand::Act(chat, change)))).await
}

async fn delete_for_me<G: Gateway>(ask: &Ask<'_, G>, body: DeleteForMeBody) -> Result<Answer, Failure> {
    let chat = jid("chatId", &body.chat_id)?;
    let target = match body.is_from_me {
        Some(true) => MessageRef { wa_id: ask.param("messageId")?, from_me: true, participant: None },
        _ => target(ask, &chat, body.sender_id).await?,
    };
    let change = ChatChange::MessageDeleted(stored(target));
    ask.done(Command::Chat(Box::new(ChatCommand::Act(chat, change)))).await
}
