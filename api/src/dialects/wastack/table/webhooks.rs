//! Webhooks.

use crate::dialects::envelope::{Paged, Success};
use crate::dialects::table::operations;
use crate::dialects::wastack::body::webhook::{TestBody, WebhookBody};
use crate::dialects::wastack::shown::webhook::{DeliveryJson, ReplayJson, SecretJson, TestJson, WebhookJson};
use crate::dialects::wastack::shown::{DeletedJson, Pagination};

operations! {
    /// Operations on webhooks.
    Wastack ("wastack") Webhook: WebhookOperation;
    List: WebhooksRead / Read, Key, - => (Success<Vec<WebhookJson>>), [], "Lists the webhooks."
        { GET "/api/v1/webhooks" 200 Inferred }
    Create: WebhooksWrite / Write, Key, {WebhookBody} => (Success<WebhookJson>), [],
        "Makes a webhook; its secret is shown this once."
        { POST "/api/v1/webhooks" 201 Inferred }
    Get: WebhooksRead / Read, Key, - => (Success<WebhookJson>), [], "Returns a webhook."
        { GET "/api/v1/webhooks/{id}" 200 Inferred }
    Update: WebhooksWrite / Write, Key, {WebhookBody} => (Success<WebhookJson>), [],
        "Changes, pauses or resumes a webhook; what is left out stays."
        { PUT "/api/v1/webhooks/{id}" 200 Inferred, PATCH "/api/v1/webhooks/{id}" 200 Inferred }
    Delete: WebhooksWrite / Write, Key, - => (Success<DeletedJson>), [], "Deletes a webhook."
        { DELETE "/api/v1/webhooks/{id}" 200 Inferred }
    Test: WebhooksWrite / Write, Key, {TestBody} => (Success<TestJson>), [], "Delivers an event that never happened, once."
        { POST "/api/v1/webhooks/{id}/test" 200 Inferred }
    RotateSecret: WebhooksWrite / Write, Key, - => (Success<SecretJson>), [], "Gives a webhook a new secret."
        { POST "/api/v1/webhooks/{id}/rotate-secret" 200 Inferred }
    Deliveries: WebhooksRead / Read, Key, - => (Paged<DeliveryJson, Pagination>), ["status", "page", "limit"],
        "Lists the newest deliveries of a webhook; with `status=failed` those that failed."
        { GET "/api/v1/webhooks/{id}/deliveries" 200 Inferred }
    Replay: WebhooksWrite / Write, Key, - => (Success<ReplayJson>), [], "Delivers an event again."
        { POST "/api/v1/webhooks/{id}/deliveries/{deliveryId}/replay" 202 Inferred }
}
