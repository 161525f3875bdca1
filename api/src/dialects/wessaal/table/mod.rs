//! The rows of Wessaal.

pub(crate) mod account;
pub(crate) mod book;
pub(crate) mod messages;

use self::account::AccountOperation;
use self::book::BookOperation;
use self::messages::MessageOperation;
use crate::dialects::Row;

/// Operations of Wessaal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operation {
    Message(MessageOperation),
    Account(AccountOperation),
    Book(BookOperation),
}

/// The parts of the table, in the order of the documentation.
pub(crate) static TABLES: &[&[Row]] = &[account::TABLE, messages::TABLE, book::TABLE];
