//! What the new instances of an account begin with. It may name secrets, so it is sealed.

use trunkline_model::account::{AuditAction, InstanceDefaults, SealedDefaults};
use trunkline_model::command::AccountReply;
use trunkline_model::record::{self, table};
use trunkline_model::{AccountId, ErrorCode, Failure};
use trunkline_store::{Batch, Key, Ledger, Sealer};

use super::accounts::Accounts;
use super::clerk::Clerk;
use super::rows;

/// Where an account has them: one row.
fn place(account: AccountId) -> Key {
    rows::key_of(account, table::INSTANCE_DEFAULTS, 0)
}

fn read(ledger: &dyn Ledger, sealer: &Sealer, account: AccountId) -> Result<InstanceDefaults, Failure> {
    let place = place(account);
    let Some(SealedDefaults { sealed }) = rows::get(ledger, &place)? else {
        return Ok(InstanceDefaults::default());
    };
    let plain = sealer.unseal(place.as_bytes(), &sealed).map_err(|error| unreadable(&error))?;
    record::decode(&plain).map_err(|error| unreadable(&error))
}

fn unreadable(error: &dyn std::fmt::Display) -> Failure {
    tracing::error!(%error, "what new instances begin with cannot be read or written");
    Failure::new(ErrorCode::Internal, "What new instances begin with cannot be read.")
}

impl Accounts {
    /// What the new instances of an account begin with.
    ///
    /// # Errors
    /// A failure of the store.
    pub(crate) fn instance_defaults(&self, account: AccountId) -> Result<InstanceDefaults, Failure> {
        read(&*self.ledger(account.slot())?, self.sealer()?, account)
    }
}

impl Clerk<'_> {
    pub(super) fn instance_defaults(&self) -> Result<AccountReply, Failure> {
        let defaults = read(&*self.ledger, self.accounts.sealer()?, self.id())?;
        Ok(AccountReply::InstanceDefaults(Box::new(defaults)))
    }

    pub(super) async fn set_instance_defaults(
        &mut self,
        defaults: InstanceDefaults,
    ) -> Result<AccountReply, Failure> {
        self.accounts.belongings.check_hooks(&defaults.hooks)?;
        let place = place(self.id());
        let plain = record::encode(&defaults).map_err(|error| unreadable(&error))?;
        let sealed = self.accounts.sealer()?.seal(place.as_bytes(), &plain);
        let mut batch = Batch::new();
        rows::put(&mut batch, place, &SealedDefaults { sealed })?;
        self.commit(batch, AuditAction::InstanceDefaultsSet, &self.id()).await?;
        Ok(AccountReply::InstanceDefaults(Box::new(defaults)))
    }
}
