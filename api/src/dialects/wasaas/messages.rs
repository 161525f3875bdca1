//! Messages: those that are sent, and those of a chat.

use trunkline_model::command::{
    ChatCommand, Command, MessageQuery, PlanCommand, PlanReply, Reply, SendRequest, Span, StoredBody,
    StoredMessage, TemplateCommand,
};
use trunkline_model::limits::PAGE_LIMIT_MAX;
use trunkline_model::message::{Lane, SendMessage};
use trunkline_model::{ErrorCode, Failure};

use super::body::message::{BulkBody, MediaBody, TemplateBody, TextBody};
use super::pages::{PaginationJson, window};
use super::shown::message::{BulkJson, BulkResultJson, MessageJson, SentJson};
use super::shown::{ListJson, SuccessJson};
use super::table::messages::MessageOperation;
use super::{chat, session, wrong};
use crate::act;
use crate::body::{Memory, RequestBody};
use crate::call::{message_in, unexpected};
use crate::dialects::Ask;
use crate::dialects::pages::Walk;
use crate::gateway::Gateway;
use crate::json::time::parse_time;
use crate::limits::{BATCH_JSON_BYTES_MAX, DIALECT_LIST_MAX, MESSAGE_JSON_BYTES_MAX};
use crate::native::send::{idempotency_key, nth_key, with_file};
use crate::reply::Answer;

pub(super) async fn answer<G: Gateway>(
    operation: MessageOperation,
    ask: &mut Ask<'_, G>,
    body: RequestBody,
) -> Result<Answer, Failure> {
    use MessageOperation as Op;
    match operation {
        Op::Text => {
            let (mut body, _memory): (TextBody, Memory) =
                body.held_json(ask.call.headers, MESSAGE_JSON_BYTES_MAX).await?;
            session(ask, &body.session()?)?;
            accept(ask, body.read(Lane::Interactive)?).await
        }
        // Boxed: what files and lists need would be paid for by every text.
        Op::Media => Box::pin(media(ask, body)).await,
        Op::Bulk => Box::pin(bulk(ask, body)).await,
        Op::Template => Box::pin(template(ask, body)).await,
        Op::History => Box::pin(history(ask)).await,
    }
}

/// Accepts a message; it is on disk when this returns.
async fn accept<G: Gateway>(ask: &Ask<'_, G>, message: SendMessage) -> Result<Answer, Failure> {
    let idempotency_key = idempotency_key(ask.call.headers)?;
    act::must_come_back(&ask.call, idempotency_key.as_deref()).await?;
    let request = SendRequest { message, idempotency_key };
    let view = message_in(ask.tell(Command::Send(Box::new(request))).await?)?;
    Ok(ask.show(&SuccessJson::of(SentJson::of(&view))))
}

async fn media<G: Gateway>(ask: &mut Ask<'_, G>, body: RequestBody) -> Result<Answer, Failure> {
    // The file inside is a good part of the body, and is held until it is on disk.
    let (mut body, _memory): (MediaBody, Memory) =
        body.held_json(ask.call.headers, MESSAGE_JSON_BYTES_MAX).await?;
    session(ask, &body.session()?)?;
    let draft = with_file(&ask.call, body.read()?).await?;
    accept(ask, draft.message).await
}

async fn template<G: Gateway>(ask: &mut Ask<'_, G>, body: RequestBody) -> Result<Answer, Failure> {
    let mut body: TemplateBody = body.json(ask.call.headers).await?;
    session(ask, &body.session()?)?;
    let (template, variables, around) = body.read()?;
    let command = TemplateCommand::Render { template, variables, to_send: true };
    let rendered = ask.call.plans(PlanCommand::Template(Box::new(command))).await;
    let rendered = rendered.map_err(|mut failure| {
        for field in failure.fields.iter_mut().filter(|field| field.field == "template") {
            "templateId".clone_into(&mut field.field);
        }
        failure
    })?;
    let PlanReply::Rendered(content) = rendered else { return Err(unexpected()) };
    accept(ask, around.message(*content, Lane::Interactive)?).await
}

/// Accepts messages in one go; each stands for itself. They go at the pace of the bulk lane.
async fn bulk<G: Gateway>(ask: &mut Ask<'_, G>, body: RequestBody) -> Result<Answer, Failure> {
    let (body, _memory): (BulkBody, Memory) = body.held_json(ask.call.headers, BATCH_JSON_BYTES_MAX).await?;
    let (id, bodies) = body.read()?;
    session(ask, &id)?;
    let key = idempotency_key(ask.call.headers)?;
    let (mut people, mut read, mut requests) = (Vec::new(), Vec::new(), Vec::new());
    for (index, (to, body)) in bodies.into_iter().enumerate() {
        people.push(to);
        match body.read(Lane::Bulk) {
            Ok(message) => {
                read.push(None);
                let idempotency_key = nth_key(key.as_deref(), index);
                requests.push(SendRequest { message, idempotency_key });
            }
            Err(failure) => read.push(Some(Err(failure))),
        }
    }
    let first = requests.first().and_then(|request| request.idempotency_key.as_deref());
    act::must_come_back(&ask.call, first).await?;
    let mut sent = act::send_all(&ask.call, requests).await?.into_iter();
    let results = people.into_iter().zip(read).filter_map(|(to, read)| {
        let result = read.or_else(|| sent.next())?;
        Some(BulkResultJson::of(to, &result))
    });
    let results = results.collect();
    Ok(ask.show(&SuccessJson::of(BulkJson::of(results))))
}

/// Where a list of messages begins.
enum Before {
    /// With the newest.
    Now,
    /// With what was written before this time, in milliseconds since the Unix epoch.
    Time(i64),
    /// With what is older than this message.
    Message(String),
}

impl Before {
    /// Reads `?before=`: a time, in RFC 3339 or as a number of seconds or milliseconds, or WhatsApp's id of a message.
    fn read(text: Option<&str>) -> Before {
        /// As milliseconds this is a day in 1973, and as seconds one in the year 5138.
        const MILLISECONDS: i64 = 100_000_000_000;
        let Some(text) = text.map(str::trim).filter(|text| !text.is_empty()) else { return Before::Now };
        match text.parse::<i64>() {
            Ok(number @ 0..MILLISECONDS) => Before::Time(number * 1_000),
            Ok(number) => Before::Time(number),
            Err(_) => parse_time(text).map_or_else(|| Before::Message(text.to_owned()), Before::Time),
        }
    }
}

async fn history<G: Gateway>(ask: &mut Ask<'_, G>) -> Result<Answer, Failure> {
    let id = ask.call.query.get("sessionId").map(str::to_owned).filter(|id| !id.is_empty());
    let id = session(ask, &id.ok_or_else(|| wrong("sessionId", "is missing"))?)?;
    let chat = chat("chatId", &ask.param("chatId")?)?;
    let query = &ask.call.query;
    let (window, before) = (window(query), Before::read(query.get("before")));
    let until_ms = if let Before::Time(until_ms) = before { Some(until_ms) } else { None };
    let span = Span { since_ms: None, until_ms };
    let (mut walk, mut after) = (Walk::new(window), None);
    let (mut begun, mut looked_at) = (!matches!(before, Before::Message(_)), 0);
    loop {
        let query = MessageQuery { after, span, limit: PAGE_LIMIT_MAX };
        let command = ChatCommand::ListMessages(chat.clone(), query);
        let Reply::StoredMessages { messages, next } = ask.tell(Command::Chat(Box::new(command))).await?
        else {
            return Err(unexpected());
        };
        for message in &messages {
            if begun {
                walk.push(MessageJson::of(id, message));
            } else {
                begun = matches!(&before, Before::Message(wa_id) if wa_id == wa_id_of(message));
            }
        }
        after = next;
        looked_at += messages.len();
        if after.is_none() || looked_at >= DIALECT_LIST_MAX {
            break;
        }
    }
    if !begun {
        return Err(Failure::new(ErrorCode::MessageNotFound, "There is no message with the id in `before`."));
    }
    let pagination = PaginationJson::of(window, walk.total);
    Ok(ask.show(&ListJson::of(walk.kept, pagination)))
}

fn wa_id_of(message: &StoredMessage) -> &str {
    match &message.message {
        StoredBody::Sent(view) => &view.wa_id,
        StoredBody::Received { message, .. } => &message.wa_id,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_begins_with_a_time_or_a_message() {
        let check = |text: &str, expected: Option<i64>| {
            let read = match Before::read(Some(text)) {
                Before::Time(ms) => Some(ms),
                Before::Message(id) => {
                    assert_eq!(id, text);
                    None
                }
                Before::Now => panic!("{text}"),
            };
            assert_eq!(read, expected, "{text}");
        };
        check("1700000000", Some(1_700_000_000_000));
        check("1700000000123", Some(1_700_000_000_123));
        check("2023-11-14T22:13:20Z", Some(1_700_000_000_000));
        check("3EB0C127D7BACC83D6A1", None);
        assert!(matches!(Before::read(Some(" ")), Before::Now));
    }
}
