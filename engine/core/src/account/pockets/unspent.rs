//! A voucher on its way to its message.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use trunkline_model::AccountId;
use trunkline_model::credit::{PocketAsk, PocketKind, Voucher};
use trunkline_store::Batch;

use crate::account::accounts::Accounts;

/// What a message costs.
pub(crate) enum Price {
    /// Nothing: its account has no credits.
    Free,
    /// A credit, which is paid.
    Paid(Unspent),
    /// A credit, of which there are only so many, and other messages had them. A repeated request is answered all the same.
    Short {
        /// How many there were.
        balance: u64,
    },
}

/// A voucher that no message was accepted with yet. It is here and nowhere else, so when it goes away unspent no message will ever be
/// accepted with it, and its credit goes back at once. What a crash takes with it is asked for later.
pub(crate) struct Unspent {
    accounts: Arc<Accounts>,
    account: AccountId,
    voucher: Voucher,
    is_spent: AtomicBool,
}

impl Unspent {
    pub(crate) fn new(accounts: Arc<Accounts>, account: AccountId, voucher: Voucher) -> Unspent {
        Unspent { accounts, account, voucher, is_spent: AtomicBool::new(false) }
    }

    pub(crate) fn voucher(&self) -> Voucher {
        self.voucher
    }

    /// From now on what is on disk says what became of it: the batch that accepts its message is about to be committed.
    pub(crate) fn spend(&self) {
        self.is_spent.store(true, Ordering::Relaxed);
    }
}

impl Drop for Unspent {
    fn drop(&mut self) {
        if *self.is_spent.get_mut() {
            return;
        }
        let (accounts, account, voucher) = (Arc::clone(&self.accounts), self.account, self.voucher);
        self.accounts.run_on_shard(account.slot(), async move {
            let Ok(account) = accounts.get(account) else { return };
            let ask = PocketAsk::Absent(voucher);
            if accounts.pocket(&account, PocketKind::Whatsapp, ask, Batch::new()).await.is_err() {
                tracing::debug!("a credit goes back later");
            }
        });
    }
}
