//! `send`: end-to-end encrypted messages handed in over HTTP and acknowledged by the service, per second of the sender's CPU.
//!
//! The service and its phones use the other core, and more of it than the sender: what is compared is what the sender's process spent.

use std::time::Instant;

use serde::Deserialize;
use serde_json::json;

use super::Scale;
use super::support::{SETTLED, Stage, directory, none_failed, text};
use crate::error::Bench;
use crate::limits::DRAIN_TIMEOUT;
use crate::load::{Load, Request, closed};
use crate::report::Figure;
use crate::stage::{GatewayOptions, Peer, PeerKind, Service};

/// Numbers that send.
const SENDERS: usize = 20;
/// Phones that each of them writes to.
const RECEIVERS: usize = 50;
/// First of the receivers.
const RECEIVERS_PN: u64 = 4_917_100_000_001;
/// First of the peers' own phones.
const PEER_PN: u64 = 4_915_200_000_001;
/// Connections that hand in.
const CONNECTIONS: usize = 32;
/// Members of the group, the sender among them.
const MEMBERS: usize = 256;
/// The same in a quick run: Baileys needs seconds for its first message to each of them.
const MEMBERS_QUICK: usize = 64;
/// Unacknowledged messages of a peer.
const WINDOW: usize = 64;

/// What a peer's work cost.
#[derive(Deserialize)]
struct Sent {
    sent: f64,
    cpu_seconds: f64,
}

/// Plays the case.
///
/// # Errors
/// When something does not start, or messages are not acknowledged.
pub async fn run(scale: Scale) -> Bench<Vec<Figure>> {
    let senders = scale.numbers(SENDERS, 4);
    let stage = Stage::build(senders, &GatewayOptions::default()).await?;
    let group_of = scale.of(MEMBERS, MEMBERS_QUICK);
    let people = stage.service.settle(RECEIVERS_PN, group_of).await?;
    let one_to_one = |number: u64| {
        let number = number as usize;
        let sender = &stage.fleet.numbers[number % senders].instance;
        text(
            sender,
            &people[number / senders % RECEIVERS].pn,
            "Your code is 4711. It is valid for ten minutes.",
        )
    };
    let direct = rounds(&stage, scale, scale.of(20_000, 400), &one_to_one).await?;
    let first = &stage.fleet.numbers[0];
    let members: Vec<String> = people.iter().take(group_of - 1).map(|person| person.pn.clone()).collect();
    let group = stage.service.group(&first.pn, &members).await?;
    let to_group = |_| {
        let body = json!({ "to": group, "text": { "body": "The match on Sunday begins at four." } });
        Request { path: format!("/v1/instances/{}/messages", first.instance), body: body.to_string().into() }
    };
    let grouped = rounds(&stage, scale, scale.of(400, 20), &to_group).await?;
    let figure = Figure::new("1:1 messages sent per CPU second, durable, over HTTP", "1/s", direct.per_core);
    let to_members = Figure::new(
        &format!("messages to a group of {group_of} sent per CPU second"),
        "1/s",
        grouped.per_core,
    );
    let mut figures = Vec::new();
    if scale.peers {
        for kind in [PeerKind::WhatsappRustInMemory, PeerKind::WhatsappRust, PeerKind::Baileys] {
            let (direct, grouped) = peer(&stage.service, kind, &members, scale).await?;
            figures.push(figure.clone().beside(kind.name(), &direct));
            figures.push(to_members.clone().beside(kind.name(), &grouped));
        }
    } else {
        figures.extend([figure, to_members]);
    }
    let wall = "1:1 messages sent per second, service and phones on the same cores";
    figures.push(Figure::new(wall, "1/s", direct.per_second));
    none_failed(&stage.gateway).await?;
    stage.strike().await?;
    Ok(figures)
}

/// What rounds of sending gave.
#[derive(Default)]
struct Rounds {
    per_core: Vec<f64>,
    per_second: Vec<f64>,
}

/// Hands in `messages` and waits until the service has acknowledged them, a few times. The first time opens Signal sessions, which
/// is another work; it is not counted.
async fn rounds(
    stage: &Stage,
    scale: Scale,
    messages: u64,
    request: &dyn Fn(u64) -> Request,
) -> Bench<Rounds> {
    let gateway = &stage.gateway;
    let load = Load { url: gateway.url(), key: gateway.key(), connections: CONNECTIONS, request };
    let mut rounds = Rounds::default();
    for round in 0..=scale.of(3, 1) {
        let before = gateway.usage()?.cpu_seconds;
        let settled = gateway.metric(SETTLED, "").await?;
        let began = Instant::now();
        closed(&load, DRAIN_TIMEOUT, messages).await?;
        gateway.wait_for(SETTLED, "", settled + messages as f64, DRAIN_TIMEOUT).await?;
        if round > 0 {
            rounds.per_core.push(messages as f64 / (gateway.usage()?.cpu_seconds - before));
            rounds.per_second.push(messages as f64 / began.elapsed().as_secs_f64());
        }
    }
    Ok(rounds)
}

/// Messages per CPU second of a peer: to people, and to a group.
async fn peer(
    service: &Service,
    kind: PeerKind,
    members: &[String],
    scale: Scale,
) -> Bench<(Vec<f64>, Vec<f64>)> {
    let directory = directory()?;
    let mut peer = Peer::start(kind, service, directory.path())?;
    let pn = PEER_PN + kind as u64 * 1_000_000;
    peer.link(service, pn, 1).await?;
    let group = service.group(&pn.to_string(), members).await?;
    let few = kind == PeerKind::Baileys;
    let (direct, grouped) =
        (scale.of(if few { 4_000 } else { 20_000 }, 200), scale.of(if few { 100 } else { 400 }, 20));
    let to = &members[..RECEIVERS];
    let direct = json!({ "cmd": "send", "from": 0, "to": to, "count": direct, "window": WINDOW });
    let grouped =
        json!({ "cmd": "send_group", "from": 0, "group": group, "count": grouped, "window": WINDOW });
    let mut rates = (Vec::new(), Vec::new());
    for round in 0..=scale.of(3, 1) {
        let one: Sent = peer.ask(direct.clone()).await?;
        let many: Sent = peer.ask(grouped.clone()).await?;
        if round > 0 {
            rates.0.push(one.sent / one.cpu_seconds);
            rates.1.push(many.sent / many.cpu_seconds);
        }
    }
    peer.stop();
    Ok(rates)
}
