//! The route table. A row: operation, method and path, name, scope, body, query parameters, summary.

use hyper::Method;

use super::{BodyRule, Route, Scope, Target};

macro_rules! routes {
    (
        open { $($open:ident: GET $open_path:literal, $open_name:literal, $open_summary:literal;)* }
        native { $($op:ident: $method:ident $path:literal, $name:literal, $scope:ident, $body:ident,
                   [$($query:literal),*], $summary:literal;)* }
    ) => {
        /// Operations that need no key.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum OpenOperation { $(#[doc = $open_summary] $open,)* }

        /// Operations of the native API.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum NativeOperation { $(#[doc = $summary] $op,)* }

        /// Every operation of the HTTP API. Nothing is answered outside this table.
        pub static ROUTES: &[Route] = &[
            $(Route {
                method: Method::GET,
                path: $open_path,
                name: $open_name,
                target: Target::Open(OpenOperation::$open),
                body: BodyRule::None,
                query: &[],
                summary: $open_summary,
            },)*
            $(Route {
                method: Method::$method,
                path: $path,
                name: $name,
                target: Target::Native(NativeOperation::$op, Scope::$scope),
                body: BodyRule::$body,
                query: &[$($query),*],
                summary: $summary,
            },)*
        ];
    };
}

routes! {
    open {
        Live: GET "/healthz", "node.live", "Answers 200 while the process serves requests.";
        Ready: GET "/readyz", "node.ready", "Answers 200 when this node can do its work, 503 with the reasons when not.";
        Metrics: GET "/metrics", "node.metrics", "Every metric of the process in Prometheus' text format.";
        ErrorIndex: GET "/docs/errors", "docs.errors", "Lists the error codes.";
        ErrorPage: GET "/docs/errors/{code}", "docs.error", "Explains one error code: its causes and remedies.";
    }
    native {
        CreateInstance: POST "/v1/instances", "instances.create", InstancesWrite, Json, [],
            "Creates an instance; it is linked to a number by connecting it and scanning its code.";
        ListInstances: GET "/v1/instances", "instances.list", InstancesRead, None, ["limit", "cursor", "state"],
            "Lists the account's instances with their live status.";
        GetInstance: GET "/v1/instances/{instance}", "instances.get", InstancesRead, None, [],
            "Returns one instance with its live status.";
        UpdateInstance: PATCH "/v1/instances/{instance}", "instances.update", InstancesWrite, Json, [],
            "Changes name, metadata or webhook; what is left out stays, null removes.";
        DeleteInstance: DELETE "/v1/instances/{instance}", "instances.delete", InstancesWrite, None, [],
            "Logs the instance out where it is linked, and deletes it with all its data.";
        Connect: POST "/v1/instances/{instance}/connect", "instances.connect", InstancesWrite, Empty, [],
            "Opens the connection to WhatsApp; starts pairing when the instance is not linked.";
        Disconnect: POST "/v1/instances/{instance}/disconnect", "instances.disconnect", InstancesWrite, Empty, [],
            "Closes the connection and keeps the link.";
        Restart: POST "/v1/instances/{instance}/restart", "instances.restart", InstancesWrite, Empty, [],
            "Closes the connection and opens it again.";
        Logout: POST "/v1/instances/{instance}/logout", "instances.logout", InstancesWrite, Empty, [],
            "Unlinks the device on WhatsApp and forgets its credentials.";
        PutWebhook: PUT "/v1/instances/{instance}/webhook", "webhook.put", InstancesWrite, Json, [],
            "Sets the endpoint that receives the instance's events.";
        DeleteWebhook: DELETE "/v1/instances/{instance}/webhook", "webhook.delete", InstancesWrite, None, [],
            "Removes the instance's webhook.";
        // Seeing a code is a matter of writing: who sees one can link a phone to the instance.
        GetPairing: GET "/v1/instances/{instance}/pairing", "pairing.get", InstancesWrite, None, [],
            "Returns the code or ceremony that pairing waits for.";
        GetQr: GET "/v1/instances/{instance}/qr", "pairing.qr", InstancesWrite, None, ["format"],
            "Returns the QR code on show as text, terminal drawing, PNG or SVG.";
        RequestPairingCode: POST "/v1/instances/{instance}/pairing-code", "pairing.code", InstancesWrite, Json, [],
            "Asks for an 8-character code to be typed on the phone with this number.";
        AnswerPasskey: POST "/v1/instances/{instance}/passkey", "pairing.passkey", InstancesWrite, Json, [],
            "Hands over the WebAuthn assertion that WhatsApp asked for.";
        ConfirmPasskey: POST "/v1/instances/{instance}/passkey/confirm", "pairing.passkey_confirm", InstancesWrite, Empty, [],
            "Confirms that the codes on both screens agree.";
        SendMessage: POST "/v1/instances/{instance}/messages", "messages.send", MessagesSend, Message, ["wait", "timeout_ms"],
            "Accepts a message for sending; it is on disk before the answer.";
        ListMessages: GET "/v1/instances/{instance}/messages", "messages.list", MessagesRead, None, ["limit", "cursor", "status"],
            "Lists outgoing messages, newest first.";
        MarkRead: POST "/v1/instances/{instance}/messages/read", "messages.read", MessagesSend, Json, [],
            "Marks received messages as read.";
        GetInstanceMessage: GET "/v1/instances/{instance}/messages/{message}", "messages.get_of_instance", MessagesRead, None, [],
            "Returns one outgoing message of an instance.";
        GetMessage: GET "/v1/messages/{message}", "messages.get", MessagesRead, None, [],
            "Returns one outgoing message by its id alone.";
        Events: GET "/v1/instances/{instance}/events", "events.list", EventsRead, None, ["limit", "cursor", "after"],
            "Returns events after a position, or streams them to a client that accepts text/event-stream.";
        Node: GET "/v1/node", "node.status", All, None, [],
            "Returns how this node is doing: shards, instances by state, the last restart, open files. For its operator.";
        CreateKey: POST "/v1/keys", "keys.create", All, Json, [],
            "Makes an API key; the answer is the only place where it is ever shown.";
        GetMedia: GET "/v1/instances/{instance}/media/{media}", "media.get", MessagesRead, None, [],
            "Downloads the file of a received message.";
    }
}
