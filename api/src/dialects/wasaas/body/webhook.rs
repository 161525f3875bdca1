//! Webhooks.

use schemars::JsonSchema;
use serde::Deserialize;
use trunkline_model::Failure;

use super::first;
use super::session::check_url;
use crate::dialects::wasaas::event::{EVENTS, UNTOLD};
use crate::dialects::word::{Word, flag};
use crate::json::fields::{First, Problems};
use crate::limits::{FIELD_NAME_CHARS_MAX, WEBHOOK_SECRET_BYTES_MAX, WEBHOOK_SECRET_BYTES_MIN, WORDS_MAX};

/// A webhook that is to be made or changed: of a change, what is left out stays.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase")]
#[schemars(rename = "SetWebhook")]
pub(crate) struct WebhookBody {
    url: Option<Word>,
    /// The events that are told; `*` for all.
    events: Option<First<String, { WORDS_MAX + 1 }>>,
    /// Only those of this session.
    session_id: Option<Word>,
    /// Key of the signature; one is made up where none is given.
    secret: Option<Word>,
    /// Whether anything is delivered.
    #[schemars(with = "Option<bool>")]
    active: Option<Word>,
}

/// What a body says of a webhook.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct WebhookSaid {
    pub(crate) url: Option<String>,
    /// None for all.
    pub(crate) events: Option<Vec<String>>,
    pub(crate) session: Option<String>,
    pub(crate) secret: Option<String>,
    pub(crate) active: Option<bool>,
}

impl WebhookBody {
    /// # Errors
    /// `VALIDATION` with every field that is wrong.
    pub(crate) fn read(mut self, is_new: bool) -> Result<WebhookSaid, Failure> {
        let mut problems = Problems::default();
        let url = first([&mut self.url]);
        match &url {
            Some(url) => check_url(&mut problems, "url", url),
            None if is_new => problems.add("url", "is missing"),
            None => {}
        }
        let events = self.events.take().map(|First(events)| read_events(&mut problems, events));
        if is_new && events.is_none() {
            problems.add("events", "is missing");
        }
        let secret = first([&mut self.secret]);
        let bytes = WEBHOOK_SECRET_BYTES_MIN..=WEBHOOK_SECRET_BYTES_MAX;
        if secret.as_ref().is_some_and(|secret| !bytes.contains(&secret.len())) {
            problems.add("secret", format!("is not {} to {} bytes long", bytes.start(), bytes.end()));
        }
        let active = flag(&mut problems, "active", self.active.take());
        problems.or(Some(WebhookSaid { url, events, session: first([&mut self.session_id]), secret, active }))
    }
}

/// The events, each once. A name that the service does not have is refused: whoever asks for it waits for it in vain.
fn read_events(problems: &mut Problems, mut events: Vec<String>) -> Vec<String> {
    problems.few("events", &events, WORDS_MAX);
    if events.is_empty() {
        problems.add("events", "is empty");
    }
    if events.iter().any(|event| event == "*") {
        return Vec::new();
    }
    events.sort_unstable();
    events.dedup();
    for event in events.iter().filter(|event| ![EVENTS, UNTOLD].concat().contains(&event.as_str())) {
        let name: String = event.chars().take(FIELD_NAME_CHARS_MAX).collect();
        problems.add("events", format!("names `{name}`, which is none of {}", EVENTS.join(", ")));
    }
    events
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn read(body: Value, is_new: bool) -> Result<WebhookSaid, Failure> {
        serde_json::from_value::<WebhookBody>(body).expect("it is a body").read(is_new)
    }

    #[test]
    fn a_webhook_has_an_address_and_events() {
        let said =
            read(json!({"url": "https://a.b/c", "events": ["message.sent", "message.received"]}), true);
        let events = said.expect("it is in order").events.expect("they are given");
        assert_eq!(events, ["message.received", "message.sent"]);
        let all = read(json!({"url": "https://a.b/c", "events": ["*"]}), true).expect("it is in order");
        assert_eq!(all.events, Some(Vec::new()));
        let change = read(json!({"active": false}), false).expect("it is in order");
        assert_eq!(change, WebhookSaid { active: Some(false), ..WebhookSaid::default() });
    }

    #[test]
    fn what_is_missing_or_never_comes_is_refused() {
        let check = |body: Value, expected: &[&str]| {
            let failure = read(body, true).expect_err("it is refused");
            let fields: Vec<&str> = failure.fields.iter().map(|field| field.field.as_str()).collect();
            assert_eq!(fields, expected);
        };
        check(json!({}), &["url", "events"]);
        check(
            json!({"url": "ftp://a.b", "events": ["message.starred"], "secret": "short"}),
            &["url", "events", "secret"],
        );
    }
}
