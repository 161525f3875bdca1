//! Many linked numbers: instances of a gateway, each scanned by a phone of the service.

use futures_util::{StreamExt, TryStreamExt, stream};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::{sleep, timeout};

use super::gateway::Gateway;
use super::service::{Person, Service};
use crate::error::{Bench, BenchError};
use crate::limits::{LINK_TIMEOUT, LINKS_AT_ONCE, LOOK_EVERY};

/// First phone number of a gateway's numbers.
const FIRST_PN: u64 = 5_511_900_000_001;

/// One linked number.
#[derive(Debug, Clone)]
pub struct Number {
    /// Id of its instance.
    pub instance: String,
    /// Its phone number, digits.
    pub pn: String,
}

/// The numbers of one gateway.
#[derive(Debug, Clone)]
pub struct Fleet {
    /// In order of their phone numbers.
    pub numbers: Vec<Number>,
}

#[derive(Deserialize)]
struct Instance {
    id: String,
}

#[derive(Deserialize)]
struct Pairing {
    state: String,
    qr: Option<Code>,
}

#[derive(Deserialize)]
struct Code {
    text: String,
}

impl Fleet {
    /// Makes `count` instances and links them all; returns when all are open.
    ///
    /// # Errors
    /// When one of them cannot be linked.
    pub async fn link(service: &Service, gateway: &Gateway, count: usize) -> Bench<Fleet> {
        let people = service.settle(FIRST_PN, count).await?;
        let numbers = stream::iter(people)
            .map(|person| async move {
                let linked = timeout(LINK_TIMEOUT, link(service, gateway, &person)).await;
                linked.unwrap_or_else(|_| {
                    Err(BenchError::new(format_args!("{} is not linked after {LINK_TIMEOUT:?}", person.pn)))
                })
            })
            .buffered(LINKS_AT_ONCE)
            .try_collect()
            .await?;
        gateway.wait_until_open(count).await?;
        Ok(Fleet { numbers })
    }
}

async fn link(service: &Service, gateway: &Gateway, person: &Person) -> Bench<Number> {
    let api = gateway.api();
    let made: Instance = api.post("/v1/instances", &json!({ "name": format!("n{}", person.pn) })).await?;
    api.post_nothing::<Value>(&format!("/v1/instances/{}/connect", made.id)).await?;
    let path = format!("/v1/instances/{}/pairing", made.id);
    let mut scanned = None;
    loop {
        let pairing: Pairing = api.get(&path).await?;
        match (&*pairing.state, pairing.qr) {
            ("pairing" | "syncing" | "open", _) => break,
            (_, Some(code)) if scanned.as_ref() != Some(&code.text) => {
                // A code that went off just then is followed by another one.
                service.scan(&person.pn, &code.text).await?;
                scanned = Some(code.text);
            }
            _ => sleep(LOOK_EVERY).await,
        }
    }
    Ok(Number { instance: made.id, pn: person.pn.clone() })
}
