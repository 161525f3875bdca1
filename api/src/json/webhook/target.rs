//! Where a webhook sends to, as its body says it.

use std::collections::BTreeMap;

use hyper::header::{HeaderName, HeaderValue};
use trunkline_model::delivery::{Format, HttpTarget, NatsTarget, RabbitMqTarget, Target, TargetKind};
use trunkline_model::limits as model_limits;
use url::Url;

use super::WebhookBody;
use crate::json::fields::Problems;
use crate::limits;

/// Headers that belong to Trunkline, to the connection, or to the body; so do those that begin with these words.
const RESERVED_HEADERS: &[&str] = &[
    "host",
    "connection",
    "keep-alive",
    "transfer-encoding",
    "te",
    "trailer",
    "upgrade",
    "expect",
    "user-agent",
];
const RESERVED_PREFIXES: &[&str] = &["content-", "proxy-", "trunkline-"];

/// What may stand in a subject or routing key for a part of the event.
const PLACEHOLDERS: &[&str] = &["{account}", "{instance}", "{type}"];

/// The target of a new webhook; `None` when something is wrong with it.
pub(super) fn create(body: &WebhookBody, problems: &mut Problems) -> Option<Target> {
    let word = body.kind.as_deref().unwrap_or(TargetKind::Http.as_str());
    let pushing = [TargetKind::Http, TargetKind::Nats, TargetKind::RabbitMq];
    let Some(kind) = pushing.into_iter().find(|kind| kind.as_str() == word) else {
        problems.add("type", "is neither `http` nor `nats` nor `rabbitmq`");
        return None;
    };
    refuse_foreign_fields(body, kind, problems);
    let url = required(problems, "url", body.url.clone());
    let target = match kind {
        TargetKind::Http => Target::Http(http(body, None, url?, problems)),
        TargetKind::Nats => {
            let subject = required(problems, "subject", body.subject.clone());
            Target::Nats(nats(body, None, (url?, subject?), problems))
        }
        TargetKind::RabbitMq => {
            let exchange = required(problems, "exchange", body.exchange.clone());
            let routing_key = required(problems, "routing_key", body.routing_key.clone());
            let username = required(problems, "username", body.username.clone().flatten());
            let password = required(problems, "password", body.password.clone().flatten());
            Target::RabbitMq(RabbitMqTarget {
                url: url?,
                username: username?,
                password: password?,
                exchange: exchange?,
                routing_key: routing_key?,
            })
        }
        // No word of a webhook.
        TargetKind::Pull => return None,
    };
    check(&target, problems);
    Some(target)
}

/// The target of a webhook that is to be changed; `None` when nothing of it changes.
pub(super) fn update(body: &WebhookBody, old: &Target, problems: &mut Problems) -> Option<Target> {
    if body.kind.as_deref().is_some_and(|word| word != old.kind().as_str()) {
        problems.add("type", "cannot be changed; make another webhook");
    }
    refuse_foreign_fields(body, old.kind(), problems);
    if !given(body).into_iter().any(|(_, is_given, _)| is_given) {
        return None;
    }
    let or = |given: &Option<String>, old: &str| given.clone().unwrap_or_else(|| old.to_owned());
    let target = match old {
        Target::Http(old) => Target::Http(http(body, Some(old), or(&body.url, &old.url), problems)),
        Target::Nats(old) => {
            let place = (or(&body.url, &old.url), or(&body.subject, &old.subject));
            Target::Nats(nats(body, Some(old), place, problems))
        }
        Target::RabbitMq(old) => {
            for (field, login) in [("username", &body.username), ("password", &body.password)] {
                if matches!(login, Some(None)) {
                    problems.add(field, "is null; RabbitMQ needs one");
                }
            }
            Target::RabbitMq(RabbitMqTarget {
                url: or(&body.url, &old.url),
                username: or(&body.username.clone().flatten(), &old.username),
                password: or(&body.password.clone().flatten(), &old.password),
                exchange: or(&body.exchange, &old.exchange),
                routing_key: or(&body.routing_key, &old.routing_key),
            })
        }
        Target::Pull => return None,
    };
    check(&target, problems);
    Some(target)
}

fn required(problems: &mut Problems, field: &str, given: Option<String>) -> Option<String> {
    if given.is_none() {
        problems.add(field, "is missing");
    }
    given
}

/// The fields that make a target: name, whether it is given, and the kinds of targets that have it.
fn given(body: &WebhookBody) -> [(&'static str, bool, &'static [TargetKind]); 9] {
    use TargetKind::{Http, Nats, RabbitMq};
    [
        ("url", body.url.is_some(), &[Http, Nats, RabbitMq]),
        ("secret", body.secret.is_some(), &[Http]),
        ("headers", body.headers.is_some(), &[Http]),
        ("subject", body.subject.is_some(), &[Nats]),
        ("token", body.token.is_some(), &[Nats]),
        ("username", body.username.is_some(), &[Nats, RabbitMq]),
        ("password", body.password.is_some(), &[Nats, RabbitMq]),
        ("exchange", body.exchange.is_some(), &[RabbitMq]),
        ("routing_key", body.routing_key.is_some(), &[RabbitMq]),
    ]
}

fn refuse_foreign_fields(body: &WebhookBody, kind: TargetKind, problems: &mut Problems) {
    for (field, is_given, kinds) in given(body) {
        if is_given && !kinds.contains(&kind) {
            let words: Vec<_> = kinds.iter().map(|kind| format!("`{}`", kind.as_str())).collect();
            let wanted = format!(
                "belongs to the type {}, and this webhook is `{}`",
                words.join(" or "),
                kind.as_str()
            );
            problems.add(field, wanted);
        }
    }
}

fn http(body: &WebhookBody, old: Option<&HttpTarget>, url: String, problems: &mut Problems) -> HttpTarget {
    let secret_bytes = limits::WEBHOOK_SECRET_BYTES_MIN..=limits::WEBHOOK_SECRET_BYTES_MAX;
    if body.secret.as_ref().is_some_and(|secret| !secret_bytes.contains(&secret.len())) {
        let wanted = format!("is not {} to {} bytes long", secret_bytes.start(), secret_bytes.end());
        problems.add("secret", wanted);
    }
    let headers = match &body.headers {
        Some(headers) => read_headers(headers, problems),
        None => old.map(|old| old.headers.clone()).unwrap_or_default(),
    };
    HttpTarget {
        url,
        // Empty makes one up, or keeps the one that there is.
        secret: body.secret.clone().unwrap_or_default(),
        old_secret: old.filter(|_| body.secret.is_none()).and_then(|old| old.old_secret.clone()),
        headers,
        format: old.map_or(Format::Native, |old| old.format.clone()),
    }
}

pub(crate) fn read_headers(
    headers: &BTreeMap<String, String>,
    problems: &mut Problems,
) -> Vec<(String, String)> {
    if headers.len() > model_limits::WEBHOOK_HEADERS_MAX {
        problems.add("headers", format!("has more than {} headers", model_limits::WEBHOOK_HEADERS_MAX));
        return Vec::new();
    }
    let mut seen: Vec<HeaderName> = Vec::new();
    for (name, value) in headers {
        // A name may be a secret pasted into the wrong place; its beginning is enough to find it.
        let field =
            format!("headers.{}", name.chars().take(limits::FIELD_NAME_CHARS_MAX).collect::<String>());
        problems.bound(&field, value, model_limits::WEBHOOK_HEADER_BYTES_MAX);
        if HeaderValue::from_str(value).is_err() {
            problems.add(&field, "has a value with other characters than visible ASCII and spaces");
        }
        match HeaderName::from_bytes(name.as_bytes()) {
            Ok(_) if name.len() > limits::HEADER_NAME_BYTES_MAX => {
                problems
                    .add(field, format!("has a name of more than {} bytes", limits::HEADER_NAME_BYTES_MAX));
            }
            Ok(known) if is_reserved(known.as_str()) => {
                problems.add(field, "is a header that Trunkline or the connection sets");
            }
            Ok(known) if seen.contains(&known) => problems.add(field, "is given twice"),
            Ok(known) => seen.push(known),
            Err(_) => problems.add(field, "is not the name of a header"),
        }
    }
    headers.iter().map(|(name, value)| (name.clone(), value.clone())).collect()
}

fn is_reserved(name: &str) -> bool {
    RESERVED_HEADERS.contains(&name) || RESERVED_PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}

/// A login is one thing: what is given replaces all of the old one.
fn nats(
    body: &WebhookBody,
    old: Option<&NatsTarget>,
    (url, subject): (String, String),
    problems: &mut Problems,
) -> NatsTarget {
    let is_given = body.username.is_some() || body.password.is_some() || body.token.is_some();
    let (username, password, token) = match old {
        Some(old) if !is_given => (old.username.clone(), old.password.clone(), old.token.clone()),
        _ => (body.username.clone().flatten(), body.password.clone().flatten(), body.token.clone().flatten()),
    };
    if username.is_some() != password.is_some() {
        let missing = if username.is_some() { "password" } else { "username" };
        problems.add(missing, "is missing; a name and a password belong together");
    }
    if token.is_some() && (username.is_some() || password.is_some()) {
        problems.add("token", "stands beside a name and password; give one or the other");
    }
    NatsTarget { url, subject, username, password, token }
}

fn check(target: &Target, problems: &mut Problems) {
    let mut credential = |field: &str, text: Option<&String>| {
        let Some(text) = text else { return };
        problems.bound(field, text, limits::BROKER_CREDENTIAL_BYTES_MAX);
        if text.is_empty() || text.chars().any(char::is_control) {
            problems.add(field, "is empty, or has control characters");
        }
    };
    match target {
        Target::Http(http) => check_url(problems, &http.url, &["http", "https"]),
        Target::Nats(nats) => {
            credential("username", nats.username.as_ref());
            credential("password", nats.password.as_ref());
            credential("token", nats.token.as_ref());
            check_url(problems, &nats.url, &["nats", "tls"]);
            check_template(problems, "subject", &nats.subject);
            let is_subject = nats.subject.split('.').all(|token| !token.is_empty());
            if !is_subject || nats.subject.contains(['*', '>']) {
                problems
                    .add("subject", "has an empty part, or a wildcard; events are published to one subject");
            }
        }
        Target::RabbitMq(rabbit) => {
            credential("username", Some(&rabbit.username));
            credential("password", Some(&rabbit.password));
            check_url(problems, &rabbit.url, &["amqp", "amqps"]);
            problems.bound("exchange", &rabbit.exchange, limits::BROKER_NAME_BYTES_MAX);
            check_template(problems, "routing_key", &rabbit.routing_key);
        }
        Target::Pull => {}
    }
}

fn check_url(problems: &mut Problems, text: &str, schemes: &[&str]) {
    problems.bound("url", text, model_limits::WEBHOOK_URL_BYTES_MAX);
    let well_formed = Url::parse(text).is_ok_and(|url| {
        let anonymous = url.username().is_empty() && url.password().is_none();
        schemes.contains(&url.scheme()) && url.host_str().is_some_and(|host| !host.is_empty()) && anonymous
    });
    if !well_formed {
        let schemes = schemes.iter().map(|scheme| format!("{scheme}://")).collect::<Vec<_>>().join(" or ");
        problems.add(
            "url",
            format!("is not an address that starts with {schemes}, with a host and without a login"),
        );
    }
}

/// A subject or routing key in which parts of the event stand between braces.
fn check_template(problems: &mut Problems, field: &str, template: &str) {
    problems.bound(field, template, limits::BROKER_NAME_BYTES_MAX);
    let mut plain = template.to_owned();
    for placeholder in PLACEHOLDERS {
        plain = plain.replace(placeholder, "");
    }
    let other = plain.contains(['{', '}']);
    if template.is_empty() || other || plain.chars().any(|c| c.is_whitespace() || c.is_control()) {
        let known = PLACEHOLDERS.join(", ");
        let wanted = format!("is empty, has spaces, or braces around something else than {known}");
        problems.add(field, wanted);
    }
}
