//! The small pieces that every message passes, each by itself.
#![allow(missing_docs, reason = "criterion's macros make public functions")]

use std::hint::black_box;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use trunkline_api::limiter::{Limiter, Quota};
use trunkline_model::message::{BulkTurn, Claim, Kept, Lane, Outbox, OutboxItem, Window};
use trunkline_model::record::{self, MessageRecord};
use trunkline_model::slot::Bucket;
use trunkline_model::{InstanceId, MessageId};
use trunkline_whatsapp::frames::{Unframer, binary_frame};

/// A short text message on the wire, in bytes.
const FRAME_BYTES: usize = 300;
/// Keys that are limited.
const LIMITED: u64 = 10_000;
/// Messages that wait in an outbox.
const WAITING: u64 = 10_000;

fn frames(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("frame");
    group.throughput(Throughput::Bytes(FRAME_BYTES as u64));
    let payload = vec![7; FRAME_BYTES];
    let mut socket = vec![0x82, 126];
    socket.extend_from_slice(&(FRAME_BYTES as u16).to_be_bytes());
    socket.extend_from_slice(&payload);
    let mut unframer = Unframer::new(1 << 24);
    group.bench_function("unframe", |bencher| {
        bencher.iter(|| {
            let mut rest = black_box(&socket[..]);
            unframer.next(&mut rest).map(|message| message.is_some())
        });
    });
    let mut out = Vec::with_capacity(FRAME_BYTES * 2);
    group.bench_function("mask and frame", |bencher| {
        bencher.iter(|| {
            out.clear();
            binary_frame(black_box(&payload), [1, 2, 3, 4], &mut out);
        });
    });
    group.finish();
}

/// What a request pays for its rate limit: the bucket of its key, found and charged, and the clock.
fn limiter(criterion: &mut Criterion) {
    let limiter = Limiter::default();
    let Some(quota) = Quota::per_minute(u32::MAX) else { return };
    // Other callers that are busy at the same time.
    for caller in 0..LIMITED {
        limiter.take(limiter.key((caller, "send")), quota, std::time::Instant::now());
    }
    let mut caller = 0;
    criterion.bench_function("rate limit: one token of one of 10 000 keys", |bencher| {
        bencher.iter(|| {
            caller = (caller + 1) % LIMITED;
            let key = limiter.key((black_box(caller), "send"));
            limiter.take(key, quota, std::time::Instant::now())
        });
    });
}

fn outbox() -> Outbox {
    let mut outbox = Outbox::default();
    for number in 1..=WAITING {
        if let Some(id) = MessageId::new(Bucket(1), number) {
            outbox.push(OutboxItem { id, lane: Lane::Bulk, chat: number % 1_000, attempts: 0 });
        }
    }
    outbox
}

fn planner(criterion: &mut Criterion) {
    let kept = Kept { handing: 0, unacknowledged: 0 };
    let window = Window { handing_max: 4, unacknowledged_max: 64, kept };
    criterion.bench_function("planner: claim, hand over and settle all of 10 000", |bencher| {
        bencher.iter_batched(
            outbox,
            |mut outbox| {
                while let Claim::Send(item) = outbox.claim(0, window, BulkTurn::Granted) {
                    outbox.handed_over(item.id);
                    outbox.settle(item.id);
                }
                outbox
            },
            BatchSize::LargeInput,
        );
    });
}

fn records(criterion: &mut Criterion) {
    let golden = include_str!("../../engine/model/golden/0201-message.hex").trim();
    let octet =
        |at: usize| u8::from_str_radix(golden.get(at..at + 2).unwrap_or_default(), 16).unwrap_or_default();
    let bytes: Vec<u8> = (0..golden.len()).step_by(2).map(octet).collect();
    let Ok(message) = record::decode::<MessageRecord>(&bytes) else { return };
    criterion.bench_function("record: decode a message, validated", |bencher| {
        bencher.iter(|| record::decode::<MessageRecord>(black_box(&bytes)));
    });
    criterion.bench_function("record: encode a message", |bencher| {
        bencher.iter(|| record::encode(black_box(&message)));
    });
    criterion.bench_function("slot of an instance", |bencher| {
        bencher.iter(|| trunkline_model::slot::Slot::of(black_box(InstanceId(42)).0));
    });
}

criterion_group!(pieces, frames, limiter, planner, records);
criterion_main!(pieces);
