//! What WhatsApp answers itself, asked through the gateway; Baileys or the service on the other side sees it.

mod calls;
mod communities;
mod groups;
mod joining;
mod large_group;
mod limits;
mod newsletters;
mod presence;
mod profile;
mod status;

/// The bytes that pass for a picture: nothing here looks into one.
pub(crate) const PICTURE: &[u8] = b"\xff\xd8\xff\xe0 a picture";
