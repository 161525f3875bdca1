//! The rows of 7aduta, one file for each part.

pub(crate) mod auth;
pub(crate) mod contacts;
pub(crate) mod groups;
pub(crate) mod messages;
pub(crate) mod sessions;
pub(crate) mod tokens;

use self::auth::AuthOperation;
use self::contacts::ContactOperation;
use self::groups::GroupOperation;
use self::messages::MessageOperation;
use self::sessions::SessionOperation;
use self::tokens::TokenOperation;
use crate::dialects::Row;

/// Operations of 7aduta.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operation {
    Session(SessionOperation),
    Message(MessageOperation),
    Contact(ContactOperation),
    Group(GroupOperation),
    Token(TokenOperation),
    Auth(AuthOperation),
}

/// The parts of the table, in the order of the documentation.
pub(crate) static TABLES: &[&[Row]] =
    &[sessions::TABLE, messages::TABLE, contacts::TABLE, groups::TABLE, tokens::TABLE, auth::TABLE];
