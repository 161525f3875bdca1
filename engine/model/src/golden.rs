//! Every record version's bytes, pinned: what an older Trunkline wrote, this one reads.

use std::collections::BTreeMap;
use std::fmt::Debug;

use crate::account::{
    AccountRecord, AccountState, ApiKeyRecord, AppRecord, AuditRecord, KeySecret, KeyUse, OldKeySecret,
    RateLimits, Secrets, Who, WorkspaceRecord,
};
use crate::address::Address;
use crate::budget::CheckBudget;
use crate::chat::{ChatRecord, CheckRecord, ContactRecord, LabelRecord, Mute, RetentionRecord};
use crate::delivery::{
    Batching, ChatKind, DeadLetterRecord, DeliveryRecord, DialectFormat, EndpointRecord, Filter, Format,
    HttpTarget, LaneCounts, LaneRecord, OldSecret, Outcome, Pause, PauseReason, RetrySchedule, Stretch,
    Target, Trouble,
};
use crate::dialect::Dialect;
use crate::event::{CloseReason, Event, EventBody, StatusChange};
use crate::id::{AccountId, AppId, EndpointId, InstanceId, KeyId, MessageId, WorkspaceId};
use crate::inbound::{
    InboundContent, InboundMarks, InboundMedia, InboundMessage, InboundQuote, MediaLook, Party,
};
use crate::instance::InstanceState;
use crate::message::{
    BlobRef, Content, Lane, Media, MediaKind, MediaShow, MediaSource, MessageStatus, Quote, SendMessage,
    SendOptions, Text,
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

mod plan {
    use std::collections::BTreeSet;

    use super::*;
    use crate::id::{CampaignId, ContactId, OtpId, ScheduleId, TemplateId};
    use crate::plan::{
        CampaignRecord, CampaignState, ContactRecord as BookRecord, Counts, NewContact, OtpAlphabet,
        OtpRecord, OtpRules, OtpState, RecipientRecord, RecipientState, RunOutcome, RunRecord,
        ScheduleRecord, ScheduleState, SuppressionReason, SuppressionRecord, SuppressionSettings,
        TemplateContent, TemplateRecord, Timing,
    };

    fn content() -> TemplateContent {
        TemplateContent {
            kind: Some(MediaKind::Image),
            body: "Hello {{name}}".into(),
            media_url: Some("https://example.org/a.png".into()),
            file_name: None,
        }
    }

    #[test]
    fn template_record_0b01() {
        check(
            include_str!("../golden/0b01-template.hex"),
            TemplateRecord {
                id: TemplateId(1),
                name: "welcome".into(),
                content: content(),
                category: Some("marketing".into()),
                active: true,
                metadata: Some("{}".into()),
                created_at_ms: 1,
                updated_at_ms: 2,
            },
        );
    }

    #[test]
    fn contact_record_0b02() {
        check(
            include_str!("../golden/0b02-contact.hex"),
            BookRecord {
                id: ContactId(1),
                about: NewContact {
                    phone: "966501234567".into(),
                    name: Some("Nora".into()),
                    email: Some("nora@example.org".into()),
                    notes: None,
                    tags: BTreeSet::from(["vip".to_owned()]),
                    custom: BTreeMap::from([("city".to_owned(), "Riyadh".to_owned())]),
                },
                created_at_ms: 1,
                updated_at_ms: 2,
            },
        );
    }

    #[test]
    fn suppression_record_0b03() {
        check(
            include_str!("../golden/0b03-suppression.hex"),
            SuppressionRecord {
                phone: Some("966501234567".into()),
                lid: Some("100000012345678".into()),
                reason: SuppressionReason::OptedOut,
                instance: Some(InstanceId(7)),
                note: None,
                since_ms: 3,
            },
        );
    }

    #[test]
    fn suppression_settings_0b04() {
        check(
            include_str!("../golden/0b04-suppression-settings.hex"),
            SuppressionSettings { words: vec!["stop".into()], lanes: vec![Lane::Bulk] },
        );
    }

    #[test]
    fn otp_record_0b05() {
        check(
            include_str!("../golden/0b05-otp.hex"),
            OtpRecord {
                id: OtpId(1),
                instance: InstanceId(2),
                to: "966501234567@s.whatsapp.net".into(),
                purpose: Some("login".into()),
                text: "{{code}}".into(),
                rules: OtpRules { alphabet: OtpAlphabet::Letters, ..OtpRules::default() },
                state: OtpState::Pending,
                digest: [7; 32],
                key_sealed: vec![1, 2, 3],
                attempts: 1,
                sends: 2,
                message: Some(message_id()),
                sent_at_ms: 4,
                expires_at_ms: 5,
                verified_at_ms: None,
                created_at_ms: 3,
                metadata: None,
            },
        );
    }

    #[test]
    fn campaign_record_0b06() {
        check(
            include_str!("../golden/0b06-campaign.hex"),
            CampaignRecord {
                id: CampaignId(1),
                name: "spring".into(),
                state: CampaignState::Running,
                content: content(),
                template: Some(TemplateId(1)),
                instances: vec![InstanceId(2), InstanceId(3)],
                per_minute: Some(20),
                counts: Counts { pending: 3, queued: 2, sent: 1, ..Counts::default() },
                metadata: None,
                created_at_ms: 1,
                scheduled_at_ms: None,
                started_at_ms: Some(2),
                ended_at_ms: None,
            },
        );
    }

    #[test]
    fn recipient_record_0b07() {
        check(
            include_str!("../golden/0b07-recipient.hex"),
            RecipientRecord {
                phone: "966501234567".into(),
                variables: BTreeMap::from([("name".to_owned(), "Nora".to_owned())]),
                state: RecipientState::Queued,
                instance: Some(InstanceId(2)),
                message: Some(message_id()),
                error: None,
                since_ms: 9,
            },
        );
    }

    #[test]
    fn schedule_record_0b08() {
        check(
            include_str!("../golden/0b08-schedule.hex"),
            ScheduleRecord {
                id: ScheduleId(1),
                name: Some("mornings".into()),
                instance: InstanceId(2),
                message: SendMessage {
                    to: Address::Phone("966501234567".into()),
                    content: Content::Text(Text::plain("good morning")),
                    quote: None,
                    mentions: Vec::new(),
                    options: SendOptions::default(),
                    lane: Lane::Interactive,
                    metadata: None,
                },
                timing: Timing::Cron {
                    expression: "0 9 * * *".into(),
                    zone: "Asia/Riyadh".into(),
                    until_ms: None,
                    runs_max: Some(5),
                },
                grace_seconds: 3_600,
                state: ScheduleState::Active,
                next_ms: Some(10),
                runs: 1,
                missed: 2,
                created_at_ms: 1,
            },
        );
    }

    #[test]
    fn run_record_0b09() {
        check(
            include_str!("../golden/0b09-run.hex"),
            RunRecord { due_ms: 10, ran_at_ms: 11, outcome: RunOutcome::Accepted(message_id()) },
        );
    }
}
