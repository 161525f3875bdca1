//! Wessaal's samples, in an order in which each finds what it needs.

use super::{Arrival, Body, Runs, Sample, Says};

/// The answer to a message; what varies is what it was given, and what it is.
const QUEUED: &[&str] = &["message_id", "queued_at", "instance.id"];
const QUEUED_AS: &[&str] = &["message_id", "queued_at", "instance.id", "type"];
const BY_TEMPLATE: &[&str] = &["message_id", "queued_at", "instance.id", "template_used"];

const fn send(path: &'static str, file: &'static str, varying: &'static [&'static str]) -> Sample {
    Sample::post(path, Body::File(file), 202, Says::Like("send.202.json", varying))
}

/// A program that sends a text and prints what became of it.
const fn program(file: &'static str, line: &'static str, arrives: &'static [Arrival]) -> Sample {
    Sample::program(file, Says::Line(line)).arrives(arrives)
}

const fn to_customer(kind: &'static str, text: &'static str) -> Arrival {
    Arrival { to: "966501234567", kind, text }
}

/// Buttons are shown to few, so they go as text.
const BUTTONS: &str = "*Your Order is Ready*\n\nOrder #5678 is packed and ready for pickup.\n\n1. Confirm Pickup\n\
    2. View on Map: https://maps.google.com/?q=24.7,46.7\n3. Call Us: +966200001234\n\n_Thank you for shopping with us_";

pub const SAMPLES: &[Sample] = &[
    Sample::get("/integration/v1/ping", Says::Like("ping.200.json", &["timestamp"])),
    Sample::get(
        "/integration/v1/instances",
        Says::Like("list-instances.200.json", &["data.id", "workspace.id", "workspace.name", "created_at"]),
    )
    .learns("workspace", "/data/0/workspace/id"),
    // Phones tell a linked device neither.
    Sample::get(
        "/integration/v1/instances/my-instance/status",
        Says::Like("instance-status.200.json", &["instance_id", "phone_number", "battery?", "plugged?"]),
    ),
    Sample::post(
        "/integration/v1/contacts",
        Body::File("create-contact.json"),
        201,
        Says::Json(
            r#"{"success":true,"data":{"id":1,"phone":"+966501234567","label":"Ahmed Al-Rashid","email":"ahmed@example.com","notes":"VIP customer"}}"#,
            &["id"],
        ),
    )
    .learns("contact", "/data/id"),
    Sample {
        runs: Runs::Request("PUT", "/integration/v1/contacts/$contact", Body::File("update-contact.json"), 200),
        says: Says::Json(
            r#"{"success":true,"data":{"label":"Ahmed Al-Rashid (Updated)","notes":"Upgraded to Premium","phone":"+966501234567"}}"#,
            &[],
        ),
        arrives: &[],
        learns: None,
    },
    Sample::post(
        "/integration/v1/templates",
        Body::File("create-template.json"),
        201,
        Says::Like("create-template.201.json", &["id", "workspace_id", "created_at"]),
    ),
    // The sample that sends a template gives two variables, and the one that makes a template names three.
    Sample::post(
        "/integration/v1/templates",
        Body::Text(
            r#"{"workspace_id":$workspace,"name":"Shipped","message_type":"text","content":"Hi {{name}}, your order #{{order_id}} has shipped!"}"#,
        ),
        201,
        Says::Json(r#"{"success":true,"data":{"name":"Shipped"}}"#, &[]),
    )
    .learns("template", "/data/id"),
    send("/integration/v1/messages/send", "send-text.json", QUEUED)
        .arrives(&[to_customer("text", "Hello from our API!")])
        .learns("message", "/data/message_id"),
    Sample {
        runs: Runs::Until("/integration/v1/messages/$message/status"),
        says: Says::Like("message-status.200.json", &["message_id", "sent_at", "delivered_at"]),
        arrives: &[],
        learns: None,
    },
    send("/integration/v1/messages/send", "send-image.json", QUEUED_AS)
        .arrives(&[to_customer("image", "Here is your invoice")]),
    send("/integration/v1/messages/send", "send-template.json", BY_TEMPLATE)
        .arrives(&[to_customer("text", "Hi Ahmed, your order #ORD-9988 has shipped!")]),
    Sample::post(
        "/integration/v1/messages/send-bulk",
        Body::File("send-bulk.json"),
        200,
        Says::Like("send-bulk.200.json", &["message_id"]),
    )
    .arrives(&[
        to_customer("text", "Hello Customer 1!"),
        Arrival { to: "966509876543", kind: "text", text: "Hello Customer 2!" },
        Arrival { to: "971501234567", kind: "image", text: "Your receipt" },
    ]),
    send(
        "/integration/v1/messages/send-status",
        "send-status.json",
        &["message_id", "queued_at", "instance.id", "type", "recipient"],
    )
    .arrives(&[to_customer("text", "New products just dropped!")]),
    send("/integration/v1/messages/send-location", "send-location.json", QUEUED_AS)
        .arrives(&[to_customer("location", "Our Head Office")]),
    send("/integration/v1/messages/send-contact", "send-contact.json", QUEUED_AS)
        .arrives(&[to_customer("contacts", "Support Team")]),
    send("/integration/v1/messages/send-poll", "send-poll.json", QUEUED_AS)
        .arrives(&[to_customer("poll", "What is your preferred contact time?")]),
    send("/integration/v1/messages/send-buttons", "send-buttons.json", QUEUED_AS)
        .arrives(&[to_customer("text", BUTTONS)]),
    Sample::get(
        "/integration/v1/messages?type=text&status=delivered",
        Says::Like("list-messages.200.json", &["data", "id", "recipient", "content", "created_at", "total"]),
    ),
    program("send.php", "Queued! ID: # | Credits: 1", &[to_customer("text", "Hello from PHP!")]),
    program("send.cjs", "Queued! ID: # | Credits: 1", &[to_customer("text", "Hello from Node.js!")]),
    program("send.py", "Queued! ID: # | Credits charged: 1", &[to_customer("text", "Hello from Python!")]),
    Sample::program("send.sh", Says::Like("send.202.json", QUEUED))
        .arrives(&[to_customer("text", "Hello from cURL!")]),
    // A picture without an address, and nobody who sends it.
    Sample::post(
        "/integration/v1/messages/send",
        Body::Text(
            r#"{"recipient":"+966501234567","message_type":"image","content":"Here is your invoice","filename":"invoice.png"}"#,
        ),
        422,
        Says::Like("send.422.json", &[]),
    ),
];
