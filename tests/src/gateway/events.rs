//! Events of an instance: read from its stream, kept, waited for.

use bytes::{Buf, BytesMut};
use reqwest::Response;
use serde::Deserialize;
use serde_json::Value;

use super::Api;
use super::api::Request;

/// An event as the API gives it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GatewayEvent {
    /// `evt_…`.
    pub id: String,
    /// `noun.verb_past`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Whose.
    pub account: String,
    /// Which instance's.
    pub instance: String,
    /// Position in the instance's log.
    pub sequence: u64,
    /// When, RFC 3339.
    pub time: String,
    /// Whether it tells of something from before the instance was online.
    pub backfilled: bool,
    /// What happened, by type.
    pub data: Value,
}

impl GatewayEvent {
    /// Text of a received text message.
    pub fn text(&self) -> Option<&str> {
        if self.kind == "message.received" { self.data["text"]["body"].as_str() } else { None }
    }

    /// The status that an outgoing message got.
    pub fn status_of(&self, message: &str) -> Option<&str> {
        if self.data["message"] == message { self.data["status"].as_str() } else { None }
    }
}

/// One open event stream.
pub struct EventStream {
    response: Response,
    read: BytesMut,
    /// Whose events they have to be; `None` for any instance's of the account.
    instance: Option<String>,
    last_id: Option<String>,
}

impl EventStream {
    /// Opens the stream of an instance. `last_event_id` resumes it after that event; without it the stream begins with
    /// the first event of the log.
    pub async fn open(api: &Api, instance: &str, last_event_id: Option<&str>) -> Self {
        let request = match last_event_id {
            Some(id) => api.get(&format!("/v1/instances/{instance}/events")).header("last-event-id", id),
            None => api.get(&format!("/v1/instances/{instance}/events?after=0")),
        };
        Self::of(request, Some(instance.to_owned())).await
    }

    /// Opens the stream of all instances of the account. `last_event_id` resumes it a while before that event; without it the
    /// stream begins with the events of `from`, in RFC 3339.
    pub async fn open_all(api: &Api, from: &str, last_event_id: Option<&str>) -> Self {
        let request = match last_event_id {
            Some(id) => api.get("/v1/events").header("last-event-id", id),
            None => api.get(&format!("/v1/events?from={from}")),
        };
        Self::of(request, None).await
    }

    async fn of(request: Request, instance: Option<String>) -> Self {
        let opened = request.header("accept", "text/event-stream").open().await;
        let response = opened.unwrap_or_else(|error| panic!("the event stream does not open: {error}"));
        assert_eq!(response.status(), 200, "the event stream does not open");
        let kind = response.headers().get("content-type").and_then(|value| value.to_str().ok());
        assert!(kind.is_some_and(|kind| kind.starts_with("text/event-stream")), "content type {kind:?}");
        Self { response, read: BytesMut::new(), instance, last_id: None }
    }

    /// What the stream is to be resumed by: the last id that it gave.
    pub fn last_id(&self) -> Option<&str> {
        self.last_id.as_deref()
    }

    /// The next event; `None` when the stream ended, orderly or not.
    pub async fn next(&mut self) -> Option<GatewayEvent> {
        loop {
            while let Some(end) = self.read.windows(2).position(|pair| pair == b"\n\n") {
                let block = self.read.split_to(end);
                self.read.advance(2);
                if let Some(event) = self.parse(&String::from_utf8_lossy(&block)) {
                    return Some(event);
                }
            }
            self.read.extend_from_slice(&self.response.chunk().await.ok()??);
        }
    }

    /// One block of the stream. Comments and the retry hint are no events.
    fn parse(&mut self, block: &str) -> Option<GatewayEvent> {
        let field = |name: &str| block.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
        let lines: Vec<&str> = block.lines().filter_map(|line| line.strip_prefix("data: ")).collect();
        if lines.is_empty() {
            return None;
        }
        let event: GatewayEvent = serde_json::from_str(&lines.join("\n"))
            .unwrap_or_else(|error| panic!("no event: {error}: {block}"));
        let id = field("id");
        assert!(id.is_some() || self.instance.is_none(), "an event without an id: {block}");
        assert!(
            id.is_none_or(|id| id == event.id),
            "the stream's id is another one than the event's: {block}"
        );
        self.last_id = id.map(str::to_owned).or(self.last_id.take());
        assert_eq!(
            field("event"),
            Some(event.kind.as_str()),
            "the stream's type is another one than the event's"
        );
        let is_asked_for = self.instance.as_ref().is_none_or(|instance| *instance == event.instance);
        assert!(is_asked_for, "an event of another instance: {event:?}");
        Some(event)
    }
}

/// An instance's log as far as it was read, and the stream that brings the rest.
#[derive(Default)]
pub(super) struct Follower {
    events: Vec<GatewayEvent>,
    taken: std::collections::BTreeSet<u64>,
    stream: Option<EventStream>,
    /// Sequence number of the last state change that was waited for.
    state_at: u64,
}

impl Follower {
    /// The first event that nobody took and that `pick` accepts; it is taken.
    pub(super) async fn take<T>(
        &mut self,
        api: &Api,
        instance: &str,
        mut pick: impl FnMut(&GatewayEvent) -> Option<T>,
    ) -> T {
        let mut looked_at = 0;
        loop {
            while let Some(event) = self.events.get(looked_at) {
                looked_at += 1;
                if self.taken.contains(&event.sequence) {
                    continue;
                }
                if let Some(picked) = pick(event) {
                    self.taken.insert(event.sequence);
                    return picked;
                }
            }
            self.read_on(api, instance).await;
        }
    }

    /// The first event, taken or not, that `pick` accepts.
    pub(super) async fn find<T>(
        &mut self,
        api: &Api,
        instance: &str,
        mut pick: impl FnMut(&GatewayEvent) -> Option<T>,
    ) -> T {
        let mut looked_at = 0;
        loop {
            while let Some(event) = self.events.get(looked_at) {
                looked_at += 1;
                if let Some(picked) = pick(event) {
                    return picked;
                }
            }
            self.read_on(api, instance).await;
        }
    }

    /// The next change into a state, after the last one that was waited for.
    pub(super) async fn next_state(&mut self, api: &Api, instance: &str, state: &str) -> Value {
        let after = self.state_at;
        let entered = |event: &GatewayEvent| {
            let (from, to) = (&event.data["from"], &event.data["to"]);
            // A new instance reports itself with a change from `new` to `new`.
            let enters = event.sequence > after && to == state && from.is_string() && from != to;
            enters.then(|| (event.sequence, event.data.clone()))
        };
        let (sequence, data) = self.find(api, instance, entered).await;
        self.state_at = sequence;
        data
    }

    /// Events read so far that nobody took, in words.
    pub(super) fn story(&self) -> String {
        let untaken = self.events.iter().filter(|event| !self.taken.contains(&event.sequence));
        let lines: Vec<String> =
            untaken.map(|event| format!("{} {} {}", event.sequence, event.kind, event.data)).collect();
        lines.join("\n  ")
    }

    /// Reads one more event. A stream that ended is resumed where it stopped.
    async fn read_on(&mut self, api: &Api, instance: &str) {
        loop {
            if let Some(stream) = &mut self.stream
                && let Some(event) = stream.next().await
            {
                let expected = self.events.last().map_or(1, |last| last.sequence + 1);
                assert_eq!(event.sequence, expected, "the stream skipped or repeated: {event:?}");
                self.events.push(event);
                return;
            }
            let last = self.events.last().map(|event| event.id.clone());
            self.stream = Some(EventStream::open(api, instance, last.as_deref()).await);
        }
    }
}
