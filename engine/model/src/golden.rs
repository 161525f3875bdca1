//! Every record version's bytes, pinned: what an older Trunkline wrote, this one reads.

use std::collections::BTreeMap;
use std::fmt::Debug;

use crate::address::Address;
use crate::command::WebhookConfig;
use crate::event::{CloseReason, Event, EventBody, StatusChange};
use crate::id::{AccountId, InstanceId, KeyId, MessageId};
use crate::inbound::{InboundContent, InboundMedia, InboundMessage, InboundQuote, Party};
use crate::instance::InstanceState;
use crate::message::{
    BlobRef, Content, Lane, Media, MediaKind, MediaSource, MessageStatus, Quote, SendMessage, Text,
};
use crate::record::*;
use crate::settings::{HistorySync, InstanceSettings, ProxyConfig};

fn check<R>(golden_hex: &str, sample: R)
where
    R: Record + Debug + PartialEq + for<'a> rkyv::Serialize<Serializer<'a>>,
    R::Archived: for<'a> rkyv::bytecheck::CheckBytes<rkyv::api::high::HighValidator<'a, rkyv::rancor::Error>>
        + rkyv::Deserialize<R, rkyv::rancor::Strategy<rkyv::de::Pool, rkyv::rancor::Error>>,
{
    let hex = |bytes: &[u8]| bytes.iter().map(|b| format!("{b:02x}")).collect::<String>();
    let written = encode(&sample).expect("the sample encodes");
    assert_eq!(hex(&written), golden_hex.trim(), "the bytes of {:#06x} changed: give it a new tag", R::TAG);
    // An archive's root is at its end and validation knows structure, not length: a cut one may read as something else. Whole
    // values are the store's promise (it checks sums); here a cut must only never panic, and never pass for the record.
    for cut in 0..written.len() {
        assert_ne!(decode::<R>(&written[..cut]).as_ref(), Ok(&sample), "cut at {cut}");
    }
    assert_eq!(decode::<R>(&written), Ok(sample));
}

fn party() -> Party {
    Party {
        jid: "966501234567@s.whatsapp.net".into(),
        phone: Some("966501234567".into()),
        lid: Some("100000012345678".into()),
        name: Some("Nora".into()),
    }
}

fn message_id() -> MessageId {
    MessageId::from_u64((7 << MessageId::SEQUENCE_BITS) | 42).expect("below 2^53")
}

#[test]
fn instance_record_0101() {
    check(
        include_str!("../golden/0101-instance.hex"),
        InstanceRecord {
            id: InstanceId(0x0123_4567_89ab_cdef),
            account: AccountId(1),
            name: Some("sales".into()),
            metadata: Some(r#"{"crm":7}"#.into()),
            webhook: Some(WebhookConfig {
                url: "https://example.com/hook".into(),
                secret: String::new(),
                events: vec!["message.received".into()],
            }),
            webhook_secret_sealed: Some(vec![1, 2, 3]),
            state: InstanceState::BackingOff,
            reason: Some(CloseReason::ConnectionLost),
            scheduled_at_ms: Some(1_700_000_000_123),
            linked: Some(party()),
            created_at_ms: 1_700_000_000_000,
        },
    );
}

#[test]
fn message_record_0201() {
    check(
        include_str!("../golden/0201-message.hex"),
        MessageRecord {
            id: message_id(),
            wa_id: "3EB0C127D7BACC83D6A1".into(),
            to: "966501234567@s.whatsapp.net".into(),
            kind: "text".into(),
            lane: Lane::Interactive,
            status: MessageStatus::Delivered,
            status_times_ms: BTreeMap::from([(MessageStatus::Pending, 1), (MessageStatus::Delivered, 2)]),
            attempts: 1,
            error: None,
            metadata: Some("{}".into()),
        },
    );
}

#[test]
fn send_message_0202() {
    check(
        include_str!("../golden/0202-send-message.hex"),
        SendMessage {
            to: Address::Lid("100000012345678".into()),
            content: Content::Media(Media {
                kind: MediaKind::Document,
                source: MediaSource::Blob(BlobRef { sha256: [7; 32], size_bytes: 99 }),
                mime_type: Some("application/pdf".into()),
                caption: Some("the offer".into()),
                file_name: Some("offer.pdf".into()),
                duration_seconds: None,
            }),
            quote: Some(Quote { wa_id: "ABC".into(), participant: None, body: Some("?".into()) }),
            mentions: vec![Address::Phone("966501234567".into())],
            lane: Lane::Bulk,
            metadata: None,
        },
    );
    let text = Content::Text(Text { body: "مرحبا".into() });
    assert_ne!(text, Content::Text(Text { body: String::new() }));
}

#[test]
fn idempotency_record_0203() {
    check(
        include_str!("../golden/0203-idempotency.hex"),
        IdempotencyRecord { body_sha256: [9; 32], message: message_id(), expires_at_ms: 5 },
    );
}

#[test]
fn event_0301_received() {
    let media = InboundMedia {
        kind: MediaKind::Image,
        mime_type: Some("image/png".into()),
        caption: None,
        file_name: None,
        size_bytes: Some(10),
        duration_seconds: None,
        direct_path: "/v/t62/x.enc".into(),
        media_key: vec![1; 32],
        file_sha256: vec![2; 32],
        file_enc_sha256: vec![3; 32],
    };
    check(
        include_str!("../golden/0301-event-received.hex"),
        Event {
            sequence: 3,
            time_ms: 1_700_000_000_000,
            backfilled: true,
            body: EventBody::MessageReceived(Box::new(InboundMessage {
                wa_id: "W".into(),
                chat: party(),
                sender: party(),
                from_me: false,
                is_group: false,
                time_ms: 1_699_999_999_000,
                from_offline_queue: true,
                content: InboundContent::Media(media),
                quote: Some(InboundQuote { wa_id: "Q".into(), participant: None }),
                mentions: vec!["1@lid".into()],
            })),
        },
    );
}

#[test]
fn event_0301_status() {
    check(
        include_str!("../golden/0301-event-status.hex"),
        Event {
            sequence: 4,
            time_ms: 1_700_000_000_001,
            backfilled: false,
            body: EventBody::MessageStatus(StatusChange {
                message: message_id(),
                wa_id: "W".into(),
                chat: "1@lid".into(),
                status: MessageStatus::Failed,
                error: Some("not_on_whatsapp".into()),
                participant: None,
                metadata: None,
            }),
        },
    );
}

#[test]
fn small_records() {
    check(include_str!("../golden/0302-webhook-cursor.hex"), WebhookCursor { delivered: 12 });
    check(include_str!("../golden/0204-outbox-row.hex"), OutboxRow { chat: 9 });
    check(include_str!("../golden/0501-counter.hex"), Counter { next: 77 });
    check(include_str!("../golden/0502-instance-pointer.hex"), InstancePointer { instance: InstanceId(5) });
    check(
        include_str!("../golden/0401-api-key.hex"),
        ApiKeyRecord {
            id: KeyId(8),
            account: AccountId(1),
            label: "root".into(),
            sha256: [4; 32],
            scopes: vec!["admin".into()],
            created_at_ms: 6,
        },
    );
}

#[test]
fn uploaded_media_0601() {
    check(
        include_str!("../golden/0601-uploaded-media.hex"),
        UploadedMedia {
            url: "https://mmg.example/v/t62/x.enc".into(),
            direct_path: "/v/t62/x.enc".into(),
            media_key: [1; 32],
            file_sha256: [2; 32],
            file_enc_sha256: [3; 32],
            size_bytes: 99,
            key_made_at_s: 1_700_000_000,
            streaming_sidecar: Some(vec![4; 10]),
            expires_at_ms: 1_700_000_360_000,
        },
    );
}

#[test]
fn settings_record_0602() {
    check(
        include_str!("../golden/0602-settings.hex"),
        SettingsRecord {
            settings: InstanceSettings {
                auto_read: true,
                reject_calls: true,
                reject_calls_message: Some("write to us".into()),
                history_sync: HistorySync::Recent,
                proxy: Some(ProxyConfig {
                    url: "socks5://proxy.example:1080".into(),
                    username: Some("ann".into()),
                    password: None,
                }),
                ignored_events: vec!["chat.presence_changed".into()],
                ..InstanceSettings::default()
            },
            proxy_password_sealed: Some(vec![1, 2, 3]),
        },
    );
}
