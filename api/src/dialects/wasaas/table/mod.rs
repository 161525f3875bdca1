//! The rows of WASaaS.

pub(crate) mod campaigns;
pub(crate) mod contacts;
pub(crate) mod messages;
pub(crate) mod sessions;
pub(crate) mod webhooks;

use self::campaigns::CampaignOperation;
use self::contacts::ContactOperation;
use self::messages::MessageOperation;
use self::sessions::SessionOperation;
use self::webhooks::WebhookOperation;
use crate::dialects::Row;

/// Operations of WASaaS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operation {
    Session(SessionOperation),
    Message(MessageOperation),
    Contact(ContactOperation),
    Campaign(CampaignOperation),
    Webhook(WebhookOperation),
}

/// The parts of the table, in the order of the documentation.
pub(crate) static TABLES: &[&[Row]] =
    &[sessions::TABLE, messages::TABLE, contacts::TABLE, campaigns::TABLE, webhooks::TABLE];
