//! Messages on their way out: recipient and template are looked up, then the instance takes the message.

use serde_json::json;
use trunkline_model::command::{Command, SendRequest};
use trunkline_model::message::{Content, Lane, SendMessage, SendOptions, ValidateSend};
use trunkline_model::{Address, Failure, FieldError};

use super::body::message::{BulkBody, File, MessageBody, Said, SendBody, Templated, To, Unsent, content};
use super::body::things::{ButtonsBody, ContactsBody, LocationBody, PollBody, StatusBody};
use super::shown::SuccessJson;
use super::shown::message::{BulkJson, BulkResultJson, QueuedJson, TEMPLATE};
use super::table::messages::MessageOperation;
use super::{book, error, history, lookup, wrong};
use crate::act;
use crate::body::{Memory, RequestBody};
use crate::call::message_in;
use crate::dialects::Ask;
use crate::dialects::word::said;
use crate::gateway::Gateway;
use crate::limits::{BATCH_JSON_BYTES_MAX, MESSAGE_JSON_BYTES_MAX};
use crate::native::send::{idempotency_key, nth_key};
use crate::reply::Answer;

pub(super) async fn answer<G: Gateway>(
    operation: MessageOperation,
    ask: &mut Ask<'_, G>,
    body: RequestBody,
) -> Result<Answer, Failure> {
    use MessageOperation as Op;
    match operation {
        Op::Send => send::<G, SendBody>(ask, body).await,
        Op::Status => send::<G, StatusBody>(ask, body).await,
        Op::Location => send::<G, LocationBody>(ask, body).await,
        Op::Contact => send::<G, ContactsBody>(ask, body).await,
        Op::Poll => send::<G, PollBody>(ask, body).await,
        Op::Buttons => send::<G, ButtonsBody>(ask, body).await,
        // Boxed: what rare operations need would be paid for by every message.
        Op::Bulk => Box::pin(bulk(ask, body)).await,
        Op::Reaction => Ok(error::gone("Sending reactions is not available in this API version")),
        Op::ListMenu => Ok(error::gone("WhatsApp has deprecated interactive list messages")),
        Op::GetStatus => history::status(ask).await,
        Op::Get => history::get(ask).await,
        Op::List => Box::pin(history::list(ask)).await,
    }
}

/// Accepts the message that a body of type `B` says; it is on disk when this returns.
async fn send<G: Gateway, B: MessageBody>(
    ask: &mut Ask<'_, G>,
    body: RequestBody,
) -> Result<Answer, Failure> {
    let (body, _memory): (B, Memory) = body.held_json(ask.call.headers, MESSAGE_JSON_BYTES_MAX).await?;
    let unsent = body.read()?;
    lookup::instance(ask, &unsent.instance)?;
    let is_of_template = matches!(unsent.said, Said::Template(_));
    let request = SendRequest {
        message: message(ask, unsent, Lane::Interactive).await?,
        idempotency_key: idempotency_key(ask.call.headers)?,
    };
    // What the answer says beside the message is asked first: an error after it was accepted would have it sent again.
    let of = ask.instance().await?;
    let charged = lookup::account(&ask.call).await?.credits;
    let view = message_in(ask.tell(Command::Send(Box::new(request))).await?)?;
    let queued = QueuedJson::of(&view, &of, (is_of_template, charged));
    Ok(ask.show(&SuccessJson::saying("Message queued for sending", queued)))
}

/// Accepts up to a hundred messages; each stands for itself. They go at the pace of the bulk lane.
async fn bulk<G: Gateway>(ask: &mut Ask<'_, G>, body: RequestBody) -> Result<Answer, Failure> {
    let (body, _memory): (BulkBody, Memory) = body.held_json(ask.call.headers, BATCH_JSON_BYTES_MAX).await?;
    let (instance, bodies) = body.read()?;
    lookup::instance(ask, &instance)?;
    let key = idempotency_key(ask.call.headers)?;
    let (mut results, mut requests) = (Vec::new(), Vec::new());
    for (index, body) in bodies.into_iter().enumerate() {
        let recipient = said(body.recipient.clone());
        let read = match body.read() {
            Ok(unsent) => message(ask, unsent, Lane::Bulk).await,
            Err(failure) => Err(failure),
        };
        match read {
            Ok(message) => {
                let idempotency_key = nth_key(key.as_deref(), index);
                requests.push(((index, recipient), SendRequest { message, idempotency_key }))
            }
            Err(failure) => results.push((index, refused((index, recipient), &failure))),
        }
    }
    let (places, requests): (Vec<_>, Vec<_>) = requests.into_iter().unzip();
    for (place, sent) in places.into_iter().zip(act::send_all(&ask.call, requests).await?) {
        let index = place.0;
        let result = match sent {
            Ok(view) => BulkResultJson::queued(index, &view),
            Err(failure) => refused(place, &failure),
        };
        results.push((index, result));
    }
    results.sort_by_key(|(index, _)| *index);
    let bulk = BulkJson::of(results.into_iter().map(|(_, result)| result).collect());
    let told = format!("Bulk: {} queued, {} failed", bulk.success_count, bulk.failure_count);
    Ok(ask.show(&SuccessJson::saying(told, bulk)))
}

fn refused((index, recipient): (usize, Option<String>), failure: &Failure) -> BulkResultJson {
    let why = match failure.fields.as_slice() {
        [] => failure.detail.clone(),
        fields => fields.iter().map(error::sentence).collect::<Vec<_>>().join(" "),
    };
    BulkResultJson::refused(index, recipient, why)
}

/// The whole message.
///
/// # Errors
/// `VALIDATION` for a contact or a template that is not there, for variables without a value, and for what no message may be.
async fn message<G: Gateway>(ask: &Ask<'_, G>, unsent: Unsent, lane: Lane) -> Result<SendMessage, Failure> {
    let Unsent { to, said, around, .. } = unsent;
    let (content, template) = match said {
        Said::This(content) => (content, None),
        Said::Template(templated) => {
            let number = templated.number;
            (of_template(ask, templated).await?, Some(number))
        }
    };
    let mut options = SendOptions {
        mention_all: around.mention_all,
        typing_ms: around.typing_ms,
        ..SendOptions::default()
    };
    let to = match to {
        To::Anybody(address) => address,
        To::Contact(number) => {
            let contact = lookup::contact(&ask.call, number).await?;
            let invalid = || wrong("contact_id", "The selected contact id is invalid.");
            Address::Phone(contact.ok_or_else(invalid)?.about.phone)
        }
        To::Status(audience) => {
            options.audience = audience;
            Address::Status
        }
    };
    let message = SendMessage {
        to,
        content,
        quote: around.quote,
        mentions: around.mentions,
        options,
        lane,
        metadata: template.map(|number| json!({ TEMPLATE: number }).to_string()),
    };
    let problems: Vec<FieldError> = message.problems().into_iter().map(in_our_words).collect();
    if problems.is_empty() { Ok(message) } else { Err(Failure::invalid(problems)) }
}

async fn of_template<G: Gateway>(ask: &Ask<'_, G>, templated: Templated) -> Result<Content, Failure> {
    let record = lookup::template(&ask.call, templated.number).await?;
    let record = record.ok_or_else(|| wrong("template_id", "The selected template id is invalid."))?;
    let (kind, text) = book::rendered(&record, &templated.variables)?;
    let Templated { file, preview, .. } = templated;
    // A template that has its file with it needs none from the request.
    let own = record.content.kind.filter(|_| file == File::default());
    if own.is_some() {
        return record.content.render(&templated.variables).map_err(Failure::invalid);
    }
    content(templated.kind.unwrap_or(kind), text, (file, preview))
}

/// Names that fields of messages have here, by the beginning of those that they have natively.
const NAMES: &[(&str, &str)] = &[
    ("text.body", "content"),
    ("poll.question", "name"),
    ("poll.options", "values"),
    ("poll.selectable", "selectable_count"),
    ("buttons.body", "description"),
    ("buttons.footer", "footer"),
    ("buttons.buttons", "buttons"),
    ("location.latitude", "latitude"),
    ("location.longitude", "longitude"),
    ("location", "name"),
    ("typing_ms", "delay"),
    ("mention_all", "mentions_everyone"),
    ("mentions", "mentioned"),
    ("audience", "status_jid_list"),
];

/// A problem of a message with the name that the field has here.
fn in_our_words(problem: FieldError) -> FieldError {
    let native = problem.field.as_str();
    let known = NAMES.iter().find_map(|(prefix, here)| Some((*here, native.strip_prefix(prefix)?)));
    let field = match known {
        Some((here, rest)) => format!("{here}{}", rest.replace(".title", ".displayText")),
        None if native.ends_with(".caption") => "content".to_owned(),
        None if native.ends_with(".file_name") => "filename".to_owned(),
        None => native.to_owned(),
    };
    FieldError { field, ..problem }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn problems_name_the_fields_of_the_service() {
        let check = |native: &str, here: &str| {
            assert_eq!(in_our_words(FieldError::new(native, "is odd")).field, here);
        };
        check("text.body", "content");
        check("poll.options.3", "values.3");
        check("buttons.buttons.0.title", "buttons.0.displayText");
        check("image.caption", "content");
        check("document.file_name", "filename");
        check("location.latitude", "latitude");
        check("typing_ms", "delay");
        check("contacts.0.name", "contacts.0.name");
    }
}
