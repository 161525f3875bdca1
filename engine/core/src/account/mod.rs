//! Accounts: what is known of them in memory, and whoever changes them.
//!
//! What an account has is rows in its own slot, so that it moves with it. Commands to one account run one after the other on the
//! shard of that slot ([`Accounts::ask`]); whatever they change is on disk, with its entry in the account's log of changes in the
//! same batch, before it is known in memory. What every request needs is in memory: who presents which key ([`KeyRing`]).

mod accounts;
mod addresses;
mod apps;
mod book;
mod clerk;
mod credits;
mod defaults;
mod doorkeeper;
mod files;
mod keys;
mod members;
mod offline;
mod pockets;
mod ring;
mod rows;
mod secret;
#[cfg(test)]
mod tests;
mod workspaces;

pub(crate) use accounts::{Accounts, Belongings, Home};
pub use doorkeeper::Mailer;
pub(crate) use files::spare as spare_files;
pub use offline::OfflineAccounts;
#[cfg(test)]
pub(crate) use pockets::Unspent;
pub(crate) use pockets::{AskInstance, Price, fate, insufficient, put_fate};
pub use ring::{AppPrincipal, Principal};
pub(crate) use rows::{FoundAccounts, read as read_accounts};
