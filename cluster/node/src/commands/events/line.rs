//! An event as a line for people.

use serde_json::Value;

use super::tail::Event;
use crate::limits::TAIL_SUMMARY_CHARS_MAX;

/// Whether lines have colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Colours {
    /// As a terminal shows them.
    On,
    /// Plain text.
    Off,
}

/// Select Graphic Rendition (ECMA-48 §8.3.117).
const DIM: &str = "2";
const RED: &str = "31";
const GREEN: &str = "32";
const YELLOW: &str = "33";
const BLUE: &str = "34";
const MAGENTA: &str = "35";
const CYAN: &str = "36";

/// Time, instance, type, and what happened.
pub fn line(event: &Event, colours: Colours) -> String {
    let paint = |colour: &str, text: &str| match colours {
        Colours::On => format!("\u{1b}[{colour}m{text}\u{1b}[0m"),
        Colours::Off => text.to_owned(),
    };
    let (time, instance, kind) = (plain(&event.time), plain(&event.instance), plain(&event.kind));
    let summary = shortened(&plain(&summary(&event.kind, &event.data)));
    let kind = paint(colour_of(&event.kind), &format!("{kind:<24}"));
    format!("{} {} {kind} {summary}", paint(DIM, &time), paint(CYAN, &instance)).trim_end().to_owned()
}

fn colour_of(kind: &str) -> &'static str {
    match kind {
        "message.received" => GREEN,
        "message.failed" | "message.undecryptable" | "webhook.paused" => RED,
        "instance.logged_out" | "instance.restricted" | "instance.parked" | "instance.conflicted" => RED,
        _ if kind.starts_with("message.") => BLUE,
        _ if kind.starts_with("instance.") => YELLOW,
        _ => MAGENTA,
    }
}

/// What happened, of the types that are frequent; the data itself of others.
fn summary(kind: &str, data: &Value) -> String {
    match kind {
        "message.received" => {
            let content = data["type"].as_str().unwrap_or("message");
            let said = data[content]["body"].as_str().or_else(|| data[content]["caption"].as_str());
            let from = person(&data["sender"]);
            let place = if data["is_group"] == true {
                format!(" in {}", person(&data["chat"]))
            } else {
                String::new()
            };
            match said {
                Some(said) => format!("{from}{place}: {said}"),
                None => format!("{from}{place}: [{content}]"),
            }
        }
        _ if data["message"].is_string() && data["chat"].is_object() => {
            let error = data["error"].as_str().map(|error| format!(" ({error})")).unwrap_or_default();
            format!("{} to {}{error}", data["message"].as_str().unwrap_or_default(), person(&data["chat"]))
        }
        _ if data["from"].is_string() && data["to"].is_string() => {
            let word = |name: &str| data[name].as_str().unwrap_or_default();
            let reason = data["reason"].as_str().map(|reason| format!(" ({reason})")).unwrap_or_default();
            format!("{} → {}{reason}", word("from"), word("to"))
        }
        _ if data.is_null() => String::new(),
        _ => data.to_string(),
    }
}

fn person(person: &Value) -> String {
    let known = ["name", "phone", "id"].into_iter().find_map(|member| person[member].as_str());
    known.unwrap_or("somebody").to_owned()
}

/// What others wrote must not move the cursor or change colours.
fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(TAIL_SUMMARY_CHARS_MAX) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn event(kind: &str, data: Value) -> Event {
        Event {
            id: "evt_1".to_owned(),
            kind: kind.to_owned(),
            instance: "ins_0000000000000011".to_owned(),
            time: "2026-01-31T09:30:00.000Z".to_owned(),
            data,
        }
    }

    fn check(kind: &str, data: Value, expected: &str) {
        let line = line(&event(kind, data), Colours::Off);
        let told =
            line.strip_prefix("2026-01-31T09:30:00.000Z ins_0000000000000011 ").expect("time and instance");
        assert_eq!(told.strip_prefix(kind).map(str::trim_start), Some(expected));
    }

    #[test]
    fn what_happened_is_on_one_line() {
        let amal = json!({"id": "1@lid", "phone": null, "name": "Amal"});
        let group = json!({"id": "1@g.us", "name": null, "phone": null});
        let received =
            json!({"type": "text", "text": {"body": "hi\nthere"}, "sender": amal, "is_group": false});
        check("message.received", received, "Amal: hi there");
        let picture = json!({"type": "image", "image": {}, "sender": amal, "chat": group, "is_group": true});
        check("message.received", picture, "Amal in 1@g.us: [image]");
        let failed = json!({"message": "msg_1", "chat": {"phone": "+966500000001"}, "error": "rejected"});
        check("message.failed", failed, "msg_1 to +966500000001 (rejected)");
        check(
            "instance.closed",
            json!({"from": "open", "to": "backing_off", "reason": null}),
            "open → backing_off",
        );
        check("webhook.paused", json!({"reason": "gone"}), r#"{"reason":"gone"}"#);
        check("instance.created", Value::Null, "");
    }

    #[test]
    fn what_others_wrote_does_nothing_to_the_terminal() {
        let data =
            json!({"type": "text", "text": {"body": "\u{1b}[2J\u{9b}31m"}, "sender": {"name": "\u{7}Eve"}});
        assert!(!line(&event("message.received", data.clone()), Colours::Off).contains(char::is_control));
        let coloured = line(&event("message.received", data), Colours::On);
        assert_eq!(coloured.matches('\u{1b}').count(), 6, "three colours of our own: {coloured:?}");
        let long = json!({"type": "text", "text": {"body": "x".repeat(1_000)}});
        assert!(line(&event("message.received", long), Colours::Off).chars().count() < 300);
    }
}
