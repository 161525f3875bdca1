//! Follows a stream of events over reconnections, and shows each event once.

use std::collections::{HashSet, VecDeque};

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;
use tokio::time::sleep;

use crate::client::{Api, ApiError, Block};
use crate::exit::Exit;
use crate::limits::{TAIL_IDS_MAX, TAIL_REOPEN_AFTER, TAIL_REOPEN_AFTER_MAX};

/// An event, as far as a line shows it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Event {
    /// Its id.
    pub id: String,
    /// `noun.verb_past`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Whose it is.
    pub instance: String,
    /// When it happened, in RFC 3339.
    pub time: String,
    /// What belongs to that type.
    #[serde(default)]
    pub data: Value,
}

/// What is followed.
#[derive(Debug, Clone)]
pub struct Start {
    /// Only this instance's, by its id.
    pub instance: Option<String>,
    /// From this time on.
    pub from: Option<Timestamp>,
    /// What is missed before the first event came is asked for from here.
    pub now: Timestamp,
}

/// A stream that is opened again as often as it breaks.
pub struct Tail {
    api: Api,
    start: Start,
    seen: Seen,
    /// What the stream is resumed by.
    last_id: Option<String>,
    was_open: bool,
}

impl Tail {
    /// A stream that is not open yet.
    pub fn new(api: Api, start: Start) -> Tail {
        Tail { api, start, seen: Seen::default(), last_id: None, was_open: false }
    }

    /// Hands each event, with its JSON, to `show` until that returns false. `tell` hears when the stream broke, and of what.
    ///
    /// # Errors
    /// [`ApiError`] when it cannot be opened at first, and later when trying again is of no use.
    pub async fn run(
        mut self,
        mut show: impl FnMut(&str, &Event) -> bool,
        mut tell: impl FnMut(Option<&ApiError>),
    ) -> Result<Exit, ApiError> {
        let mut wait = TAIL_REOPEN_AFTER;
        loop {
            let shown_before = self.seen.shown;
            match self.follow(&mut show).await {
                Ok(Ended::Unread) => return Ok(Exit::Success),
                Ok(Ended::Closed) => tell(None),
                Err(error) if self.was_open && error.is_retryable() => tell(Some(&error)),
                Err(error) => return Err(error),
            }
            if self.seen.shown > shown_before {
                wait = TAIL_REOPEN_AFTER;
            }
            sleep(wait).await;
            wait = (wait * 2).min(TAIL_REOPEN_AFTER_MAX);
        }
    }

    async fn follow(&mut self, show: &mut impl FnMut(&str, &Event) -> bool) -> Result<Ended, ApiError> {
        let mut events = self.api.follow_path(&self.path(), self.last_id.as_deref()).await?;
        self.was_open = true;
        while let Some(Block { id, data: json }) = events.next_block().await? {
            let event: Event = events.read(&json)?;
            let is_asked_for = self.start.instance.as_ref().is_none_or(|id| *id == event.instance);
            if is_asked_for && self.seen.is_new(&event.id) && !show(&json, &event) {
                return Ok(Ended::Unread);
            }
            self.last_id = id.or(self.last_id.take());
        }
        Ok(Ended::Closed)
    }

    /// One instance's events that happen from now on have a stream of their own, which knows exactly where it broke. Others come out
    /// of the stream of the account, which begins a while before; where the last id is of no use any more, it begins anew.
    fn path(&self) -> String {
        if let (Some(instance), None) = (&self.start.instance, self.start.from) {
            return format!("/v1/instances/{instance}/events");
        }
        let missed = self.was_open.then_some(self.start.now);
        match self.start.from.or(missed) {
            Some(from) => format!("/v1/events?from={from}"),
            None => "/v1/events".to_owned(),
        }
    }
}

enum Ended {
    /// By the server.
    Closed,
    /// Nobody reads what is shown.
    Unread,
}

/// The newest ids, and how many events there were.
#[derive(Debug, Default)]
struct Seen {
    ids: HashSet<String>,
    order: VecDeque<String>,
    shown: u64,
}

impl Seen {
    fn is_new(&mut self, id: &str) -> bool {
        if !self.ids.insert(id.to_owned()) {
            return false;
        }
        self.order.push_back(id.to_owned());
        if self.order.len() > TAIL_IDS_MAX
            && let Some(oldest) = self.order.pop_front()
        {
            self.ids.remove(&oldest);
        }
        self.shown += 1;
        true
    }
}

#[cfg(test)]
mod tests;
