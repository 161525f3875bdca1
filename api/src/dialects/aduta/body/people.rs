//! People.

use trunkline_model::Failure;
use trunkline_model::command::SaveContact;
use trunkline_model::limits::CONTACT_NAME_CHARS_MAX;

use super::{Loose, text, twofold};
use crate::dialects::aduta::{given, person, wrong};
use crate::json::fields::Problems;

twofold! {
    /// Somebody who is to be saved.
    ContactBody, ContactOthers {
        /// WhatsApp id or phone number.
        jid / "phone": Loose,
        /// The name.
        full_name / "fullName": String,
        /// The same.
        name / "displayName": String,
        /// Whether the phone keeps it in its address book, too.
        save_on_primary_addressbook / "saveOnPrimaryAddressbook": bool,
    }
}

impl ContactBody {
    /// The person to save.
    ///
    /// # Errors
    /// `VALIDATION` with the field that is wrong.
    pub(crate) fn read(self) -> Result<SaveContact, Failure> {
        let body = self.merged();
        let jid = text(body.jid).ok_or_else(|| wrong("jid", "is missing"))?;
        let person = person("jid", &jid)?;
        let full_name = given(body.full_name).or(given(body.name)).unwrap_or_default();
        let mut problems = Problems::default();
        problems.bound_chars("fullName", &full_name, CONTACT_NAME_CHARS_MAX);
        if full_name.trim().is_empty() {
            problems.add("fullName", "is missing");
        }
        let to_address_book = body.save_on_primary_addressbook.unwrap_or(false);
        problems.or(Some(SaveContact { person, full_name, first_name: None, to_address_book }))
    }
}
