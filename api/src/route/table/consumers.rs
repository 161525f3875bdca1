//! Consumers: who comes for an account's events, and says which have arrived.

use crate::json::Page;
use crate::json::consumer::{AckBody, ConsumerBody, ConsumerJson, PulledJson};

super::operations! {
    /// Operations on consumers.
    Consumer: ConsumerOperation, TABLE;
    Create: POST "/v1/consumers", "consumers.create", WebhooksWrite / Write,
        {ConsumerBody} => (201 ConsumerJson<'_>), [],
        "Keeps a place in the events for somebody who comes for them; it begins with what happens from now on.";
    List: GET "/v1/consumers", "consumers.list", WebhooksRead / Read,
        - => (200 Page<ConsumerJson<'_>>), ["limit", "cursor"],
        "Lists the account's consumers, and how many events wait for each of them.";
    Get: GET "/v1/consumers/{consumer}", "consumers.get", WebhooksRead / Read,
        - => (200 ConsumerJson<'_>), [],
        "Returns one consumer, and how many events wait for it.";
    Delete: DELETE "/v1/consumers/{consumer}", "consumers.delete", WebhooksWrite / Write,
        - => (204), [],
        "Deletes a consumer and its place.";
    Events: GET "/v1/consumers/{consumer}/events", "consumers.events", EventsRead / Read,
        - => (200 PulledJson<'_>), ["limit", "wait_ms"],
        "Returns the next events, waiting for the first one if asked to; they come again until they are acknowledged.";
    Ack: POST "/v1/consumers/{consumer}/ack", "consumers.ack", EventsRead / Write,
        {AckBody} => (204), [],
        "Says that the events of an answer have arrived; what comes after them is next.";
}
