//! One request for each row, in an order in which each finds what it needs. The bodies are those of the reference.

use super::super::contract::Case;

const fn case(
    method: &'static str,
    path: &'static str,
    parameters: &'static [&'static str],
    body: &'static str,
    (status, shape): (u16, &'static str),
) -> Case {
    Case { method, path, parameters, query: "", body, status, shape, instance: "" }
}

const fn get(path: &'static str, parameters: &'static [&'static str], shape: &'static str) -> Case {
    case("GET", path, parameters, "", (200, shape))
}

/// A message, which is queued.
const fn send(path: &'static str, body: &'static str) -> Case {
    case("POST", path, &[], body, (202, QUEUED))
}

const QUEUED: &str = "success:b message:s data:o|message_id:n status:s type:s recipient:s queued_at:s instance:o template_used:b \
    credits_charged:n";
const CONTACT: &str = "success:b data:o|id:n phone:s label:s email:s notes:s created_at:s updated_at:s";
const TEMPLATE: &str =
    "success:b data:o|id:n name:s message_type:s content:s is_active:b workspace_id:n created_at:s";
const DONE: &str = "success:b message:s";
const GONE: &str = "success:b message:s error_code:s";

pub const CASES: &[Case] = &[
    get("/integration/v1/ping", &[], "success:b message:s timestamp:s"),
    get("/integration/v1/me", &[], "success:b data:o|user:o api_key:o pockets:o"),
    get("/integration/v1/workspaces", &[], "success:b data:a|[]id:n name:s created_at:s"),
    get(
        "/integration/v1/workspaces/{workspaceId}",
        &["$workspace"],
        "success:b data:o|id:n name:s instances_count:n templates_count:n created_at:s",
    ),
    get("/integration/v1/instances", &[], "success:b data:a|[]id:n name:s status:s workspace:o created_at:s"),
    get(
        "/integration/v1/instances/{instanceId}",
        &["$instance"],
        "success:b data:o|id:n name:s status:s workspace:o phone_number:s",
    ),
    get(
        "/integration/v1/instances/{instanceId}/status",
        &["my-instance"],
        "success:b data:o|instance_id:n name:s connection_status:s phone_number:s",
    ),
    // Contacts and templates.
    case(
        "POST",
        "/integration/v1/contacts",
        &[],
        r#"{"phone":"$ana","label":"Ahmed Al-Rashid","email":"ahmed@example.com","notes":"VIP customer"}"#,
        (201, CONTACT),
    ),
    get("/integration/v1/contacts", &[], "success:b data:a|[]id:n phone:s label:s"),
    get("/integration/v1/contacts/{contactId}", &["$contact"], CONTACT),
    case(
        "PUT",
        "/integration/v1/contacts/{contactId}",
        &["$contact"],
        r#"{"label":"Ahmed Al-Rashid (Updated)","notes":"Upgraded to Premium"}"#,
        (200, CONTACT),
    ),
    case(
        "POST",
        "/integration/v1/templates",
        &[],
        r#"{"workspace_id":$workspace,"name":"Order Shipped","message_type":"text","content":"Hi {{name}}, your order #{{order_id}} has shipped! Track it at {{tracking_url}}.","is_active":true}"#,
        (201, TEMPLATE),
    ),
    get(
        "/integration/v1/templates",
        &[],
        "success:b data:a|[]id:n name:s message_type:s is_active:b workspace_id:n",
    ),
    get("/integration/v1/templates/{templateId}", &["$template"], TEMPLATE),
    case(
        "PUT",
        "/integration/v1/templates/{templateId}",
        &["$template"],
        r#"{"content":"Hi {{name}}, your order #{{order_id}} has shipped!"}"#,
        (200, TEMPLATE),
    ),
    // Messages.
    send(
        "/integration/v1/messages/send",
        r#"{"instance":"my-instance","recipient":"$ana","message_type":"text","content":"Hello from our API!"}"#,
    ),
    case(
        "POST",
        "/integration/v1/messages/send-bulk",
        &[],
        r#"{"instance":"my-instance","messages":[{"recipient":"$ana","message_type":"text","content":"Hello Customer 1!"},{"contact_id":$contact,"template_id":$template,"template_variables":{"name":"Ahmed","order_id":"ORD-9988"}},{"recipient":"$ana","message_type":"image","content":"Your receipt","media_url":"$file","filename":"receipt.png"}]}"#,
        (200, "success:b message:s data:o|total:n success_count:n failure_count:n results:a"),
    ),
    send(
        "/integration/v1/messages/send-status",
        r##"{"instance":"my-instance","type":"text","content":"New products just dropped!","background_color":"#25D366","font":2,"status_jid_list":["$ana"]}"##,
    ),
    send(
        "/integration/v1/messages/send-location",
        r#"{"instance":"my-instance","recipient":"$ana","latitude":24.7136,"longitude":46.6753,"name":"Our Head Office","address":"King Fahd Road, Riyadh"}"#,
    ),
    send(
        "/integration/v1/messages/send-contact",
        r#"{"instance":"my-instance","recipient":"$ana","contacts":[{"fullName":"Support Team","wuid":"966200001234","phoneNumber":"+966200001234","organization":"Acme Corp","email":"support@acme.com"}]}"#,
    ),
    send(
        "/integration/v1/messages/send-poll",
        r#"{"instance":"my-instance","recipient":"$ana","name":"What is your preferred contact time?","values":["Morning","Afternoon","Evening"],"selectable_count":1}"#,
    ),
    send(
        "/integration/v1/messages/send-buttons",
        r##"{"instance":$instance,"recipient":"$ana","title":"Your Order is Ready","description":"Order #5678 is packed and ready for pickup.","footer":"Thank you for shopping with us","buttons":[{"type":"reply","displayText":"Confirm Pickup","id":"confirm_5678"},{"type":"url","displayText":"View on Map","url":"https://maps.google.com/?q=24.7,46.7"},{"type":"call","displayText":"Call Us","phoneNumber":"+966200001234"}]}"##,
    ),
    case("POST", "/integration/v1/messages/send-reaction", &[], "{}", (410, GONE)),
    case("POST", "/integration/v1/messages/send-list", &[], "not even JSON", (410, GONE)),
    get(
        "/integration/v1/messages/{messageId}/status",
        &["$message"],
        "success:b data:o|message_id:n status:s type:s recipient:s",
    ),
    get(
        "/integration/v1/messages/{messageId}",
        &["$message"],
        "success:b data:o|id:n type:s recipient:s content:s status:s instance:o credits_charged:n created_at:s queued_at:s",
    ),
    get(
        "/integration/v1/messages",
        &[],
        "success:b data:o|current_page:n data:a per_page:n total:n last_page:n|[]id:n type:s recipient:s content:s status:s created_at:s",
    ),
    // What was made goes last.
    case("DELETE", "/integration/v1/contacts/{contactId}", &["$contact"], "", (200, DONE)),
    case("DELETE", "/integration/v1/templates/{templateId}", &["$template"], "", (200, DONE)),
];
