//! `kill -9` at random points of a burst of messages that cost credits: whatever was cut off, the ledger adds up to the messages that
//! were accepted, and no credit is held for ever.
//!
//! The points are drawn from a seed that is printed; `TRUNKLINE_TEST_SEED` repeats a run's points, though not its timing.

use futures_util::{StreamExt, stream};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::Value;
use trunkline_tests::judge::credits;
use trunkline_tests::{Gateway, Instance, World};

const ROUNDS: usize = 8;
/// Requests of a round: some messages, some batches.
const BURST: usize = 24;
/// Messages of a batch.
const BATCH: usize = 5;
const REQUESTS_AT_ONCE: usize = 6;
/// A number that WhatsApp does not know.
const NOBODY: &str = "4930901820";
/// Enough for most rounds: the last ones meet an empty pocket.
const CREDITS: i64 = 260;

#[tokio::test]
async fn killed_while_sending_no_credit_is_lost_or_made() {
    let given = std::env::var("TRUNKLINE_TEST_SEED").ok().and_then(|text| text.parse().ok());
    let seed = given.unwrap_or_else(rand::random);
    println!("TRUNKLINE_TEST_SEED={seed}");
    let mut dice = StdRng::seed_from_u64(seed);
    let world = World::start().await;
    let (alice, bob) = (world.account("Alice").await, world.account("Bob").await);
    let mut gateway = Gateway::start(&world).await;
    gateway.charge(CREDITS).await;
    let shop = gateway.link(&alice).await;
    for round in 0..ROUNDS {
        let requests: Vec<(String, Value)> =
            (0..BURST).map(|number| request(&shop, bob.pn(), (round, number))).collect();
        let answers = dice.random_range(1..BURST);
        burst(&gateway, &shop, &requests, answers).await;
        gateway.kill9();
        gateway.restart().await;
        // Whatever was not answered is asked for again, as a client does; half of the rounds leave it at that.
        if dice.random_bool(0.5) {
            burst(&gateway, &shop, &requests, usize::MAX).await;
        }
        let balance = gateway.settled_credits().await;
        let (ledger, messages) = (gateway.ledger().await, gateway.all(&shop.path("/messages")).await);
        let findings = credits(&ledger, balance, &messages);
        assert_eq!(
            findings,
            Vec::<String>::new(),
            "seed {seed}, round {round}, killed after {answers} answers"
        );
    }
    let ledger = gateway.ledger().await;
    let count = |word: &str| ledger.iter().filter(|entry| entry["movement"] == word).count();
    println!(
        "{} reservations, {} refunds, {} released",
        count("reserved"),
        count("refunded"),
        count("released")
    );
    assert!(count("refunded") > 0, "no message failed: nothing was proven of refunds");
    gateway.finish().await;
    world.finish().await;
}

/// A path below the instance, and a body: every fourth is a batch, and every fifth message fails.
fn request(shop: &Instance, to: &str, (round, number): (usize, usize)) -> (String, Value) {
    let message = |part: usize| {
        let to = if (number + part) % 5 == 4 { NOBODY } else { to };
        shop.text_body(&to, &format!("round {round}, request {number}, part {part}"))
    };
    match number % 4 {
        0 => {
            let messages = (0..BATCH).map(|part| {
                let mut message = message(part);
                message["idempotency_key"] = format!("{round}-{number}-{part}").into();
                message
            });
            ("/messages/batch".to_owned(), serde_json::json!({ "messages": messages.collect::<Vec<_>>() }))
        }
        _ => ("/messages".to_owned(), message(0)),
    }
}

/// Sends until so many were answered; what is under way then is cut off by whatever comes next.
async fn burst(gateway: &Gateway, shop: &Instance, requests: &[(String, Value)], answers: usize) {
    let mut sends = stream::iter(requests.iter().enumerate())
        .map(|(number, (path, body))| {
            let single = path == "/messages";
            let request = gateway.api().post(&shop.path(path), body);
            let key =
                format!("{}-{number}", body["text"]["body"].as_str().unwrap_or_default().replace(' ', "-"));
            let request = if single { request.header("idempotency-key", &key) } else { request };
            request.try_send()
        })
        .buffer_unordered(REQUESTS_AT_ONCE);
    let mut answered = 0;
    while answered < answers
        && let Some(outcome) = sends.next().await
    {
        let answer = outcome.expect("nothing was killed yet");
        assert!(matches!(answer.status, 202 | 207 | 402), "{answer}");
        answered += 1;
    }
}
