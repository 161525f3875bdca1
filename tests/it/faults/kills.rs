//! `kill -9` at random points of a burst, ten rounds: what was answered 202 arrives exactly once, what was sent to the
//! number is in its log exactly once, and no Signal key is used twice. Every burst goes to a person and into a group in
//! turn, so that pairwise ratchets and sender keys are cut off alike.
//!
//! The points are drawn from a seed that is printed; `TRUNKLINE_TEST_SEED` repeats a run's points, though not its timing.

use std::collections::BTreeMap;

use futures_util::{StreamExt, stream};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::Value;
use trunkline_tests::judge::{Sighting, as_shown, exactly_once, gap_free, no_key_twice, only_advances};
use trunkline_tests::{Accepted, Baileys, Event, Gateway, GatewayEvent, Instance, Recipient, World};

const ROUNDS: usize = 10;
/// Messages of a round.
const BURST: usize = 30;
/// Requests under way at a time.
const REQUESTS_AT_ONCE: usize = 6;

fn seed() -> u64 {
    let given = std::env::var("TRUNKLINE_TEST_SEED").ok().and_then(|text| text.parse().ok());
    given.unwrap_or_else(rand::random)
}

async fn expect_no_key_used_twice(world: &World) {
    let verdict = world.control().get("/judge").await;
    assert_eq!(no_key_twice(&verdict), Vec::<String>::new(), "{verdict:#}");
}

/// When a round of sending is cut short.
#[derive(Debug, Clone, Copy)]
enum SendKill {
    /// After so many requests were answered 202.
    Accepted(usize),
    /// After so many messages arrived.
    Arrived(usize),
}

impl SendKill {
    fn draw(dice: &mut StdRng) -> Self {
        let count = dice.random_range(1..BURST);
        if dice.random_bool(0.5) { SendKill::Accepted(count) } else { SendKill::Arrived(count) }
    }
}

#[tokio::test]
async fn killed_while_sending_every_accepted_message_arrives_once() {
    let seed = seed();
    println!("TRUNKLINE_TEST_SEED={seed}");
    let mut dice = StdRng::seed_from_u64(seed);
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let mut gateway = Gateway::start(&world).await;
    let (shop, laptop) = (gateway.link(&alice).await, bob.link_baileys().await);
    let group = laptop.create_group("Survivors", &[&alice]).await;
    let chats = [bob.jid(), group.jid()];
    let mut sent = Vec::new();
    let mut delivered = Vec::new();
    for round in 0..ROUNDS {
        let kill = SendKill::draw(&mut dice);
        let burst = Burst::new(round, &shop, &chats);
        let answered = send_until(kill, &burst, &mut gateway, &mut delivered, (&shop, &laptop)).await;
        gateway.restart().await;
        let answered = repeat_unanswered(&burst, &shop, answered).await;
        sent.extend(answered.iter().map(|(text, accepted)| accepted.with_text(text)));
        let last = expect_all_delivered(&answered, round, &chats, (&shop, &laptop)).await;
        sent.extend(last.clone());
        delivered.extend(last);
        delivered.extend(take_arrived(&laptop).await);
        let findings = exactly_once(&sent, &as_shown(&delivered));
        assert_eq!(findings, Vec::<String>::new(), "seed {seed}, round {round}, killed at {kill:?}");
        expect_no_key_used_twice(&world).await;
    }
    assert_eq!(judge_statuses(&shop, &sent).await, Vec::<String>::new(), "seed {seed}");
    let repeated = delivered.len() - sent.len();
    println!("{} messages, {repeated} of them delivered again under their id", sent.len());
    gateway.finish().await;
    world.finish().await;
}

/// The bodies of one round's messages, by text.
struct Burst {
    bodies: BTreeMap<String, Value>,
}

/// Answers, by text.
type Answered = BTreeMap<String, Accepted>;

impl Burst {
    fn new(round: usize, shop: &Instance, chats: &[String; 2]) -> Self {
        let bodies = (0..BURST).map(|number| {
            let text = format!("round {round}, message {number:02}");
            (text.clone(), shop.text_body(&chats[number % 2], &text))
        });
        Self { bodies: bodies.collect() }
    }
}

/// Sends the burst and kills the gateway at the point drawn. Returns what was answered 202 before.
async fn send_until(
    kill: SendKill,
    burst: &Burst,
    gateway: &mut Gateway,
    delivered: &mut Vec<Sighting>,
    (shop, laptop): (&Instance, &Baileys),
) -> Answered {
    let mut answered = Answered::new();
    let mut sends = stream::iter(&burst.bodies)
        .map(|(text, body)| async move {
            let sending = shop.sending(body).header("idempotency-key", &key_of(text));
            (text, sending.try_send().await)
        })
        .buffer_unordered(REQUESTS_AT_ONCE);
    let mut arrived = 0;
    let mut alive = true;
    while alive {
        tokio::select! {
            next = sends.next(), if answered.len() < BURST => {
                let (text, outcome) = next.expect("there is more to send");
                let answer = outcome.expect("nothing was killed yet");
                answer.expect(202);
                answered.insert(text.clone(), Accepted::of(&answer));
            }
            sighting = laptop.expect("a message of the burst", text_in) => {
                arrived += 1;
                delivered.push(sighting);
            }
        }
        alive = match kill {
            SendKill::Accepted(count) => answered.len() < count,
            SendKill::Arrived(count) => arrived < count,
        };
    }
    gateway.kill9();
    // What was under way breaks, or was answered just before.
    while let Some((text, outcome)) = sends.next().await {
        if let Ok(answer) = outcome {
            answer.expect(202);
            answered.insert(text.clone(), Accepted::of(&answer));
        }
    }
    answered
}

/// Asks again for what was not answered, under the same idempotency keys; returns the answers of the whole burst.
async fn repeat_unanswered(burst: &Burst, shop: &Instance, mut answered: Answered) -> Answered {
    for (text, body) in &burst.bodies {
        if !answered.contains_key(text) {
            let answer = shop.sending(body).header("idempotency-key", &key_of(text)).send().await;
            answer.expect(202);
            answered.insert(text.clone(), Accepted::of(&answer));
        }
    }
    answered
}

/// A key has no spaces.
fn key_of(text: &str) -> String {
    text.replace([' ', ','], "-")
}

/// Waits until the service has everything, then for a last message of each chat, which it returns: Baileys reads a chat in
/// order, so nothing of it comes after that.
async fn expect_all_delivered(
    answered: &Answered,
    round: usize,
    chats: &[String; 2],
    (shop, laptop): (&Instance, &Baileys),
) -> [Sighting; 2] {
    for accepted in answered.values() {
        shop.expect_status(accepted, "sent").await;
    }
    let last = async |chat: &String, place: &str| {
        let text = format!("the end of round {round} {place}");
        let last = shop.send_text(chat, &text).await;
        laptop
            .expect("the end of the round", |event| text_in(event).filter(|seen| seen.id == last.wa_id))
            .await
    };
    [last(&chats[0], "to the person").await, last(&chats[1], "in the group").await]
}

/// Every text that arrived and that nobody waited for.
async fn take_arrived(laptop: &Baileys) -> Vec<Sighting> {
    let mut arrived = Vec::new();
    for _ in laptop.untaken(text_in) {
        arrived.push(laptop.expect("what has arrived", text_in).await);
    }
    arrived
}

fn text_in(event: &Event) -> Option<Sighting> {
    match event {
        Event::Message(message) if !message.key.from_me => {
            message.text.as_deref().map(|text| Sighting::new(&message.key.id, text))
        }
        _ => None,
    }
}

/// What is wrong with the log of a number that only sent: gaps, a missing end, statuses that went back or came twice, and
/// messages whose sending it does not tell.
async fn judge_statuses(shop: &Instance, sent: &[Sighting]) -> Vec<String> {
    let (events, newest) = shop.whole_log().await;
    let mut statuses: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for data in events.iter().map(|event| &event.data) {
        if let (Some(message), Some(status)) = (data["wa_id"].as_str(), data["status"].as_str()) {
            statuses.entry(message).or_default().push(status.to_owned());
        }
    }
    let mut findings = gap_free(events.iter().map(|event| event.sequence), newest);
    let told = |message: &&Sighting| statuses.contains_key(message.id.as_str());
    findings.extend(sent.iter().filter(|message| !told(message)).map(|m| format!("{} has no status", m.id)));
    for (message, statuses) in &statuses {
        findings.extend(only_advances(statuses).into_iter().map(|finding| format!("{message}: {finding}")));
    }
    findings
}

/// When a round of receiving is cut short.
#[derive(Debug, Clone, Copy)]
enum ReceiveKill {
    /// After so many were sent.
    Sent(usize),
    /// After this one was in the log.
    Logged(usize),
    /// After so many were sent, and once more when the first of the backlog is in the log.
    Twice(usize),
}

impl ReceiveKill {
    fn draw(dice: &mut StdRng) -> Self {
        let count = dice.random_range(1..BURST);
        match dice.random_range(0..3) {
            0 => ReceiveKill::Sent(count),
            1 => ReceiveKill::Logged(count),
            _ => ReceiveKill::Twice(count.div_ceil(2)),
        }
    }
}

#[tokio::test]
async fn killed_while_receiving_every_message_is_in_the_log_once() {
    let seed = seed();
    println!("TRUNKLINE_TEST_SEED={seed}");
    let mut dice = StdRng::seed_from_u64(seed);
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let mut gateway = Gateway::start(&world).await;
    let (shop, laptop) = (gateway.link(&alice).await, bob.link_baileys().await);
    let group = laptop.create_group("Survivors", &[&alice]).await;
    let chats = [alice.jid(), group.jid()];
    let mut sent = Vec::new();
    for round in 0..ROUNDS {
        let kill = ReceiveKill::draw(&mut dice);
        for number in 0..BURST {
            let text = format!("round {round}, message {number:02}");
            gateway.api().keep_private(&text);
            let message = laptop.send_text(&chats[number % 2], &text).await;
            sent.push(Sighting::new(message.key.id, &text));
            match kill {
                ReceiveKill::Sent(count) | ReceiveKill::Twice(count) if number == count => gateway.kill9(),
                ReceiveKill::Logged(count) if number == count => {
                    shop.expect_text(&text).await;
                    gateway.kill9();
                }
                _ => {}
            }
        }
        gateway.restart().await;
        if matches!(kill, ReceiveKill::Twice(_)) {
            let of_this_round = format!("round {round},");
            let missed = |text: &str| text.starts_with(&of_this_round);
            let first =
                |event: &GatewayEvent| (event.backfilled && event.text().is_some_and(missed)).then_some(());
            shop.expect("the first of the backlog", first).await;
            gateway.kill9();
            gateway.restart().await;
        }
        // What could not be read at once is asked for again, so the last of a chat may come before others of it.
        for message in &sent {
            shop.expect_logged(&message.text).await;
        }
        for (chat, place) in chats.iter().zip(["to the person", "in the group"]) {
            let last = format!("the end of round {round} {place}");
            let message = laptop.send_text(chat, &last).await;
            sent.push(Sighting::new(message.key.id, &last));
            shop.expect_logged(&last).await;
        }
        let findings = judge_log(&shop, &sent).await;
        assert_eq!(findings, Vec::<String>::new(), "seed {seed}, round {round}, killed at {kill:?}");
        expect_no_key_used_twice(&world).await;
    }
    alice.expect_settled(1).await;
    gateway.finish().await;
    world.finish().await;
}

async fn judge_log(shop: &Instance, sent: &[Sighting]) -> Vec<String> {
    let (events, newest) = shop.whole_log().await;
    let logged: Vec<Sighting> = events
        .iter()
        .filter_map(|event| Some(Sighting::new(event.data["wa_id"].as_str()?, event.text()?)))
        .collect();
    let mut findings = exactly_once(sent, &logged);
    findings.extend(gap_free(events.iter().map(|event| event.sequence), newest));
    findings
}
