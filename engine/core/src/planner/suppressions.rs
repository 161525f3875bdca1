//! Who wants no bulk messages.

use trunkline_model::command::{Place, PlanCommand, PlanReply, SuppressionCommand};
use trunkline_model::inbound::{InboundContent, InboundMessage, Party};
use trunkline_model::message::Lane;
use trunkline_model::plan::{SuppressionReason, SuppressionRecord};
use trunkline_model::record::table;
use trunkline_model::{AccountId, Address, ErrorCode, Failure, InstanceId};
use trunkline_store::Batch;

use super::Planner;
use super::rows::{key, put, range, read};
use crate::clock;

fn phone_key(phone: &str) -> Vec<u8> {
    [b"p", phone.as_bytes()].concat()
}

fn lid_key(lid: &str) -> Vec<u8> {
    [b"l", lid.as_bytes()].concat()
}

impl SuppressionName for SuppressionRecord {
    fn name(&self) -> Vec<u8> {
        match (&self.phone, &self.lid) {
            (Some(phone), _) => phone_key(phone),
            (None, lid) => lid_key(lid.as_deref().unwrap_or_default()),
        }
    }
}

/// Where somebody stands on the list: by number, where that is known.
trait SuppressionName {
    fn name(&self) -> Vec<u8>;
}

impl Planner {
    pub(super) async fn suppression(
        &self,
        account: AccountId,
        command: SuppressionCommand,
    ) -> Result<PlanReply, Failure> {
        match command {
            SuppressionCommand::Add { people, note } => {
                let add = |address: Address| {
                    let (phone, lid) = names(&address);
                    let reason = SuppressionReason::Requested;
                    let since_ms = clock::wall_ms();
                    SuppressionRecord { phone, lid, reason, instance: None, note: note.clone(), since_ms }
                };
                self.suppress(account, people.into_iter().map(add).collect()).await
            }
            SuppressionCommand::OptOut { phone, lid, instance } => {
                let record = SuppressionRecord {
                    phone,
                    lid,
                    reason: SuppressionReason::OptedOut,
                    instance: Some(instance),
                    note: None,
                    since_ms: clock::wall_ms(),
                };
                self.suppress(account, vec![record]).await?;
                metrics::counter!(crate::metrics::OPT_OUTS).increment(1);
                Ok(PlanReply::Done)
            }
            SuppressionCommand::Remove(address) => self.unsuppress(account, &address).await,
            SuppressionCommand::Get(address) => {
                let found = self.suppressed(account, &address)?.ok_or_else(not_listed)?;
                Ok(PlanReply::Suppressions(vec![found], None))
            }
            SuppressionCommand::List { after, limit } => {
                let after = after.map(|place| key(account, table::SUPPRESSION, &place.0));
                let whole = range(account, table::SUPPRESSION, b"");
                let (people, next) =
                    self.page(account, (whole, after), limit, |_, bytes| read(bytes).map(Some))?;
                Ok(PlanReply::Suppressions(people, next.map(|key| Place(key.suffix().to_vec()))))
            }
            SuppressionCommand::GetSettings => {
                Ok(PlanReply::SuppressionSettings(self.habits.of(account).settings.clone()))
            }
            SuppressionCommand::SetSettings(settings) => {
                let _changing = self.lock(account).await;
                let mut batch = Batch::new();
                put(&mut batch, key(account, table::SUPPRESSION_SETTINGS, b""), &settings)?;
                Planner::note_account(account, &mut batch);
                self.commit(account, batch).await?;
                self.habits.keep(account, settings.clone());
                Ok(PlanReply::SuppressionSettings(settings))
            }
        }
    }

    /// Puts people on the list; who is there stays as he is, and may get his other name.
    async fn suppress(
        &self,
        account: AccountId,
        people: Vec<SuppressionRecord>,
    ) -> Result<PlanReply, Failure> {
        let _changing = self.lock(account).await;
        let (mut batch, mut listed) = (Batch::new(), Vec::with_capacity(people.len()));
        for mut record in people {
            let by_phone = record.phone.clone().map(Address::Phone);
            let by_lid = record.lid.clone().map(Address::Lid);
            for address in by_phone.iter().chain(&by_lid) {
                let Some(before) = self.suppressed(account, address)? else { continue };
                batch.delete(key(account, table::SUPPRESSION, &before.name()));
                let (phone, lid) = (record.phone.or(before.phone.clone()), record.lid.or(before.lid.clone()));
                record = SuppressionRecord { phone, lid, ..before };
            }
            let name = record.name();
            if let Some(lid) = record.lid.as_ref().filter(|_| record.phone.is_some()) {
                batch.put(key(account, table::SUPPRESSION_ALIAS, lid.as_bytes()), name.clone());
            }
            put(&mut batch, key(account, table::SUPPRESSION, &name), &record)?;
            listed.push(record);
        }
        self.commit(account, batch).await?;
        Ok(PlanReply::Suppressions(listed, None))
    }

    async fn unsuppress(&self, account: AccountId, address: &Address) -> Result<PlanReply, Failure> {
        let _changing = self.lock(account).await;
        let record = self.suppressed(account, address)?.ok_or_else(not_listed)?;
        let mut batch = Batch::new();
        batch.delete(key(account, table::SUPPRESSION, &record.name()));
        if let Some(lid) = &record.lid {
            batch.delete(key(account, table::SUPPRESSION_ALIAS, lid.as_bytes()));
        }
        self.commit(account, batch).await?;
        Ok(PlanReply::Done)
    }

    /// Somebody of the list, by either name.
    fn suppressed(
        &self,
        account: AccountId,
        address: &Address,
    ) -> Result<Option<SuppressionRecord>, Failure> {
        let name = match address {
            Address::Phone(phone) => phone_key(phone),
            Address::Lid(lid) => match self.bytes(account, table::SUPPRESSION_ALIAS, lid.as_bytes())? {
                Some(name) => name.to_vec(),
                None => lid_key(lid),
            },
            _ => return Ok(None),
        };
        self.get(account, table::SUPPRESSION, &name)
    }

    /// Whether the list has somebody by every name that he has.
    fn is_listed(
        &self,
        account: AccountId,
        phone: &Option<String>,
        lid: &Option<String>,
    ) -> Result<bool, Failure> {
        let names = [phone.clone().map(Address::Phone), lid.clone().map(Address::Lid)];
        for name in names.iter().flatten() {
            if self.suppressed(account, name)?.is_none() {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Whether a message must not go, because its recipient is on the list and its lane respects that.
    ///
    /// # Errors
    /// A failure of the store.
    pub(crate) fn forbids(&self, account: AccountId, to: &Address, lane: Lane) -> Result<bool, Failure> {
        Ok(self.habits.of(account).covers(lane) && self.suppressed(account, to)?.is_some())
    }

    /// Whether a lane respects an account's list.
    pub(crate) fn respects(&self, account: AccountId, lane: Lane) -> bool {
        self.habits.of(account).covers(lane)
    }

    /// Refuses a message that must not go.
    ///
    /// # Errors
    /// [`ErrorCode::RecipientSuppressed`], or a failure of the store.
    pub(crate) fn check_recipient(
        &self,
        instance: InstanceId,
        to: &Address,
        lane: Lane,
    ) -> Result<(), Failure> {
        let Some(account) = self.directory.account_of(instance) else { return Ok(()) };
        if !self.forbids(account, to, lane)? {
            return Ok(());
        }
        let detail = format!(
            "The recipient is on the account's suppression list, which lane `{}` respects.",
            lane.as_str()
        );
        Err(Failure::new(ErrorCode::RecipientSuppressed, detail))
    }

    /// Puts the senders of opt-out words on the list, before their messages are in any log: a crash in between has WhatsApp
    /// deliver the message again, and never loses the wish.
    ///
    /// # Errors
    /// A failure of the store, or overload; the message must not be acknowledged then.
    pub(crate) async fn hear(
        &self,
        instance: InstanceId,
        messages: impl Iterator<Item = &InboundMessage>,
        complete: impl Fn(&mut Party),
    ) -> Result<(), Failure> {
        let Some(account) = self.directory.account_of(instance) else { return Ok(()) };
        let habit = self.habits.of(account);
        let mut people = Vec::new();
        for message in messages {
            let said = match &message.content {
                InboundContent::Text { body } => body,
                InboundContent::MenuChoice { title, .. } => title,
                _ => continue,
            };
            // Neither in groups nor in what people post for everybody.
            let alone = message.chat.jid.parse::<Address>().is_ok_and(|chat| chat.is_person());
            if !message.from_me && alone && habit.is_opt_out(said) {
                let mut sender = message.sender.clone();
                complete(&mut sender);
                people.push((sender.phone, sender.lid));
            }
        }
        for (phone, lid) in people {
            if self.is_listed(account, &phone, &lid)? {
                continue;
            }
            let command = SuppressionCommand::OptOut { phone, lid, instance };
            self.ask(account, PlanCommand::Suppression(command)).await?;
        }
        Ok(())
    }
}

fn names(address: &Address) -> (Option<String>, Option<String>) {
    match address {
        Address::Phone(phone) => (Some(phone.clone()), None),
        Address::Lid(lid) => (None, Some(lid.clone())),
        _ => (None, None),
    }
}

fn not_listed() -> Failure {
    Failure::new(ErrorCode::SuppressionNotFound, "Nobody of that name is on the account's suppression list.")
}
