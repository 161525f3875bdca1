//! Credits of an account, as people ask for them.

use ring::digest::{SHA256, digest};
use trunkline_model::account::AuditAction;
use trunkline_model::command::{AccountReply, AddCredits, CreditsView};
use trunkline_model::credit::{CreditOrder, PocketAsk, PocketKind};
use trunkline_model::record::table;
use trunkline_model::{ErrorCode, Failure};
use trunkline_store::{Batch, Key};

use super::clerk::Clerk;
use super::{pockets, rows};
use crate::clock;

impl Clerk<'_> {
    pub(super) async fn credits(&self, replayed: bool) -> Result<AccountReply, Failure> {
        let pockets = self.account.till.look(self.id(), &*self.ledger).await?;
        let enabled = self.account.record().credits;
        Ok(AccountReply::Credits(CreditsView { enabled, pockets, replayed }))
    }

    pub(super) fn list_credits(
        &self,
        pocket: PocketKind,
        before: Option<u64>,
        limit: usize,
    ) -> Result<AccountReply, Failure> {
        let (entries, more) = pockets::entries(&*self.ledger, (self.id(), pocket), before, limit)?;
        Ok(AccountReply::CreditEntries(entries, more))
    }

    /// The ledger's line, the memory of the order and the entry in the log of changes are one batch.
    pub(super) async fn add_credits(&mut self, order: AddCredits) -> Result<AccountReply, Failure> {
        let AddCredits { pocket, amount, idempotency_key } = order;
        let key = idempotency_key.map(|key| self.order_key(&key));
        if let Some(key) = &key
            && let Some(earlier) = rows::get::<CreditOrder>(&*self.ledger, key)?
        {
            if (earlier.pocket, earlier.amount) != (pocket, amount) {
                let detail = "This Idempotency-Key was used for another top-up of this account.";
                return Err(Failure::new(ErrorCode::IdempotencyConflict, detail));
            }
            return self.credits(true).await;
        }
        let mut batch = Batch::new();
        if let Some(key) = key {
            rows::put(&mut batch, key, &CreditOrder { pocket, amount, time_ms: clock::wall_ms() })?;
        }
        let size = u32::try_from(amount.unsigned_abs()).unwrap_or(u32::MAX);
        let (ask, action) = match amount {
            ..0 => (PocketAsk::Withdraw(size), AuditAction::CreditsTaken),
            _ => (PocketAsk::Grant(size), AuditAction::CreditsAdded),
        };
        let number = self.remember(&mut batch, action, &format!("{} {size}", pocket.as_str()))?;
        let written = self.accounts.pocket(self.account, pocket, ask, batch).await;
        written.map_err(pockets::Declined::failure)?;
        *self.next_entry = Some(number + 1);
        self.credits(false).await
    }

    fn order_key(&self, key: &str) -> Key {
        let hash = digest(&SHA256, key.as_bytes());
        Key::new(self.id().slot().0, self.id().0, table::CREDIT_ORDER, hash.as_ref())
    }
}
