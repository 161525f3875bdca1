//! Webhooks: where an account's events are sent.

use crate::json::webhook::{
    DeadLetterJson, DeliveryJson, NewWebhookJson, ReplayBody, ReplayingJson, RotateBody, SecretJson,
    TestedJson, WebhookBody, WebhookJson,
};
use crate::json::{List, Page};

super::operations! {
    /// Operations on webhooks.
    Webhook: WebhookOperation, TABLE;
    Create: POST "/v1/webhooks", "webhooks.create", WebhooksWrite / Write,
        {WebhookBody} => (201 NewWebhookJson<'_>), [],
        "Has events sent to an address, a NATS stream or a RabbitMQ exchange from now on; the secret is shown in this answer alone.";
    List: GET "/v1/webhooks", "webhooks.list", WebhooksRead / Read,
        - => (200 Page<WebhookJson<'_>>), ["limit", "cursor"],
        "Lists the account's webhooks, and how each of them fares.";
    Get: GET "/v1/webhooks/{webhook}", "webhooks.get", WebhooksRead / Read,
        - => (200 WebhookJson<'_>), [],
        "Returns one webhook, and how it fares.";
    Update: PATCH "/v1/webhooks/{webhook}", "webhooks.update", WebhooksWrite / Write,
        {WebhookBody} => (200 WebhookJson<'_>), [],
        "Changes a webhook; what is left out stays, null removes.";
    Delete: DELETE "/v1/webhooks/{webhook}", "webhooks.delete", WebhooksWrite / Write,
        - => (204), [],
        "Deletes a webhook; what it has not heard of yet it will not hear of.";
    Pause: POST "/v1/webhooks/{webhook}/pause", "webhooks.pause", WebhooksWrite / Write,
        {} => (200 WebhookJson<'_>), [],
        "Sends nothing to a webhook until it is resumed; its events wait in the log.";
    Resume: POST "/v1/webhooks/{webhook}/resume", "webhooks.resume", WebhooksWrite / Write,
        {} => (200 WebhookJson<'_>), [],
        "Goes on sending where a webhook was paused, by request or because it failed.";
    RotateSecret: POST "/v1/webhooks/{webhook}/rotate-secret", "webhooks.rotate_secret", WebhooksWrite / Write,
        {RotateBody} => (200 SecretJson), [],
        "Gives a webhook a new secret, shown in this answer alone; the old one signs as well for a while.";
    Test: POST "/v1/webhooks/{webhook}/test", "webhooks.test", WebhooksWrite / Write,
        {} => (200 TestedJson), [],
        "Sends an event of the type webhook.test once, and says what became of it.";
    Deliveries: GET "/v1/webhooks/{webhook}/deliveries", "webhooks.deliveries", WebhooksRead / Read,
        - => (200 List<DeliveryJson<'_>>), ["instance", "failed", "limit"],
        "Lists the newest attempts to deliver, newest first.";
    DeadLetters: GET "/v1/webhooks/{webhook}/dead-letters", "webhooks.dead_letters", WebhooksRead / Read,
        - => (200 Page<DeadLetterJson<'_>>), ["limit", "cursor"],
        "Lists the events that were given up.";
    Replay: POST "/v1/webhooks/{webhook}/replay", "webhooks.replay", WebhooksWrite / Write,
        {ReplayBody} => (202 ReplayingJson), [],
        "Sends events once more: some by id, those of a time, those after one of an instance, or all that were given up.";
}
