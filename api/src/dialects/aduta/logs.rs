//! What a session did, page by page: its messages, and what became of its connection.

use trunkline_model::command::{Command, InstanceView, Reply};
use trunkline_model::limits::PAGE_LIMIT_MAX;
use trunkline_model::message::MessageStatus;
use trunkline_model::{Failure, InstanceId};

use super::Ask;
use super::shown::Success;
use super::shown::log::{MessageLogJson, SessionLogJson};
use super::shown::session::is_logged;
use crate::call::unexpected;
use crate::dialects::pages::{Numbered, Paginator};
use crate::gateway::Gateway;
use crate::limits::{ADUTA_PAGE_SIZE_DEFAULT, DIALECT_LIST_MAX};
use crate::query::malformed;
use crate::reply::Answer;

fn asked<G: Gateway>(ask: &Ask<'_, G>) -> Result<Numbered, Failure> {
    Numbered::read(&ask.call.query, "per_page", (ADUTA_PAGE_SIZE_DEFAULT, PAGE_LIMIT_MAX))
}

/// The page of a log that is at `path`.
fn page<T>(path: &str, asked: Numbered, all: Vec<T>) -> Success<Paginator<T>> {
    let total = all.len();
    Success::of(Paginator::of(path, (asked, total), asked.of(all)))
}

/// The messages that a session sent, newest first, up to a bound.
pub(super) async fn messages<G: Gateway>(ask: &Ask<'_, G>, view: &InstanceView) -> Result<Answer, Failure> {
    let asked = asked(ask)?;
    let status = match ask.call.query.get("status") {
        None | Some("") => None,
        Some("in_progress") => Some(MessageStatus::Pending),
        Some(word) => {
            let status = MessageStatus::parse(word);
            Some(status.ok_or_else(|| malformed("status", "is not a status of a message"))?)
        }
    };
    let (mut all, mut before, mut looked) = (Vec::new(), None, 0);
    while all.len() < DIALECT_LIST_MAX && looked < DIALECT_LIST_MAX {
        let command = Command::ListMessages { before, status, limit: PAGE_LIMIT_MAX };
        let Reply::Messages { messages, next } = ask.call.command(view.id, command).await? else {
            return Err(unexpected());
        };
        all.extend(messages);
        looked += PAGE_LIMIT_MAX;
        match next {
            Some(next) => before = Some(next),
            None => break,
        }
    }
    let logged = is_logged(view);
    let shown = all.iter().map(|message| MessageLogJson::of(message, logged)).collect();
    let path = format!("/api/v1/whatsapp-sessions/{}/message-logs", view.id);
    Ok(ask.show(&page(&path, asked, shown)))
}

/// What became of a session's connection, newest first: looked for among its newest events.
pub(super) async fn session<G: Gateway>(ask: &Ask<'_, G>, view: &InstanceView) -> Result<Answer, Failure> {
    let asked = asked(ask)?;
    let first = view.newest_event.saturating_sub(DIALECT_LIST_MAX as u64);
    let mut found = entries(ask, view.id, (first, view.newest_event)).await?;
    found.reverse();
    let path = format!("/api/v1/whatsapp-sessions/{}/session-logs", view.id);
    Ok(ask.show(&page(&path, asked, found)))
}

/// The entries among the events after one and up to another, oldest first.
async fn entries<G: Gateway>(
    ask: &Ask<'_, G>,
    session: InstanceId,
    (mut after, last): (u64, u64),
) -> Result<Vec<SessionLogJson>, Failure> {
    let mut found = Vec::new();
    while after < last {
        let command = Command::PullEvents { after, limit: PAGE_LIMIT_MAX };
        let Reply::Events { events, .. } = ask.call.command(session, command).await? else {
            return Err(unexpected());
        };
        let Some(newest) = events.last().map(|event| event.sequence) else { break };
        found.extend(events.iter().filter_map(|event| SessionLogJson::of(session, event)));
        after = newest;
    }
    Ok(found)
}
