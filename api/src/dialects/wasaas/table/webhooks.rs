//! Webhooks.

use crate::dialects::table::operations;
use crate::dialects::wasaas::body::webhook::WebhookBody;
use crate::dialects::wasaas::shown::session::RemovedJson;
use crate::dialects::wasaas::shown::webhook::WebhookJson;
use crate::dialects::wasaas::shown::{ListJson, SuccessJson};

operations! {
    /// Operations on webhooks.
    Wasaas ("wasaas") Webhook: WebhookOperation;
    Create: WebhooksWrite / Write, Account, {WebhookBody} => (SuccessJson<WebhookJson>), [],
        "Makes a webhook; its secret is shown this once."
        { POST "/api/webhooks" 201 Reference }
    List: WebhooksRead / Read, Account, - => (ListJson<WebhookJson>), ["page", "limit"], "Lists the webhooks."
        { GET "/api/webhooks" 200 Reference }
    Update: WebhooksWrite / Write, Account, {WebhookBody} => (SuccessJson<WebhookJson>), [], "Changes a webhook."
        { PUT "/api/webhooks/{id}" 200 Reference, PATCH "/api/webhooks/{id}" 200 Reference }
    Delete: WebhooksWrite / Write, Account, - => (SuccessJson<RemovedJson>), [], "Removes a webhook."
        { DELETE "/api/webhooks/{id}" 200 Reference }
}
