//! Every record version's bytes, pinned: what an older Trunkline wrote, this one reads.

mod plan;

use std::collections::BTreeMap;
use std::fmt::Debug;

use crate::account::{
    AccountRecord, AccountState, ApiKeyRecord, AppRecord, AuditRecord, FileRecord, HookDefaults,
    InstanceDefaults, KeySecret, KeyUse, MemberLink, MemberRecord, OldKeySecret, PasswordHash, RateLimits,
    Role, SealedDefaults, Secrets, SessionRecord, Who, WorkspaceRecord,
};
use crate::address::Address;
use crate::budget::CheckBudget;
use crate::chat::{ChatRecord, CheckRecord, ContactRecord, LabelRecord, Mute, RetentionRecord};
use crate::credit::{CreditOrder, Entry, Fate, Held, Movement, PocketKind, Voucher};
use crate::delivery::{
    Batching, ChatKind, DeadLetterRecord, DeliveryRecord, DialectFormat, EndpointRecord, Filter, Format,
    HttpTarget, LaneCounts, LaneRecord, OldSecret, Outcome, Pause, PauseReason, RetrySchedule, Stretch,
    Target, Trouble,
};
use crate::dialect::Dialect;
use crate::event::{CloseReason, Event, EventBody, StatusChange};
use crate::id::{AccountId, AppId, EndpointId, FileId, InstanceId, KeyId, MemberId, MessageId, WorkspaceId};
use crate::inbound::{
    InboundContent, InboundMarks, InboundMedia, InboundMessage, InboundQuote, MediaLook, Party,
};
use crate::instance::InstanceState;
use crate::message::{
    BlobRef, Content, Lane, Media, MediaKind, MediaShow, MediaSource, MessageStatus, Quote, SendMessage,
    SendOptions, Text,
};
use crate::record::*;
use crate::settings::{HistorySync, InstanceSettings, ProxyConfig, SettingsUpdate};

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
            workspace: WorkspaceId(1),
            name: Some("sales".into()),
            metadata: Some(r#"{"crm":7}"#.into()),
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
            voucher: Some(Voucher(9)),
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
                show: MediaShow { view_once: true, ..MediaShow::default() },
            }),
            quote: Some(Quote { wa_id: "ABC".into(), participant: None, body: Some("?".into()) }),
            mentions: vec![Address::Phone("966501234567".into())],
            options: SendOptions { expires_in_seconds: Some(86_400), ..SendOptions::default() },
            lane: Lane::Bulk,
            metadata: None,
        },
    );
    assert_ne!(Content::Text(Text::plain("مرحبا")), Content::Text(Text::plain("")));
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
        look: MediaLook { width: Some(640), ..MediaLook::default() },
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
                mentions: vec![Party::of_jid("1@lid")],
                marks: InboundMarks { forwarded: true, expires_in_seconds: None },
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
                chat: party(),
                status: MessageStatus::Failed,
                error: Some("not_on_whatsapp".into()),
                participant: None,
                metadata: None,
            }),
        },
    );
}

fn outcome() -> Outcome {
    Outcome { word: "refused".into(), status: Some(503), snippet: Some("busy".into()) }
}

#[test]
fn delivery_records_0302_to_0306() {
    check(
        include_str!("../golden/0302-lane.hex"),
        LaneRecord {
            began_after: 3,
            after: 12,
            until: Some(20),
            rest: vec![Stretch { after: 25, until: 30 }],
            counts: LaneCounts { delivered: 5, passed_over: 2, dead: 1, expired: 1 },
            trouble: Some(Trouble {
                attempts: 2,
                since_ms: 1_700_000_000_000,
                next_at_ms: 1_700_000_002_000,
            }),
        },
    );
    check(
        include_str!("../golden/0303-endpoint.hex"),
        EndpointRecord {
            id: EndpointId(7),
            account: AccountId(1),
            name: Some("crm".into()),
            target_sealed: vec![1, 2, 3],
            filter: Filter {
                events: vec!["message.*".into()],
                instances: Some(vec![InstanceId(9)]),
                chat_kinds: vec![ChatKind::Direct],
            },
            batching: Some(Batching { events_max: 100, wait_ms: 1_000 }),
            concurrency: 8,
            timeout_ms: 10_000,
            schedule: RetrySchedule::STANDARD,
            pause: Some(Pause { reason: PauseReason::Failing, since_ms: 1_700_000_000_000 }),
            created_at_ms: 1_600_000_000_000,
            changed_at_ms: 1_600_000_000_000,
        },
    );
    check(
        include_str!("../golden/0304-dead-letter.hex"),
        DeadLetterRecord { time_ms: 1_700_000_000_000, attempts: 9, outcome: outcome() },
    );
    check(
        include_str!("../golden/0305-delivery.hex"),
        DeliveryRecord {
            number: 1,
            instance: InstanceId(9),
            sequence: 4,
            events: 1,
            attempt: 3,
            time_ms: 1_700_000_000_000,
            latency_ms: 17,
            replayed: false,
            outcome: outcome(),
        },
    );
    check(
        include_str!("../golden/0306-target.hex"),
        Target::Http(HttpTarget {
            url: "https://example.com/hook".into(),
            secret: "a key".into(),
            old_secret: Some(OldSecret { secret: "the key before".into(), until_ms: 1_700_000_000_000 }),
            headers: vec![("X-Shop".into(), "7".into())],
            format: Format::Native,
        }),
    );
}

#[test]
fn target_0306_of_a_hook() {
    check(
        include_str!("../golden/0306-hook.hex"),
        Target::Http(HttpTarget {
            url: String::new(),
            secret: "a key".into(),
            old_secret: None,
            headers: Vec::new(),
            format: Format::Dialect(DialectFormat {
                dialect: Dialect::Wsapi,
                events: vec!["message".into(), "call_offer".into()],
            }),
        }),
    );
}

#[test]
fn small_records() {
    check(include_str!("../golden/0307-event-retention.hex"), EventRetention { days: Some(30), bytes: None });
    check(include_str!("../golden/0204-outbox-row.hex"), OutboxRow { chat: 9 });
    check(
        include_str!("../golden/0205-poll.hex"),
        PollRecord {
            message: Some(message_id()),
            creator: None,
            chat: "120363021033254949@g.us".into(),
            options: vec!["tea".into(), "coffee".into()],
            selectable: 1,
            secret: Some(vec![5; 32]),
        },
    );
    check(include_str!("../golden/0206-vote.hex"), VoteRecord { selected: vec![1] });
    check(
        include_str!("../golden/0207-receipt.hex"),
        ReceiptRecord { person: party(), time_ms: 1_700_000_000_000 },
    );
    check(include_str!("../golden/0501-counter.hex"), Counter { next: 77 });
    check(include_str!("../golden/0502-instance-pointer.hex"), InstancePointer { instance: InstanceId(5) });
    check(
        include_str!("../golden/0401-api-key.hex"),
        ApiKeyRecord {
            id: KeyId(8),
            account: AccountId(1),
            label: "root".into(),
            dialect: Dialect::Aduta,
            secrets: Secrets {
                current: secret(4),
                old: Some(OldKeySecret { secret: secret(3), until_ms: 1_700_000_000_000 }),
            },
            scopes: vec!["admin".into()],
            dialect_scopes: vec!["session".into()],
            instances: Some(vec![InstanceId(9)]),
            allowed_ips: vec!["10.0.0.0/8".into()],
            expires_at_ms: Some(7),
            created_at_ms: 6,
        },
    );
}

fn secret(byte: u8) -> KeySecret {
    KeySecret { sha256: [byte; 32], prefix: "sess_ab".into() }
}

#[test]
fn accounts_0a() {
    check(
        include_str!("../golden/0a01-account.hex"),
        AccountRecord {
            id: AccountId(2),
            name: "Nora's shop".into(),
            state: AccountState::Suspended,
            credits: true,
            rate_limits: RateLimits { per_minute: BTreeMap::from([("send".into(), 30)]) },
            created_at_ms: 1_700_000_000_000,
        },
    );
    check(
        include_str!("../golden/0a02-workspace.hex"),
        WorkspaceRecord { id: WorkspaceId(3), name: "sales".into(), created_at_ms: 1_700_000_000_000 },
    );
    check(
        include_str!("../golden/0a03-app.hex"),
        AppRecord {
            id: AppId(4),
            account: AccountId(2),
            name: "crm".into(),
            secrets: Secrets::new(secret(5)),
            instances: None,
            allowed_ips: vec![],
            created_at_ms: 1_700_000_000_000,
        },
    );
    check(include_str!("../golden/0a04-key-use.hex"), KeyUse { at_ms: 1_700_000_000_000 });
    check(
        include_str!("../golden/0a05-audit.hex"),
        AuditRecord {
            number: 1,
            time_ms: 1_700_000_000_000,
            who: Who::Key(KeyId(8)),
            address: Some("192.0.2.1".into()),
            action: "key.created".into(),
            subject: "key_0000000000000009".into(),
        },
    );
}

#[test]
fn credits_0a() {
    check(
        include_str!("../golden/0a06-credit-entry.hex"),
        Entry {
            number: 7,
            time_ms: 1_700_000_000_000,
            movement: Movement::Reserved,
            amount: -2,
            balance: 40,
            last_voucher: Voucher(9),
            instance: Some(InstanceId(8)),
        },
    );
    let held = Held { instance: InstanceId(8), since_ms: 1_700_000_000_000 };
    check(include_str!("../golden/0a07-credit-held.hex"), held);
    check(include_str!("../golden/0a08-voucher.hex"), Fate::Refused { until_ms: 1_700_000_000_000 });
    let member = MemberRecord {
        id: MemberId(5),
        account: AccountId(2),
        email: "nora@example.org".into(),
        name: "Nora".into(),
        role: Role::Owner,
        password: Some(PasswordHash { memory_kib: 19_456, passes: 2, salt: [9; 16], hash: [10; 32] }),
        link: Some(MemberLink { sha256: [7; 32], until_ms: 1_700_000_000_000 }),
        created_at_ms: 1_700_000_000_000,
    };
    check(include_str!("../golden/0a0a-member.hex"), member);
    let session = SessionRecord {
        id: 6,
        member: MemberId(5),
        sha256: [8; 32],
        address: Some("192.0.2.1".into()),
        agent: Some("a browser".into()),
        created_at_ms: 1_700_000_000_000,
        expires_at_ms: 1_700_600_000_000,
    };
    check(include_str!("../golden/0a0b-session.hex"), session);
    let order = CreditOrder { pocket: PocketKind::Sms, amount: -5, time_ms: 1_700_000_000_000 };
    check(include_str!("../golden/0a09-credit-order.hex"), order);
}

#[test]
fn chats_and_people_06() {
    check(
        include_str!("../golden/0601-chat.hex"),
        ChatRecord {
            addressed: "100000012345678@lid".into(),
            name: Some("Orders".into()),
            last_message_ms: 1_700_000_000_000,
            unread: 3,
            marked_unread: false,
            archived: true,
            pinned: true,
            mute: Mute::Until(1_800_000_000_000),
            disappearing_seconds: Some(86_400),
            labels: vec!["1".into(), "2".into()],
            cleared_at_ms: 4,
        },
    );
    check(
        include_str!("../golden/0602-contact.hex"),
        ContactRecord {
            phone: Some("966501234567".into()),
            lid: Some("100000012345678".into()),
            push_name: Some("nora".into()),
            full_name: Some("Nora A".into()),
            first_name: Some("Nora".into()),
            business_name: None,
            blocked: true,
        },
    );
    check(include_str!("../golden/0603-label.hex"), LabelRecord { name: "New".into(), color: 4 });
    check(
        include_str!("../golden/0604-check.hex"),
        CheckRecord { person: party(), on_whatsapp: true, is_business: false, checked_at_ms: 7 },
    );
    check(include_str!("../golden/0605-check-budget.hex"), CheckBudget { settled_at_ms: 8 });
    check(include_str!("../golden/0606-retention.hex"), RetentionRecord { days: 30 });
}

#[test]
fn uploaded_media_0701() {
    check(
        include_str!("../golden/0701-uploaded-media.hex"),
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
            mime_type: Some("image/webp".into()),
            facts: MediaFacts {
                width: Some(640),
                height: Some(480),
                thumbnail_jpeg: Some(vec![5; 3]),
                duration_seconds: Some(6),
                waveform: None,
                animated: true,
            },
        },
    );
}

#[test]
fn settings_record_0702() {
    check(
        include_str!("../golden/0702-settings.hex"),
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

#[test]
fn instance_defaults_0a0c() {
    check(
        include_str!("../golden/0a0c-instance-defaults.hex"),
        InstanceDefaults {
            settings: SettingsUpdate { history_sync: Some(HistorySync::Recent), ..SettingsUpdate::default() },
            hooks: vec![HookDefaults {
                dialect: Dialect::Wsapi,
                url: "https://example.org/hook".into(),
                secret: "s3cret".into(),
                events: vec!["message".into()],
                timeout_ms: 10_000,
                schedule: RetrySchedule::STANDARD,
            }],
        },
    );
}

#[test]
fn sealed_defaults_0a0d() {
    check(include_str!("../golden/0a0d-sealed-defaults.hex"), SealedDefaults { sealed: vec![1, 2, 3] });
}

#[test]
fn file_record_0a0e() {
    check(
        include_str!("../golden/0a0e-file.hex"),
        FileRecord {
            id: FileId(7),
            account: AccountId(1),
            blob: BlobRef { sha256: [7; 32], size_bytes: 99 },
            mime_type: Some("image/png".into()),
            file_name: Some("a.png".into()),
            sha256: [8; 32],
            created_at_ms: 1_700_000_000_000,
            expires_at_ms: 1_700_000_060_000,
        },
    );
}
