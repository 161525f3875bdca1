//! The rows of WAStack, one file for each part.

pub(crate) mod apps;
pub(crate) mod book;
pub(crate) mod data;
pub(crate) mod devices;
pub(crate) mod groups;
pub(crate) mod health;
pub(crate) mod messages;
pub(crate) mod otp;
pub(crate) mod schedules;
pub(crate) mod templates;
pub(crate) mod webhooks;

use self::apps::AppOperation;
use self::book::ContactOperation;
use self::data::DataOperation;
use self::devices::DeviceOperation;
use self::groups::GroupOperation;
use self::health::HealthOperation;
use self::messages::MessageOperation;
use self::otp::OtpOperation;
use self::schedules::ScheduleOperation;
use self::templates::TemplateOperation;
use self::webhooks::WebhookOperation;
use crate::dialects::Row;

/// Operations of WAStack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operation {
    Message(MessageOperation),
    Otp(OtpOperation),
    Device(DeviceOperation),
    Data(DataOperation),
    Contact(ContactOperation),
    Group(GroupOperation),
    Template(TemplateOperation),
    Schedule(ScheduleOperation),
    Webhook(WebhookOperation),
    App(AppOperation),
    Health(HealthOperation),
}

/// The parts of the table, in the order of the documentation.
pub(crate) static TABLES: &[&[Row]] = &[
    messages::TABLE,
    otp::TABLE,
    devices::TABLE,
    data::TABLE,
    book::TABLE,
    groups::TABLE,
    templates::TABLE,
    schedules::TABLE,
    webhooks::TABLE,
    apps::TABLE,
    health::TABLE,
];
