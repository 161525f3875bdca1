//! Receipts of messages that go to several people: who has it, who read it.

use std::collections::BTreeMap;

use trunkline_model::command::{ReceiptView, Reply};
use trunkline_model::inbound::Party;
use trunkline_model::limits::{RECEIPT_TTL_MS, RECEIPTS_SHOWN_MAX};
use trunkline_model::message::MessageStatus;
use trunkline_model::record::{self, MessageRecord, ReceiptRecord, table};
use trunkline_model::{Failure, MessageId};
use trunkline_store::{Batch, CommitClass, Direction, KeyRange};

use super::state::Instance;
use super::views::no_message;
use crate::clock;
use crate::place::deadline_key;
use crate::shard::store_failure;

/// A receipt as it came.
pub(super) struct ReceiptOf<'a> {
    pub(super) sender: &'a Party,
    pub(super) device: u16,
    pub(super) status: MessageStatus,
    pub(super) time_ms: i64,
}

impl Instance {
    /// Keeps a receipt of a message to several people. Of a message to one person its status says as much.
    pub(super) fn keep_receipt(&self, id: MessageId, receipt: &ReceiptOf<'_>) {
        let several =
            |record: &MessageRecord| record.to.ends_with("@g.us") || record.to.ends_with("@broadcast");
        if !matches!(self.load(id), Ok(Some(record)) if several(&record)) {
            return;
        }
        let mut suffix = id.get().to_be_bytes().to_vec();
        suffix.push(receipt.status as u8);
        suffix.extend_from_slice(&receipt.device.to_be_bytes());
        suffix.extend_from_slice(receipt.sender.jid.as_bytes());
        let row = ReceiptRecord { person: receipt.sender.clone(), time_ms: receipt.time_ms };
        let encoded = match record::encode(&row) {
            Ok(encoded) => encoded,
            Err(error) => {
                return tracing::error!(instance = %self.id(), %error, "a receipt cannot be encoded");
            }
        };
        let until_ms = clock::wall_ms().saturating_add_unsigned(RECEIPT_TTL_MS);
        let mut batch = Batch::new();
        batch.put(deadline_key(self.id(), until_ms, table::RECEIPT, &suffix), &b""[..]);
        batch.put(self.key(table::RECEIPT, &suffix), encoded);
        self.context.ledger.commit(batch, CommitClass::Soon).detach();
    }

    /// Who got and read a message.
    pub(super) fn receipts(&self, id: MessageId) -> Result<Reply, Failure> {
        let record = self.load(id)?.ok_or_else(|| no_message(id))?;
        let prefix = id.get().to_be_bytes();
        let range = KeyRange::prefix(self.id().slot().0, self.id().0, table::RECEIPT, &prefix);
        let rows = self.context.ledger.scan(range, Direction::Forward, RECEIPTS_SHOWN_MAX);
        let rows = rows.map_err(|error| store_failure(&error))?;
        let mut people: BTreeMap<Vec<u8>, ReceiptView> = BTreeMap::new();
        for (key, bytes) in &rows {
            let Some((kind, who)) = key.suffix().get(prefix.len()..).and_then(<[u8]>::split_first) else {
                continue;
            };
            let Ok(row) = record::decode::<ReceiptRecord>(bytes) else { continue };
            let device = who.first_chunk::<2>().map(|device| u16::from_be_bytes(*device));
            let view = people.entry(who.to_vec()).or_insert_with(|| ReceiptView {
                person: row.person.clone(),
                device,
                ..nothing()
            });
            set(view, *kind, row.time_ms);
        }
        let mut views: Vec<ReceiptView> = people.into_values().collect();
        if views.is_empty() {
            views.extend(of_one(&record));
        }
        Ok(Reply::Receipts(views))
    }
}

fn nothing() -> ReceiptView {
    ReceiptView {
        person: Party::default(),
        device: None,
        delivered_at_ms: None,
        read_at_ms: None,
        played_at_ms: None,
    }
}

fn set(view: &mut ReceiptView, kind: u8, time_ms: i64) {
    for (status, place) in [
        (MessageStatus::Delivered, &mut view.delivered_at_ms),
        (MessageStatus::Read, &mut view.read_at_ms),
        (MessageStatus::Played, &mut view.played_at_ms),
    ] {
        if kind == status as u8 {
            *place = Some(time_ms);
        }
    }
}

/// Of a message to one person: what its status says.
fn of_one(record: &MessageRecord) -> Option<ReceiptView> {
    let at = |status| record.status_times_ms.get(&status).copied();
    let address =
        record.to.parse::<trunkline_model::Address>().ok().filter(trunkline_model::Address::is_person)?;
    let view = ReceiptView {
        person: Party {
            jid: record.to.clone(),
            phone: address.phone().map(str::to_owned),
            ..Party::default()
        },
        delivered_at_ms: at(MessageStatus::Delivered),
        read_at_ms: at(MessageStatus::Read),
        played_at_ms: at(MessageStatus::Played),
        ..nothing()
    };
    let told = view.delivered_at_ms.or(view.read_at_ms).or(view.played_at_ms);
    told.is_some().then_some(view)
}
