//! From what a caller wants sent to a message that is on disk, or a schedule that is.

use trunkline_model::command::{
    Command, MessageView, NewSchedule, PlanCommand, PlanReply, ScheduleCommand, SendRequest,
};
use trunkline_model::limits::{MISFIRE_GRACE_SECONDS_DEFAULT, SCHEDULE_AHEAD_MS_MAX};
use trunkline_model::message::{Content, Lane, Reaction, SendMessage, SendOptions, ValidateSend};
use trunkline_model::plan::{ScheduleRecord, Timing};
use trunkline_model::{Address, Failure, FieldError, InstanceId};

use super::body::message::{Around, Said, Wanted};
use super::ids;
use super::shown::message::AcceptedJson;
use super::{Ask, target, templates, wrong};
use crate::act;
use crate::call::{message_in, unexpected};
use crate::gateway::Gateway;
use crate::json::fields::Problems;
use crate::json::send::{Draft, PendingFile};
use crate::json::time::now_ms;
use crate::native::send::{idempotency_key, with_file};

/// A message that is ready to go.
pub(super) struct Outgoing {
    pub(super) draft: Draft,
    /// When it goes, in milliseconds since the Unix epoch; now where nothing is said.
    pub(super) at_ms: Option<i64>,
}

/// Looks up what a message names, and checks it whole. The device of the request is known by now.
///
/// # Errors
/// `VALIDATION`, or what is not found.
pub(super) async fn prepare<G: Gateway>(ask: &Ask<'_, G>, wanted: Wanted) -> Result<Outgoing, Failure> {
    let Wanted { to, said, around, at_ms } = wanted;
    let Around { reply_to, sender, mentions, correlation } = around;
    let of = (&to, sender.as_ref());
    let Saying { content, file, kind } = saying(ask, said, of).await?;
    let quote = match reply_to {
        Some(text) => Some(target::quote(ask, &text, of).await?),
        None => None,
    };
    let message = SendMessage {
        to,
        content,
        quote,
        mentions: mentions.unwrap_or_default(),
        options: SendOptions::default(),
        lane: Lane::Interactive,
        metadata: ids::metadata(correlation.as_deref(), kind),
    };
    let message = checked(message)?;
    Ok(Outgoing { draft: Draft { message, file, idempotency_key: correlation }, at_ms })
}

/// What a message says, with everything looked up.
pub(super) struct Saying {
    pub(super) content: Content,
    pub(super) file: PendingFile,
    /// What the service calls its type, where the content does not tell.
    pub(super) kind: Option<&'static str>,
}

/// Looks up what the content of a message names: the message in the chat that it reacts to, or its template.
///
/// # Errors
/// `VALIDATION`, or what is not found.
pub(super) async fn saying<G: Gateway>(
    ask: &Ask<'_, G>,
    said: Said,
    of: (&Address, Option<&Address>),
) -> Result<Saying, Failure> {
    let (content, file, kind) = match said {
        Said::Content(content, file) => (content, file, None),
        Said::Reaction { message, emoji } => {
            let target = target::find(ask, &message, of).await?;
            (Content::Reaction(Reaction { target, emoji }), PendingFile::Nothing, None)
        }
        Said::Template { template, variables } => {
            let content = templates::render(ask, template, variables).await?;
            (content, PendingFile::Nothing, Some("template"))
        }
    };
    Ok(Saying { content, file, kind })
}

/// A message in which nothing is wrong.
pub(super) fn checked(message: SendMessage) -> Result<SendMessage, Failure> {
    let mut problems = Problems::default();
    problems.extend(message.problems().into_iter().map(in_our_words).collect());
    problems.or(Some(message))
}

/// A problem of a message with the name that the member has here.
fn in_our_words(problem: FieldError) -> FieldError {
    let name = problem.field.rsplit('.').find(|part| !part.bytes().all(|b| b.is_ascii_digit()));
    let field = match name.unwrap_or_default() {
        "body" => "text",
        "file_name" => "fileName",
        "mime_type" => "mimeType",
        "selectable" => "selectableCount",
        "view_once" => "viewOnce",
        "wa_id" => "replyTo",
        "participant" => "senderId",
        other => other,
    };
    FieldError { field: field.to_owned(), ..problem }
}

/// Accepts a message; it is on disk when this returns.
///
/// # Errors
/// What the engine refuses it for.
pub(super) async fn send<G: Gateway>(ask: &Ask<'_, G>, outgoing: Outgoing) -> Result<AcceptedJson, Failure> {
    let key = idempotency_key(ask.call.headers)?.or(outgoing.draft.idempotency_key);
    let draft = Draft { idempotency_key: key, ..outgoing.draft };
    if let Some(at_ms) = outgoing.at_ms {
        let record = later(ask, ask.call.instance()?, (draft, at_ms)).await?;
        return Ok(AcceptedJson::later(&record));
    }
    act::must_come_back(&ask.call, draft.idempotency_key.as_deref()).await?;
    let draft = with_file(&ask.call, draft).await?;
    let view = accept(ask, draft.message, draft.idempotency_key).await?;
    Ok(AcceptedJson::of(&view))
}

/// Gives the device of the request a message.
pub(super) async fn accept<G: Gateway>(
    ask: &Ask<'_, G>,
    message: SendMessage,
    idempotency_key: Option<String>,
) -> Result<Box<MessageView>, Failure> {
    let request = SendRequest { message, idempotency_key };
    message_in(ask.tell(Command::Send(Box::new(request))).await?)
}

/// Schedules a message once; it is on disk when this returns.
///
/// # Errors
/// `VALIDATION` for a time that is over and for a file inside, then what the plans refuse it for.
pub(super) async fn later<G: Gateway>(
    ask: &Ask<'_, G>,
    instance: InstanceId,
    (draft, at_ms): (Draft, i64),
) -> Result<Box<ScheduleRecord>, Failure> {
    without_file(&draft.file)?;
    let now_ms = now_ms();
    if !(now_ms..=now_ms + SCHEDULE_AHEAD_MS_MAX).contains(&at_ms) {
        return Err(wrong("scheduleAt", "is over, or more than two years away"));
    }
    let new = NewSchedule {
        name: None,
        instance,
        message: draft.message,
        timing: Timing::Once(at_ms),
        grace_seconds: MISFIRE_GRACE_SECONDS_DEFAULT,
        idempotency_key: draft.idempotency_key,
    };
    let command = PlanCommand::Schedule(Box::new(ScheduleCommand::Create(Box::new(new))));
    match ask.call.plans(command).await? {
        PlanReply::Schedule(record) => Ok(record),
        _ => Err(unexpected()),
    }
}

/// Refuses a message whose file would have to be kept until its time has come.
///
/// # Errors
/// `VALIDATION`.
pub(super) fn without_file(file: &PendingFile) -> Result<(), Failure> {
    match file {
        PendingFile::Nothing => Ok(()),
        _ => Err(wrong("base64", "does not go with a time; name the file by its URL")),
    }
}
