//! The service's ids: each is ours in other clothes, so that nothing has to be remembered, and ours are taken as well.

use serde_json::Value;
use trunkline_model::command::MessageView;
use trunkline_model::{InstanceId, MessageId, ScheduleId};

/// What devices are called.
const DEVICE: &str = "device_";
/// What transactions are called.
const TRANSACTION: &str = "txn_";
/// The member of a message's metadata with the caller's own name of it.
const CORRELATION: &str = "correlationId";
/// The member of a message's metadata with what the service calls its type, where the message does not tell.
const KIND: &str = "messageType";

/// An instance's id.
pub(super) fn device(instance: InstanceId) -> String {
    format!("{DEVICE}{}", instance.0)
}

/// Reads [`device`] back.
pub(super) fn instance(text: &str) -> Option<InstanceId> {
    text.strip_prefix(DEVICE)?.parse().ok().map(InstanceId)
}

/// A message's id.
pub(super) fn transaction(message: MessageId) -> String {
    format!("{TRANSACTION}{}", message.get())
}

/// What a caller may name in the place of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Named {
    /// A message that was accepted.
    Message(MessageId),
    /// A message that waits for its time.
    Scheduled(ScheduleId),
    /// A message by WhatsApp's id of it.
    OnWhatsApp(String),
}

impl Named {
    pub(super) fn read(text: &str) -> Named {
        let number = text.strip_prefix(TRANSACTION).and_then(|digits| digits.parse().ok());
        let message = number.and_then(MessageId::from_u64).or_else(|| text.parse().ok());
        match (message, text.parse()) {
            (Some(message), _) => Named::Message(message),
            (None, Ok(schedule)) => Named::Scheduled(schedule),
            (None, Err(_)) => Named::OnWhatsApp(text.to_owned()),
        }
    }
}

/// The metadata of a message that the caller, or the service, has a name for.
pub(super) fn metadata(correlation: Option<&str>, kind: Option<&str>) -> Option<String> {
    let said = [(CORRELATION, correlation), (KIND, kind)];
    let members: serde_json::Map<String, Value> =
        said.into_iter().filter_map(|(name, text)| Some((name.to_owned(), text?.into()))).collect();
    (!members.is_empty()).then(|| Value::Object(members).to_string())
}

/// The metadata of a message that is changed: what is not said stays, and so does everything that is somebody else's. `kind` is given
/// with every new content.
pub(super) fn changed_metadata(
    before: Option<String>,
    correlation: Option<&str>,
    kind: Option<Option<&str>>,
) -> Option<String> {
    let known = before.as_deref().and_then(|text| serde_json::from_str(text).ok());
    let old: serde_json::Map<String, Value> = known.unwrap_or_default();
    let mut new = old.clone();
    if let Some(correlation) = correlation {
        new.insert(CORRELATION.to_owned(), correlation.into());
    }
    match kind {
        Some(Some(kind)) => drop(new.insert(KIND.to_owned(), kind.into())),
        Some(None) => drop(new.remove(KIND)),
        None => {}
    }
    if new == old { before } else { (!new.is_empty()).then(|| Value::Object(new).to_string()) }
}

fn said(metadata: Option<&str>, member: &str) -> Option<String> {
    let metadata: Value = serde_json::from_str(metadata?).ok()?;
    metadata.get(member)?.as_str().map(str::to_owned)
}

/// The name that the caller gave a message; one made of its number where it gave none.
pub(super) fn correlation(message: MessageId, metadata: Option<&str>) -> String {
    said(metadata, CORRELATION).unwrap_or_else(|| uuid_of(message.get()))
}

/// The same of a message that waits for its time.
pub(super) fn correlation_of_schedule(schedule: ScheduleId, metadata: Option<&str>) -> String {
    said(metadata, CORRELATION).unwrap_or_else(|| uuid_of(schedule.0))
}

/// A UUID of an application's own making (RFC 9562, version 8) that follows from a number.
fn uuid_of(number: u64) -> String {
    let (high, low) = (mixed(number), mixed(!number));
    format!(
        "{:08x}-{:04x}-8{:03x}-{:04x}-{:012x}",
        high >> 32,
        (high >> 16) & 0xffff,
        high & 0xfff,
        0x8000 | (low >> 48) & 0x3fff,
        low & 0xffff_ffff_ffff,
    )
}

/// The finalizer of a multiplicative hash (Steele et al., SplitMix, 2014).
fn mixed(number: u64) -> u64 {
    let mut mixed = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

/// What the service calls the type of a message.
pub(super) fn kind(view: &MessageView) -> String {
    let told = said(view.metadata.as_deref(), KIND);
    told.unwrap_or_else(|| match view.lane {
        trunkline_model::message::Lane::Otp => "otp".to_owned(),
        _ => word(&view.kind).to_owned(),
    })
}

/// The service's word for a kind of content.
pub(super) fn word(kind: &str) -> &str {
    match kind {
        "text" => "plain-text",
        "contacts" => "contact",
        "live_location" => "location",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_a_caller_names_is_told_by_its_form() {
        let check = |text: &str, expected: Named| assert_eq!(Named::read(text), expected, "{text}");
        let message = MessageId::from_u64(894_103).expect("53 bits");
        check("txn_894103", Named::Message(message));
        check(&message.to_string(), Named::Message(message));
        check("sch_00000000000000ff", Named::Scheduled(ScheduleId(255)));
        check("3EB0C767D097E9ECFE8B", Named::OnWhatsApp("3EB0C767D097E9ECFE8B".to_owned()));
        check("txn_9007199254740992", Named::OnWhatsApp("txn_9007199254740992".to_owned()));
    }

    #[test]
    fn a_message_without_a_name_of_its_own_has_a_uuid() {
        let message = MessageId::from_u64(1).expect("53 bits");
        let named = metadata(Some("order-7"), None);
        assert_eq!(correlation(message, named.as_deref()), "order-7");
        let made = correlation(message, None);
        let lengths: Vec<usize> = made.split('-').map(str::len).collect();
        assert_eq!(lengths, [8, 4, 4, 4, 12], "{made}");
        assert!(made[14..].starts_with('8') && matches!(&made[19..20], "8" | "9" | "a" | "b"), "{made}");
        assert_eq!(metadata(None, None), None);
    }

    #[test]
    fn a_changed_message_keeps_its_name_and_loses_the_type_of_its_old_content() {
        let before = metadata(Some("order-7"), Some("template"));
        let changed = |correlation, kind| changed_metadata(before.clone(), correlation, kind);
        assert_eq!(changed(None, None), before);
        assert_eq!(changed(None, Some(None)), metadata(Some("order-7"), None));
        assert_eq!(changed(Some("order-8"), None), metadata(Some("order-8"), Some("template")));
        let theirs = || Some(r#"{ "shelf": 3 }"#.to_owned());
        assert_eq!(changed_metadata(theirs(), None, Some(None)), theirs(), "to the letter");
        let named = changed_metadata(theirs(), Some("order-9"), Some(None));
        let named: Option<Value> = named.and_then(|text| serde_json::from_str(&text).ok());
        assert_eq!(named, Some(serde_json::json!({ "correlationId": "order-9", "shelf": 3 })));
        assert_eq!(changed_metadata(metadata(None, Some("template")), None, Some(None)), None);
    }

    proptest! {
        #[test]
        fn ids_read_back(number: u64, message in 0u64..1 << 53) {
            prop_assert_eq!(instance(&device(InstanceId(number))), Some(InstanceId(number)));
            let message = MessageId::from_u64(message).expect("53 bits");
            prop_assert_eq!(Named::read(&transaction(message)), Named::Message(message));
        }
    }
}
