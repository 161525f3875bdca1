//! The rows of WSAPI, both of its generations, one file for each part.

pub(crate) mod account;
pub(crate) mod admin;
pub(crate) mod channels;
pub(crate) mod chats;
pub(crate) mod communities;
pub(crate) mod groups;
pub(crate) mod messages;
pub(crate) mod people;
pub(crate) mod session;
pub(crate) mod subscriptions;

use self::account::AccountOperation;
use self::admin::AdminOperation;
use self::channels::ChannelOperation;
use self::chats::ChatOperation;
use self::communities::CommunityOperation;
use self::groups::GroupOperation;
use self::messages::MessageOperation;
use self::people::PeopleOperation;
use self::session::SessionOperation;
use self::subscriptions::SubscriptionOperation;
use crate::dialects::Row;

/// Operations of WSAPI.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operation {
    Session(SessionOperation),
    Message(MessageOperation),
    Group(GroupOperation),
    Community(CommunityOperation),
    People(PeopleOperation),
    Chat(ChatOperation),
    Channel(ChannelOperation),
    Admin(AdminOperation),
    Account(AccountOperation),
    Subscription(SubscriptionOperation),
}

/// The parts of the table, in the order of the documentation.
pub(crate) static TABLES: &[&[Row]] = &[
    session::TABLE,
    messages::TABLE,
    groups::TABLE,
    communities::TABLE,
    people::TABLE,
    chats::TABLE,
    channels::TABLE,
    account::TABLE,
    subscriptions::TABLE,
    admin::TABLE,
];
