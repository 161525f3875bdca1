//! Messages.

use std::cmp::Reverse;

use trunkline_model::chat::ChatChange;
use trunkline_model::command::{
    ChatCommand, Command, MessageView, PlanCommand, PresenceCommand, Reply, ScheduleCommand, SendRequest,
};
use trunkline_model::limits::PAGE_LIMIT_MAX;
use trunkline_model::message::{BlobRef, Content, Edit, MediaKind, MessageStatus, SendMessage};
use trunkline_model::{Address, ErrorCode, Failure, InstanceId, Scope};

use super::body::about::{EditBody, PresenceBody, ReadBody};
use super::body::message::{BulkBody, Kind, SendBody, Wanted, list};
use super::body::when::read_when;
use super::body::{anybody, needed, person, text};
use super::ids::{self, Named};
use super::sending::{self, Outgoing};
use super::shown::message::{
    AcceptedJson, BulkJson, BulkResultJson, ChangedJson, MessageJson, MessageStatusJson, StateJson,
    status_word,
};
use super::table::messages::MessageOperation;
use super::{Ask, device, numbered, resolve, show, show_page, target, wrong};
use crate::act;
use crate::body::{ContentKind, Memory, RequestBody, content_kind};
use crate::call::{message_in, unexpected};
use crate::dialects::admit::also;
use crate::dialects::file;
use crate::dialects::loose::Loose;
use crate::dialects::pages::walk;
use crate::gateway::Gateway;
use crate::json::about::{EditBody as Words, revoke};
use crate::json::fields::Object;
use crate::json::time::now_ms;
use crate::limits::{
    BATCH_JSON_BYTES_MAX, DIALECT_PARTS_MAX, MESSAGE_JSON_BYTES_MAX, WASTACK_BULK_DELAY_MS_MAX,
    WASTACK_BULK_MAX, WASTACK_DEVICES_LISTED_MAX,
};
use crate::native::send::{idempotency_key, nth_key, with_file};
use crate::reply::Answer;

pub(super) async fn answer<G: Gateway>(
    operation: MessageOperation,
    ask: &mut Ask<'_, G>,
    body: RequestBody,
) -> Result<Answer, Failure> {
    use MessageOperation as Op;
    match operation {
        Op::Send => send(ask, body, |body| body.read(None, None)).await,
        Op::Text => send(ask, body, |body| body.read(Some(Kind::Text), None)).await,
        Op::Location => send(ask, body, |body| body.read(Some(Kind::Location), None)).await,
        Op::Contact => send(ask, body, |body| body.read(Some(Kind::Contact), None)).await,
        Op::Poll => send(ask, body, |body| body.read(Some(Kind::Poll), None)).await,
        Op::Reaction => send(ask, body, |body| body.read(Some(Kind::Reaction), None)).await,
        Op::Template => send(ask, body, |body| body.read(Some(Kind::Template), None)).await,
        Op::Media => media(ask, body, None).await,
        Op::Image => media(ask, body, Some(MediaKind::Image)).await,
        Op::Video => media(ask, body, Some(MediaKind::Video)).await,
        Op::Audio => media(ask, body, Some(MediaKind::Audio)).await,
        Op::Voice => media(ask, body, Some(MediaKind::Voice)).await,
        Op::Document => media(ask, body, Some(MediaKind::Document)).await,
        Op::Sticker => media(ask, body, Some(MediaKind::Sticker)).await,
        Op::Bulk => Box::pin(bulk(ask, body)).await,
        Op::Presence => presence(ask, body.json(ask.call.headers).await?).await,
        Op::List => Box::pin(listed(ask)).await,
        Op::Get | Op::Status => get(ask, operation).await,
        Op::Edit => edit(ask, body.json(ask.call.headers).await?).await,
        Op::Delete => delete(ask).await,
        Op::MarkRead => mark_read(ask, body.json(ask.call.headers).await?).await,
    }
}

/// Accepts the message of a body.
async fn send<G: Gateway>(
    ask: &mut Ask<'_, G>,
    body: RequestBody,
    read: impl FnOnce(SendBody) -> Result<Wanted, Failure>,
) -> Result<Answer, Failure> {
    // The file inside is a good part of the body, and is held until it is on disk.
    let (mut body, _memory): (SendBody, Memory) =
        body.held_json(ask.call.headers, MESSAGE_JSON_BYTES_MAX).await?;
    device(ask, text(body.device()))?;
    let accepted = accepted(ask, (read(body)?, None)).await?;
    show(ask, accepted)
}

/// Accepts a message to the group in the path.
pub(super) async fn send_to<G: Gateway>(
    ask: &mut Ask<'_, G>,
    body: RequestBody,
    chat: &str,
) -> Result<Answer, Failure> {
    send(ask, body, |body| body.in_chat(chat).read(None, None)).await
}

async fn accepted<G: Gateway>(
    ask: &Ask<'_, G>,
    (wanted, blob): (Wanted, Option<BlobRef>),
) -> Result<AcceptedJson, Failure> {
    let Outgoing { mut draft, at_ms } = sending::prepare(ask, wanted).await?;
    if let Some(blob) = blob {
        if at_ms.is_some() {
            sending::without_file(&draft.file)?;
        }
        draft = draft.with_blob(blob);
    }
    sending::send(ask, Outgoing { draft, at_ms }).await
}

/// Accepts a file: in JSON, or as a part of a form.
async fn media<G: Gateway>(
    ask: &mut Ask<'_, G>,
    body: RequestBody,
    kind: Option<MediaKind>,
) -> Result<Answer, Failure> {
    let read = |body: SendBody, upload| match kind {
        Some(kind) => body.read(Some(Kind::Media(kind)), upload),
        None => body.read_media(upload),
    };
    let ContentKind::Multipart(boundary) = content_kind(ask.call.headers)? else {
        return send(ask, body, |body| read(body, None)).await;
    };
    // Boxed: what a file needs would be paid for by every text.
    let begin = |ask: &mut Ask<'_, G>, mut fields: SendBody| match text(fields.device()) {
        Some(named) => device(ask, Some(named)).map(drop),
        None => Ok(()),
    };
    let mut form: file::Form<SendBody> = Box::pin(file::form(ask, (body, boundary), "file", begin)).await?;
    device(ask, text(form.fields.device()))?;
    let (upload, blob) = form.file.unzip();
    let accepted = accepted(ask, (read(form.fields, upload)?, blob)).await?;
    show(ask, accepted)
}

/// Messages that are accepted in one go; each stands for itself.
async fn bulk<G: Gateway>(ask: &mut Ask<'_, G>, body: RequestBody) -> Result<Answer, Failure> {
    let (mut body, _memory): (BulkBody, Memory) =
        body.held_json(ask.call.headers, BATCH_JSON_BYTES_MAX).await?;
    let delay_ms = body.delay_ms().map_or(0, |Loose(delay_ms)| delay_ms);
    if delay_ms > WASTACK_BULK_DELAY_MS_MAX {
        return Err(wrong("delayMs", format!("is more than {WASTACK_BULK_DELAY_MS_MAX}")));
    }
    let (usual, messages) = (text(body.device()), list(body.messages()));
    if !(1..=WASTACK_BULK_MAX).contains(&messages.len()) {
        return Err(wrong("messages", format!("has not 1 to {WASTACK_BULK_MAX} messages")));
    }
    let (now_ms, key) = (now_ms(), idempotency_key(ask.call.headers)?);
    let mut results = Vec::with_capacity(messages.len());
    for (index, Object(message)) in messages.into_iter().enumerate() {
        // The first one goes now, and each other one so much later than the one before it.
        let delay_ms = i64::from(delay_ms) * i64::try_from(index).unwrap_or(i64::MAX);
        let at_ms = (delay_ms > 0).then(|| now_ms.saturating_add(delay_ms));
        let key = nth_key(key.as_deref(), index);
        let outcome = one_of_many(ask, message, (usual.clone(), at_ms, key)).await;
        // Overload holds for the others as well: whoever repeats the call repeats what was accepted, too.
        results.push(match outcome {
            Ok(AcceptedJson { transaction, correlation, .. }) => BulkResultJson {
                index,
                transaction_id: Some(transaction),
                correlation_id: Some(correlation),
                error: None,
            },
            Err(failure) => BulkResultJson {
                index,
                transaction_id: None,
                correlation_id: None,
                error: Some(failure.detail),
            },
        });
    }
    show(ask, BulkJson::of(batch_id()?, results))
}

/// An id of a batch: no more than a name for the answer.
fn batch_id() -> Result<String, Failure> {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes).map_err(|_| unexpected())?;
    Ok(format!("batch_{:016x}", u64::from_be_bytes(bytes)))
}

async fn one_of_many<G: Gateway>(
    ask: &mut Ask<'_, G>,
    mut body: SendBody,
    (usual, at_ms, key): (Option<String>, Option<i64>, Option<String>),
) -> Result<AcceptedJson, Failure> {
    device(ask, text(body.device()).or(usual))?;
    let mut outgoing = sending::prepare(ask, body.read(None, None)?).await?;
    outgoing.draft.message.lane = trunkline_model::message::Lane::Bulk;
    // The key in the header is that of the whole call; a message has its own.
    outgoing.draft.idempotency_key = outgoing.draft.idempotency_key.or(key);
    if let Some(at_ms) = outgoing.at_ms.or(at_ms) {
        let instance = ask.call.instance()?;
        return Ok(AcceptedJson::later(&*sending::later(ask, instance, (outgoing.draft, at_ms)).await?));
    }
    let draft = with_file(&ask.call, outgoing.draft).await?;
    act::must_come_back(&ask.call, draft.idempotency_key.as_deref()).await?;
    let request = SendRequest { message: draft.message, idempotency_key: draft.idempotency_key };
    match ask.tell(Command::SendMany(vec![request])).await? {
        Reply::Sent(sent) => {
            let view = sent.into_iter().next().ok_or_else(unexpected)??;
            Ok(AcceptedJson::of(&view))
        }
        _ => Err(unexpected()),
    }
}

async fn presence<G: Gateway>(ask: &mut Ask<'_, G>, mut body: PresenceBody) -> Result<Answer, Failure> {
    device(ask, text(body.device()))?;
    let (command, status): (PresenceCommand, String) = body.read()?;
    if matches!(command, PresenceCommand::Set { .. }) {
        also(&ask.call.principal, Scope::ProfileWrite)?;
    }
    ask.tell(Command::Presence(command)).await?;
    show(ask, StateJson { status })
}

/// What a list of messages leaves out.
struct Wish {
    status: Option<String>,
    kind: Option<String>,
    to: Option<Address>,
    from_ms: Option<i64>,
    until_ms: Option<i64>,
}

impl Wish {
    fn of<G: Gateway>(ask: &Ask<'_, G>) -> Result<Wish, Failure> {
        let query = &ask.call.query;
        let time = |name: &str| query.get(name).map(|text| read_when(name, text, None)).transpose();
        Ok(Wish {
            status: query.get("status").map(str::to_owned),
            kind: query.get("type").map(|kind| ids::word(kind).to_owned()),
            to: query.get("to").map(|to| anybody("to", to)).transpose()?,
            from_ms: time("from")?,
            until_ms: time("until")?,
        })
    }

    /// The one status of ours that it asks for, where it is one.
    fn status(&self) -> Option<MessageStatus> {
        let same = |status: &MessageStatus| self.status.as_deref() == Some(status_word(*status));
        match MessageStatus::ALL.iter().filter(|status| same(status)).collect::<Vec<_>>().as_slice() {
            [one] => Some(**one),
            _ => None,
        }
    }

    fn holds(&self, view: &MessageView) -> bool {
        let at_ms = accepted_ms(view);
        self.status.as_deref().is_none_or(|word| word == status_word(view.status))
            && self.kind.as_deref().is_none_or(|word| word == ids::kind(view))
            && self.to.as_ref().is_none_or(|to| view.to.parse::<Address>().is_ok_and(|chat| chat == *to))
            && self.from_ms.is_none_or(|from_ms| at_ms >= from_ms)
            && self.until_ms.is_none_or(|until_ms| at_ms <= until_ms)
    }
}

fn accepted_ms(view: &MessageView) -> i64 {
    view.status_times_ms.values().min().copied().unwrap_or_default()
}

/// The instances of a list: the one that is named, or all that exist for the caller.
fn listed_instances<G: Gateway>(ask: &Ask<'_, G>) -> Result<Vec<InstanceId>, Failure> {
    let call = &ask.call;
    if let Some(named) = call.query.get("deviceId") {
        return Ok(vec![resolve(call, named).ok_or_else(super::no_device)?]);
    }
    let all = call.front.gateway.instances_of(call.account());
    let seen: Vec<InstanceId> =
        all.into_iter().map(|(id, _)| id).filter(|id| call.principal.may_see(*id)).collect();
    if seen.len() > WASTACK_DEVICES_LISTED_MAX {
        return Err(wrong("deviceId", "is missing; there are too many devices for one list"));
    }
    Ok(seen)
}

async fn listed<G: Gateway>(ask: &Ask<'_, G>) -> Result<Answer, Failure> {
    let (asked, wish) = (numbered(ask)?, Wish::of(ask)?);
    let instances = listed_instances(ask)?;
    let parts = DIALECT_PARTS_MAX.div_ceil(instances.len().max(1));
    let mut all: Vec<MessageView> = Vec::new();
    for instance in instances {
        let (status, wish) = (wish.status(), &wish);
        let found = walk(parts, async |before| {
            let command = Command::ListMessages { before, status, limit: PAGE_LIMIT_MAX };
            let Reply::Messages { messages, next } = ask.call.command(instance, command).await? else {
                return Err(unexpected());
            };
            let past = |view: &MessageView| wish.from_ms.is_some_and(|from_ms| accepted_ms(view) < from_ms);
            let next = next.filter(|_| !messages.last().is_some_and(past));
            Ok((messages.into_iter().filter(|view| wish.holds(view)).collect(), next))
        });
        all.extend(found.await?);
    }
    all.sort_by_key(|view| Reverse((accepted_ms(view), view.id)));
    let total = all.len();
    let shown = asked.of(all.iter()).into_iter().map(MessageJson::of).collect();
    show_page(ask, (asked, total), shown)
}

/// A message, or where it stands. One that waits for its time goes by its schedule until then.
async fn get<G: Gateway>(ask: &Ask<'_, G>, operation: MessageOperation) -> Result<Answer, Failure> {
    let whole = operation == MessageOperation::Get;
    let id = match Named::read(&ask.param("messageId")?) {
        Named::Message(id) => id,
        Named::Scheduled(id) => {
            let record = target::schedule(ask, id).await?;
            match target::run_of(ask, id).await? {
                Some(message) => message,
                None if whole => return show(ask, MessageJson::later(&record)),
                None => return show(ask, MessageStatusJson::later(&record)),
            }
        }
        Named::OnWhatsApp(_) => return Err(crate::call::no_message()),
    };
    let view = target::view(ask, id).await?;
    if whole { show(ask, MessageJson::of(&view)) } else { show(ask, MessageStatusJson::of(&view)) }
}

/// The accepted message that the path names, whose device becomes that of the request. One that goes by WhatsApp's id is looked for
/// with the device that is named, or the only one.
async fn own<G: Gateway>(
    ask: &mut Ask<'_, G>,
    (named, at): (&Named, Option<String>),
) -> Result<Option<Box<MessageView>>, Failure> {
    let id = match named {
        Named::Message(id) => Some(*id),
        Named::Scheduled(id) => target::run_of(ask, target::schedule(ask, *id).await?.id).await?,
        Named::OnWhatsApp(wa_id) => {
            device(ask, at)?;
            return match ask.tell(Command::FindMessage { wa_id: wa_id.clone() }).await {
                Ok(found) => Ok(Some(message_in(found)?)),
                Err(failure) if failure.code == ErrorCode::MessageNotFound => Ok(None),
                Err(failure) => Err(failure),
            };
        }
    };
    let Some(id) = id else { return Ok(None) };
    let view = target::view(ask, id).await?;
    target::at(ask, view.instance);
    Ok(Some(view))
}

async fn edit<G: Gateway>(ask: &mut Ask<'_, G>, mut body: EditBody) -> Result<Answer, Failure> {
    let words = needed("text", body.text())?;
    let named = Named::read(&ask.param("messageId")?);
    let at = text(body.device());
    let message = match (own(ask, (&named, at)).await?, named) {
        (Some(view), _) => Words::of(words).read(&view)?,
        (None, Named::OnWhatsApp(wa_id)) => {
            let to = anybody("chatId", &needed("chatId", body.chat())?)?;
            let content = Content::Edit(Edit { wa_id, body: words, caption_of: None });
            sending::checked(about(to, content))?
        }
        (None, _) => return Err(wrong("messageId", "is scheduled; change it at /schedule")),
    };
    let view = sending::accept(ask, message, idempotency_key(ask.call.headers)?).await?;
    show(ask, AcceptedJson::of(&view))
}

/// A message about another one.
fn about(to: Address, content: Content) -> SendMessage {
    SendMessage {
        to,
        content,
        quote: None,
        mentions: Vec::new(),
        options: trunkline_model::message::SendOptions::default(),
        lane: trunkline_model::message::Lane::Interactive,
        metadata: None,
    }
}

async fn delete<G: Gateway>(ask: &mut Ask<'_, G>) -> Result<Answer, Failure> {
    let id = ask.param("messageId")?;
    let for_everyone = ask.call.query.flag("forEveryone")?.unwrap_or(true);
    if !for_everyone {
        also(&ask.call.principal, Scope::ChatsWrite)?;
    }
    let named = Named::read(&id);
    let own = own(ask, (&named, None)).await?;
    let deleted =
        |status, transaction_id| ChangedJson { id: id.clone(), deleted: true, status, transaction_id };
    if let (None, Named::Scheduled(schedule)) = (&own, &named) {
        let cancel = PlanCommand::Schedule(Box::new(ScheduleCommand::Cancel(*schedule)));
        ask.call.plans(cancel).await?;
        return show(ask, deleted("cancelled", None));
    }
    let (chat, target) = match (own, named) {
        (Some(view), _) if for_everyone => {
            let message = revoke(&view)?;
            let revoked = sending::accept(ask, message, idempotency_key(ask.call.headers)?).await?;
            return show(ask, deleted("revoked", Some(ids::transaction(revoked.id))));
        }
        (own, _) => {
            let chat = match &own {
                Some(view) => anybody("to", &view.to)?,
                None => {
                    let query = &ask.call.query;
                    let chat = query.get("chatId").or_else(|| query.get("to"));
                    anybody("chatId", chat.ok_or_else(|| wrong("chatId", "is missing"))?)?
                }
            };
            let target = target::find(ask, &id, (&chat, None)).await?;
            (chat, target)
        }
    };
    if for_everyone {
        let message = sending::checked(about(chat, Content::Revoke(target)))?;
        let revoked = sending::accept(ask, message, idempotency_key(ask.call.headers)?).await?;
        return show(ask, deleted("revoked", Some(ids::transaction(revoked.id))));
    }
    let change = ChatChange::MessageDeleted(target::stored(target));
    ask.tell(Command::Chat(Box::new(ChatCommand::Act(chat, change)))).await?;
    show(ask, deleted("deleted", None))
}

async fn mark_read<G: Gateway>(ask: &mut Ask<'_, G>, mut body: ReadBody) -> Result<Answer, Failure> {
    device(ask, text(body.device()))?;
    let chat = anybody("chatId", &needed("chatId", body.chat())?)?;
    let sender = text(body.sender()).map(|sender| person("senderId", &sender)).transpose()?;
    let target = target::find(ask, &ask.param("messageId")?, (&chat, sender.as_ref())).await?;
    let command = Command::MarkRead {
        chat: chat.jid(),
        participant: target.participant.map(|author| author.jid()),
        wa_ids: vec![target.wa_id],
    };
    ask.tell(command).await?;
    show(ask, StateJson { status: "read".to_owned() })
}
