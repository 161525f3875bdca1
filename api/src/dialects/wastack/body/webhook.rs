//! Webhooks.

use trunkline_model::Failure;
use trunkline_model::limits::{ENDPOINT_INSTANCES_MAX, WEBHOOK_URL_BYTES_MAX};

use super::message::list;
use super::text;
use crate::dialects::loose::{Loose, loose};
use crate::dialects::wastack::event::EVENTS;
use crate::dialects::wastack::wrong;
use crate::json::fields::First;
use crate::json::instance::is_http_url;
use crate::limits::{WEBHOOK_SECRET_BYTES_MAX, WEBHOOK_SECRET_BYTES_MIN};

/// Most words of a list of events that are looked at.
const WORDS_MAX: usize = 64;

loose! {
    /// A webhook.
    WebhookBody {
        /// Where events go.
        url: [url] Loose<String>,
        /// The events that are told; `*` for all.
        events: [events] First<Loose<String>, { WORDS_MAX + 1 }>,
        /// The devices that it hears of; every one when left out.
        devices: [deviceIds, device_ids] First<Loose<String>, { ENDPOINT_INSTANCES_MAX + 1 }>,
        /// Key of the signature; made up when left out.
        secret: [secret] Loose<String>,
        /// Whether anything is delivered.
        active: [isActive, is_active, active] Loose<bool>,
    }
}

loose! {
    /// An event that is to be tried.
    TestBody {
        /// The event; `message.received` when left out.
        event: [event] Loose<String>,
    }
}

/// A webhook, as far as it was given.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Given {
    pub(crate) url: Option<String>,
    /// None for all.
    pub(crate) events: Option<Vec<String>>,
    /// Names of devices; none for all.
    pub(crate) devices: Option<Vec<String>>,
    pub(crate) secret: Option<String>,
    pub(crate) active: Option<bool>,
}

impl WebhookBody {
    /// # Errors
    /// `VALIDATION` naming the first member that is wrong.
    pub(crate) fn read(mut self) -> Result<Given, Failure> {
        let url = text(self.url());
        if let Some(url) = &url
            && (!is_http_url(url) || url.len() > WEBHOOK_URL_BYTES_MAX)
        {
            return Err(wrong("url", "is not an http or https URL with a host"));
        }
        let secret = text(self.secret());
        let fits = WEBHOOK_SECRET_BYTES_MIN..=WEBHOOK_SECRET_BYTES_MAX;
        if secret.as_ref().is_some_and(|secret| !fits.contains(&secret.len())) {
            return Err(wrong("secret", format!("is not {} to {} bytes long", fits.start(), fits.end())));
        }
        let devices = self.devices().map(|First(devices)| devices.into_iter().map(|Loose(id)| id).collect());
        if devices.as_ref().is_some_and(|devices: &Vec<String>| devices.len() > ENDPOINT_INSTANCES_MAX) {
            return Err(wrong("deviceIds", format!("has more than {ENDPOINT_INSTANCES_MAX} devices")));
        }
        Ok(Given {
            url,
            events: self.events().map(|given| events(list(Some(given)))).transpose()?,
            devices,
            secret,
            active: self.active().map(|Loose(active)| active),
        })
    }
}

fn events(words: Vec<Loose<String>>) -> Result<Vec<String>, Failure> {
    let mut events: Vec<String> = words.into_iter().map(|Loose(word)| word).collect();
    if events.iter().any(|event| event == "*") {
        return Ok(Vec::new());
    }
    events.sort_unstable();
    events.dedup();
    match events.iter().find(|event| !EVENTS.contains(&event.as_str())) {
        Some(unknown) => {
            let name: String = unknown.chars().take(32).collect();
            Err(wrong("events", format!("`{name}` is not one of {}, *", EVENTS.join(", "))))
        }
        None if events.is_empty() => Err(wrong("events", "is empty")),
        None => Ok(events),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn webhooks_are_read_with_their_filters() {
        let read = |json: &str| serde_json::from_str::<WebhookBody>(json).expect(json).read();
        let all = read(r#"{"url":"https://e.org/h","events":["*"],"isActive":"false"}"#).expect("a webhook");
        assert_eq!((all.events, all.active), (Some(Vec::new()), Some(false)));
        let some = read(r#"{"events":["message.read","message.received","message.read"]}"#).expect("changes");
        let expected = vec!["message.read".to_owned(), "message.received".to_owned()];
        assert_eq!((some.events, some.url), (Some(expected), None));
        for (json, field) in [
            (r#"{"url":"ftp://e.org"}"#, "url"),
            (r#"{"events":["message"]}"#, "events"),
            (r#"{"events":[]}"#, "events"),
            (r#"{"secret":"short"}"#, "secret"),
        ] {
            assert_eq!(read(json).expect_err(json).fields[0].field, field, "{json}");
        }
    }
}
