//! Events of the whole account.

use crate::json::event_retention::{EventRetentionBody, EventRetentionJson};

super::operations! {
    /// Operations on the events of an account.
    Event: EventOperation, TABLE;
    Stream: GET "/v1/events", "events.stream", EventsRead / Read,
        - => (events), ["from"],
        "Streams the events of every instance of the account; resume by the last `id` of the stream (not all have one), and pass over events that come again.";
    GetRetention: GET "/v1/events/retention", "events.retention_get", EventsRead / Read,
        - => (200 EventRetentionJson), [],
        "Returns how long the account's events are kept.";
    PutRetention: PUT "/v1/events/retention", "events.retention_put", EventsWrite / Write,
        {EventRetentionBody} => (200 EventRetentionJson), [],
        "Says how long the account's events are kept; what is older goes, received messages in chats included, whether somebody has read it or not.";
}
