//! Further examples of bodies that have many forms: a message of each type, a status to everybody. Each is sent in a test.

/// An example of one form of a body.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Form {
    /// Name of the operation.
    pub(crate) operation: &'static str,
    /// Name of the form.
    pub(crate) name: &'static str,
    /// The body, JSON.
    pub(crate) example: &'static str,
}

macro_rules! forms {
    ($($operation:literal, $name:literal;)*) => {
        &[$(Form {
            operation: $operation,
            name: $name,
            example: include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/", $operation, "/", $name, ".json")),
        }),*]
    };
}

static FORMS: &[Form] = forms! {
    "messages.send", "image";
    "messages.send", "video";
    "messages.send", "audio";
    "messages.send", "voice";
    "messages.send", "document";
    "messages.send", "sticker";
    "messages.send", "location";
    "messages.send", "live_location";
    "messages.send", "contacts";
    "messages.send", "poll";
    "messages.send", "event";
    "messages.send", "buttons";
    "messages.send", "list";
    "messages.send", "link";
    "messages.send", "reply";
    "messages.send", "group";
    "messages.send", "newsletter";
    "status.post", "image";
};

/// The forms of an operation's body beside its example, which is a text.
pub(crate) fn forms_of(operation: &str) -> impl Iterator<Item = &'static Form> {
    FORMS.iter().filter(move |form| form.operation == operation)
}
