//! People: what can be asked, and what they look like.

use super::Place;
use crate::address::Address;
use crate::inbound::Party;

/// A command about people.
#[derive(Debug, Clone, PartialEq, Eq, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub enum ContactCommand {
    /// People that this instance has met. Answered by [`super::Reply::Contacts`].
    List {
        /// Only those after this place.
        after: Option<Place>,
        /// Only those that are saved, or are not.
        saved: Option<bool>,
        /// At most so many.
        limit: usize,
    },
    /// One of them. Answered by [`super::Reply::Contact`].
    Get(Address),
    /// Saves people under names, one after the other. Answered by [`super::Reply::SavedContacts`], one outcome each.
    Save(Vec<SaveContact>),
    /// Blocks somebody, or no longer does. Answered by [`super::Reply::Done`].
    Block(Address, bool),
    /// Whom the account blocks. Answered by [`super::Reply::People`].
    ListBlocked,
    /// Somebody's picture, or a group's. Answered by [`super::Reply::Picture`].
    GetPicture {
        /// Whose.
        of: Address,
        /// Whether the small one does.
        preview: bool,
    },
    /// What somebody says about itself. Answered by [`super::Reply::About`].
    GetAbout(Address),
    /// What a business says about itself. Answered by [`super::Reply::Business`].
    GetBusiness(Address),
    /// Whether numbers are on WhatsApp. Answered by [`super::Reply::Checked`], in order.
    Check(Vec<Address>),
    /// Every name of somebody, and whether it is on WhatsApp. Answered by [`super::Reply::Checked`].
    Resolve(Address),
}

/// Somebody who is to be saved.
#[derive(Debug, Clone, PartialEq, Eq, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub struct SaveContact {
    /// Who.
    pub person: Address,
    /// The whole name.
    pub full_name: String,
    /// The first part of it.
    pub first_name: Option<String>,
    /// Whether the phone keeps it in its address book, too.
    pub to_address_book: bool,
}

/// What became of one person who was to be saved.
#[derive(Debug, Clone, PartialEq, Eq, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub struct SavedContact {
    /// Who, as it was asked.
    pub person: Address,
    /// What it is saved as, or why not.
    pub outcome: Result<ContactView, String>,
}

/// Somebody as callers see them.
#[derive(Debug, Clone, PartialEq, Eq, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub struct ContactView {
    /// The person under its canonical id, the name to show as the name.
    pub person: Party,
    /// Name that the person gave itself.
    pub push_name: Option<String>,
    /// Name that this account saved it under.
    pub full_name: Option<String>,
    /// The first part of it.
    pub first_name: Option<String>,
    /// Name of a business that WhatsApp verified.
    pub business_name: Option<String>,
    /// Whether this account saved it.
    pub saved: bool,
    /// Whether this account blocks it, as far as it was heard.
    pub blocked: bool,
}

/// A profile picture.
#[derive(Debug, Clone, PartialEq, Eq, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub struct PictureView {
    /// WhatsApp's id of it: another picture has another one.
    pub id: String,
    /// Where WhatsApp serves it, for a while.
    pub url: String,
}

/// What somebody says about itself.
#[derive(Debug, Clone, PartialEq, Eq, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub struct AboutView {
    /// The person.
    pub person: Party,
    /// The text; `None` when there is none, or it is not shown to this account.
    pub about: Option<String>,
    /// Id of the picture.
    pub picture_id: Option<String>,
    /// Whether it is a business.
    pub is_business: bool,
}

/// What a business says about itself.
#[derive(Debug, Clone, PartialEq, Eq, Default, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub struct BusinessView {
    /// The business.
    pub person: Party,
    /// What it does.
    pub description: Option<String>,
    /// Its e-mail address.
    pub email: Option<String>,
    /// Where it is.
    pub address: Option<String>,
    /// Its websites.
    pub websites: Vec<String>,
    /// Names of its categories.
    pub categories: Vec<String>,
    /// Time zone of its opening hours.
    pub timezone: Option<String>,
    /// When it is open.
    pub hours: Vec<BusinessDay>,
}

/// Opening hours of a day.
#[derive(Debug, Clone, PartialEq, Eq, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub struct BusinessDay {
    /// `sun`, `mon`, …
    pub day: String,
    /// `open_24h`, `specific_hours` or `appointment_only`.
    pub mode: String,
    /// Minutes after midnight.
    pub opens_at_minutes: Option<u32>,
    /// Minutes after midnight.
    pub closes_at_minutes: Option<u32>,
}

/// Whether somebody is on WhatsApp.
#[derive(Debug, Clone, PartialEq, Eq, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub struct CheckedPerson {
    /// The question.
    pub query: Address,
    /// The person, with every name that is known.
    pub person: Party,
    /// Whether it has an account.
    pub on_whatsapp: bool,
    /// Whether the account is a business.
    pub is_business: bool,
    /// When WhatsApp was asked, in milliseconds since the Unix epoch.
    pub checked_at_ms: i64,
}
