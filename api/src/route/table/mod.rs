//! The rows of the route table, one file for each part of the API.
//!
//! A row: operation, method and path, name, scope and budget, body and reply, query parameters, summary. Bodies are `-` (none),
//! `{}` (nothing or an empty object), `{Type}`, `{long Type}` and `{large Type}` (the same, with more room), `{message Type}`
//! (JSON or multipart), `{file}` or `{rows}`; replies `(204)`, `(200 Type)`, `(file)`, `(bytes "type/subtype" …)`, `(events Type)` or `(events)`.
//! The example of a body is the file of that name in `examples/`; those of its other forms are in the directory of that name, and
//! listed in `form.rs`.

macro_rules! operations {
    (
        $(#[$doc:meta])* $family:ident: $operations:ident, $table:ident;
        $($op:ident: $method:ident $path:literal, $name:literal, $scope:ident / $class:ident,
          $body:tt => $reply:tt, [$($query:literal),*], $summary:literal;)*
    ) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum $operations { $(#[doc = $summary] $op,)* }

        pub(super) static $table: &[$crate::route::Route] = &[
            $($crate::route::Route {
                method: hyper::Method::$method,
                path: $path,
                name: $name,
                target: $crate::route::Target::Native(
                    $crate::route::NativeOperation::$family($operations::$op),
                    trunkline_model::Scope::$scope,
                ),
                class: trunkline_model::LimitClass::$class,
                body: $crate::route::table::body!($body),
                example: $crate::route::table::example!($name, $body),
                reply: $crate::route::table::reply!($reply),
                query: &[$($query),*],
                summary: $summary,
            },)*
        ];
    };
}

macro_rules! body {
    (-) => {
        $crate::route::BodyRule::None
    };
    ({}) => {
        $crate::route::BodyRule::Empty
    };
    ({file}) => {
        $crate::route::BodyRule::File
    };
    ({rows}) => {
        $crate::route::BodyRule::Rows
    };
    ({message $body:ty}) => {
        $crate::route::BodyRule::Message(|schemas| schemas.subschema_for::<$body>())
    };
    ({long $body:ty}) => {
        $crate::route::BodyRule::LongJson(|schemas| schemas.subschema_for::<$body>())
    };
    ({large $body:ty}) => {
        $crate::route::BodyRule::Large(|schemas| schemas.subschema_for::<$body>())
    };
    ({$body:ty}) => {
        $crate::route::BodyRule::Json(|schemas| schemas.subschema_for::<$body>())
    };
}

macro_rules! example {
    ($name:literal, -) => {
        None
    };
    ($name:literal, {}) => {
        None
    };
    ($name:literal, {file}) => {
        None
    };
    ($name:literal, {rows}) => {
        None
    };
    ($name:literal, {$($body:tt)+}) => {
        Some(include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/", $name, ".json")))
    };
}

macro_rules! reply {
    ((204)) => { $crate::route::ReplyRule::Nothing };
    ((file)) => { $crate::route::ReplyRule::File };
    ((bytes $($kind:literal),+)) => { $crate::route::ReplyRule::Bytes(&[$($kind),+]) };
    ((events)) => {
        $crate::route::ReplyRule::Events
    };
    ((events $reply:ty)) => {
        $crate::route::ReplyRule::JsonOrEvents(|schemas| schemas.subschema_for::<$reply>())
    };
    (($status:literal $reply:ty)) => {
        $crate::route::ReplyRule::Json(&[$status], |schemas| schemas.subschema_for::<$reply>())
    };
    (($status:literal or $other:literal $reply:ty)) => {
        $crate::route::ReplyRule::Json(&[$status, $other], |schemas| schemas.subschema_for::<$reply>())
    };
}

pub(super) use {body, example, operations, reply};

mod accounts;
mod channels;
mod chats;
mod communities;
mod consumers;
mod contacts;
mod events;
mod files;
mod groups;
mod instances;
mod messages;
mod node;
mod open;
mod plans;
mod portable;
mod profile;
mod settings;
mod sign;
mod webhooks;

pub use accounts::AccountOperation;
pub use channels::ChannelOperation;
pub use chats::ChatOperation;
pub use communities::CommunityOperation;
pub use consumers::ConsumerOperation;
pub use contacts::ContactOperation;
pub use events::EventOperation;
pub use files::FileOperation;
pub use groups::GroupOperation;
pub use instances::InstanceOperation;
pub use messages::MessageOperation;
pub use node::NodeOperation;
pub use open::OpenOperation;
pub use plans::PlanOperation;
pub use portable::PortableOperation;
pub use profile::ProfileOperation;
pub use settings::SettingsOperation;
pub use sign::SignOperation;
pub use webhooks::WebhookOperation;

use super::Route;

/// Operations of the native API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NativeOperation {
    /// Instances and how they are linked.
    Instance(InstanceOperation),
    /// Messages, their files, events.
    Message(MessageOperation),
    /// Groups.
    Group(GroupOperation),
    /// The node.
    Node(NodeOperation),
    /// The number itself: profile, privacy, presence, limits, calls.
    Profile(ProfileOperation),
    /// Communities.
    Community(CommunityOperation),
    /// Newsletters and status.
    Channel(ChannelOperation),
    /// Chats, their messages, labels.
    Chat(ChatOperation),
    /// People.
    Contact(ContactOperation),
    /// How instances behave by themselves.
    Settings(SettingsOperation),
    /// Credentials in and out.
    Portable(PortableOperation),
    /// Webhooks.
    Webhook(WebhookOperation),
    /// Consumers that pull.
    Consumer(ConsumerOperation),
    /// Events of the whole account.
    Event(EventOperation),
    /// Templates, address book, suppression list, one-time passwords, campaigns, schedules.
    Plan(PlanOperation),
    /// Accounts and what belongs to them.
    Account(AccountOperation),
    /// Files at public addresses.
    File(FileOperation),
}

/// The parts of the table, in the order of the documentation.
pub(super) static TABLES: &[&[Route]] = &[
    instances::TABLE,
    messages::TABLE,
    chats::TABLE,
    contacts::TABLE,
    groups::TABLE,
    communities::TABLE,
    channels::TABLE,
    profile::TABLE,
    settings::TABLE,
    portable::TABLE,
    webhooks::TABLE,
    consumers::TABLE,
    events::TABLE,
    plans::TABLE,
    files::TABLE,
    accounts::TABLE,
    node::TABLE,
    sign::TABLE,
    open::TABLE,
];
