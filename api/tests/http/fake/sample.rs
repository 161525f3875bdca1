//! What the fake engine knows: its instances, its message, what they received.

use std::collections::BTreeMap;

use trunkline_api::{NodeStatus, OpenFiles, ShardStatus};
use trunkline_model::command::{Expiring, InstanceView, MessageView, PairingView, Reply};
use trunkline_model::event::{Event, EventBody};
use trunkline_model::gate::Progress;
use trunkline_model::inbound::{InboundContent, InboundMarks, InboundMessage, Party};
use trunkline_model::instance::InstanceState;
use trunkline_model::message::MessageStatus;
use trunkline_model::settings::HistorySync;
use trunkline_model::{InstanceId, MessageId, WorkspaceId};

use super::{ACCOUNT, OPEN, QR};

pub fn message_id() -> MessageId {
    MessageId::from_u64(0x2a).expect("it is small")
}

pub fn instance(id: InstanceId, state: InstanceState) -> InstanceView {
    InstanceView {
        id,
        account: ACCOUNT,
        workspace: WorkspaceId::default_of(ACCOUNT),
        name: Some("shop".to_owned()),
        metadata: Some("{\"tier\": 1.50}".to_owned()),
        state,
        reason: None,
        linked: Some(Party {
            jid: "966500000009@s.whatsapp.net".to_owned(),
            phone: Some("966500000009".to_owned()),
            lid: None,
            name: None,
        }),
        last_frame_age_ms: Some(12),
        next_attempt_at_ms: None,
        outbox_depth: 3,
        newest_event: 0,
        history: HistorySync::Off,
        created_at_ms: 1_700_000_000_000,
    }
}

pub fn message(status: MessageStatus) -> MessageView {
    MessageView {
        id: message_id(),
        instance: OPEN,
        wa_id: "3EB0AA".to_owned(),
        to: "966501234567@s.whatsapp.net".to_owned(),
        kind: "text".to_owned(),
        lane: trunkline_model::message::Lane::Interactive,
        status,
        status_times_ms: BTreeMap::from([(MessageStatus::Pending, 1_700_000_000_000)]),
        attempts: 0,
        error: None,
        metadata: None,
        replayed: false,
        refunded: false,
    }
}

pub fn received(sequence: u64, body: &str) -> Event {
    let person = Party {
        jid: "966500000001@s.whatsapp.net".to_owned(),
        phone: Some("966500000001".to_owned()),
        lid: None,
        name: None,
    };
    Event {
        sequence,
        time_ms: 1_700_000_000_000,
        backfilled: false,
        body: EventBody::MessageReceived(Box::new(InboundMessage {
            wa_id: format!("3EB0{sequence:04X}"),
            chat: person.clone(),
            sender: person,
            from_me: false,
            is_group: false,
            time_ms: 1_700_000_000_000,
            from_offline_queue: false,
            content: InboundContent::Text { body: body.to_owned() },
            quote: None,
            mentions: Vec::new(),
            marks: InboundMarks::default(),
        })),
    }
}

pub fn pairing(state: InstanceState) -> Reply {
    let on_show = state == InstanceState::AwaitingScan;
    Reply::Pairing(PairingView {
        state,
        qr: on_show.then(|| Expiring { text: QR.to_owned(), expires_at_ms: 1_700_000_020_000 }),
        code: None,
        code_for: None,
        passkey_request_json: None,
        passkey_confirmation: None,
    })
}

/// The node as it shows itself.
pub fn node() -> NodeStatus {
    NodeStatus {
        version: "0.0.0",
        started_at_ms: 1_700_000_000_000,
        uptime_ms: 61_000,
        shards: vec![
            ShardStatus { shard: 0, instances: 2, lag_ms: 3 },
            ShardStatus { shard: 1, instances: 1, lag_ms: 40 },
        ],
        instances: vec![(InstanceState::Open, 2), (InstanceState::BackingOff, 1)],
        resume: Progress {
            total: 5,
            waiting: 1,
            connecting: 1,
            open: 1,
            failed: BTreeMap::from([("silent", 1), ("temporary_ban", 1)]),
        },
        open_files: OpenFiles { limit: Some(1_024), used: None },
    }
}
