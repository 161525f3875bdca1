//! The number's own profile, and the devices that are linked to its account.

use super::contact::PictureView;
use crate::inbound::Party;

/// A command about the account itself. Every one of these asks WhatsApp, and needs an open connection.
#[derive(Debug, Clone, PartialEq, Eq, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub enum ProfileCommand {
    /// Name, about and picture. Answered by [`super::Reply::Profile`].
    Get,
    /// Changes name or about, one after the other. Answered by [`super::Reply::Profile`].
    Update(ProfileChanges),
    /// Where the picture is. Answered by [`super::Reply::Picture`].
    GetPicture,
    /// Sets the picture, or removes it. Answered by [`super::Reply::Done`].
    SetPicture(Option<Vec<u8>>),
    /// The account's devices. Answered by [`super::Reply::Devices`].
    ListDevices,
}

/// Changes to the profile: `None` leaves a thing as it is.
#[derive(Debug, Clone, PartialEq, Eq, Default, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub struct ProfileChanges {
    /// The name that others see.
    pub name: Option<String>,
    /// The text under it; empty for none.
    pub about: Option<String>,
}

/// The account's own profile.
#[derive(Debug, Clone, PartialEq, Eq, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub struct ProfileView {
    /// Who, with the name that others see.
    pub account: Party,
    /// The text under the name.
    pub about: Option<String>,
    /// The picture.
    pub picture: Option<PictureView>,
}

/// A device of the account.
#[derive(Debug, Clone, PartialEq, Eq, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub struct LinkedDevice {
    /// Its number: 0 is the phone.
    pub number: u16,
    /// Its WhatsApp id.
    pub jid: String,
    /// Whether it is this instance.
    pub is_this: bool,
}
