//! Accounts and the linking of companions.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use hyper::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Answer, Refused, accepted, account, ok, parse, value};
use crate::limits::BATCH_ACCOUNTS_MAX;
use crate::net::Hub;
use crate::phone::Behaviour;
use crate::world::account::Business;
use crate::world::quotas::Quotas;
use crate::world::{AccountError, NewAccount, ScanError, World};

/// First number given to accounts created without one.
const FIRST_PN: u64 = 5_511_900_000_001;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Create {
    pn: Option<String>,
    push_name: Option<String>,
    auto_read: Option<bool>,
    auto_deliver: Option<bool>,
    history: Option<bool>,
    share_keys: Option<bool>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Batch {
    count: usize,
    first_pn: Option<String>,
    auto_read: Option<bool>,
    auto_deliver: Option<bool>,
    history: Option<bool>,
}

fn behaviour(auto_deliver: Option<bool>, auto_read: Option<bool>, history: Option<bool>) -> Behaviour {
    let default = Behaviour::default();
    Behaviour {
        auto_deliver: auto_deliver.unwrap_or(default.auto_deliver),
        auto_read: auto_read.unwrap_or(default.auto_read),
        history: history.unwrap_or(default.history),
        ..default
    }
}

/// `POST /accounts`.
pub(super) fn create(hub: &Hub, body: &[u8]) -> Answer {
    let asked: Create = parse(body)?;
    let mut behaviour = behaviour(asked.auto_deliver, asked.auto_read, asked.history);
    behaviour.share_keys = asked.share_keys.unwrap_or(behaviour.share_keys);
    hub.act(|world| {
        let pn = asked.pn.unwrap_or_else(|| free_number(world));
        let pn = pn.trim_start_matches('+').to_owned();
        let id = world
            .create_account(NewAccount { pn, push_name: asked.push_name, behaviour })
            .map_err(refused)?;
        Ok((StatusCode::CREATED, value(&world.account_report(id))?))
    })
}

/// `POST /accounts/batch`.
pub(super) fn create_batch(hub: &Hub, body: &[u8]) -> Answer {
    let asked: Batch = parse(body)?;
    if asked.count > BATCH_ACCOUNTS_MAX {
        return Err(Refused::bad(format!("at most {BATCH_ACCOUNTS_MAX} accounts at once")));
    }
    let first: Option<u64> = asked.first_pn.map(|pn| pn.parse().map_err(Refused::bad)).transpose()?;
    let behaviour = behaviour(asked.auto_deliver, asked.auto_read, asked.history);
    hub.act(|world| {
        let first = first.unwrap_or_else(|| FIRST_PN + world.accounts.len() as u64);
        let made: Result<Vec<Value>, Refused> = (first..)
            .take(asked.count)
            .map(|pn| {
                let new = NewAccount { pn: pn.to_string(), push_name: None, behaviour };
                let id = world.create_account(new).map_err(refused)?;
                value(&world.account_report(id))
            })
            .collect();
        Ok((StatusCode::CREATED, Value::Array(made?)))
    })
}

fn free_number(world: &World) -> String {
    let first = FIRST_PN + world.accounts.len() as u64;
    let free = (first..).find(|pn| world.accounts.by_pn(&pn.to_string()).is_none());
    free.unwrap_or(first).to_string()
}

fn refused(error: AccountError) -> Refused {
    match error {
        AccountError::BadNumber => Refused::bad(error),
        AccountError::Exists(_) | AccountError::Full => Refused::conflict(error),
    }
}

/// `GET /accounts/{pn}`.
pub(super) fn get(hub: &Hub, pn: &str) -> Answer {
    hub.act(|world| ok(value(&world.account_report(account(world, pn)?))?))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Scan {
    qr: String,
}

/// `POST /accounts/{pn}/scan`.
pub(super) fn scan(hub: &Hub, pn: &str, body: &[u8]) -> Answer {
    let Scan { qr } = parse(body)?;
    hub.act(|world| {
        let account = account(world, pn)?;
        world.scan(account, &qr).map_err(not_linked)
    })?;
    accepted()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Code {
    code: String,
}

/// `POST /accounts/{pn}/pairing-code`.
pub(super) fn pairing_code(hub: &Hub, pn: &str, body: &[u8]) -> Answer {
    let Code { code } = parse(body)?;
    hub.act(|world| {
        let account = account(world, pn)?;
        world.enter_pairing_code(account, &code).map_err(not_linked)
    })?;
    accepted()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Passkey {
    required: bool,
}

/// `POST /accounts/{pn}/passkey`.
pub(super) fn passkey(hub: &Hub, pn: &str, body: &[u8]) -> Answer {
    let Passkey { required } = parse(body)?;
    hub.act(|world| {
        let account = account(world, pn)?;
        world.require_passkey(account, required);
        accepted()
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AssertionAsked {
    /// `PublicKeyCredentialRequestOptions`, as JSON text.
    options: String,
}

/// `POST /accounts/{pn}/passkey/assertion`: the parts of the assertion, in base64url.
pub(super) fn passkey_assertion(hub: &Hub, pn: &str, body: &[u8]) -> Answer {
    let AssertionAsked { options } = parse(body)?;
    let assertion = hub.act(|world| {
        let account = account(world, pn)?;
        world.assert_passkey(account, &options).map_err(not_linked)
    })?;
    let part = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    ok(json!({
        "credential_id": part(&assertion.credential_id),
        "client_data_json": part(&assertion.client_data_json),
        "authenticator_data": part(&assertion.authenticator_data),
        "signature": part(&assertion.signature),
    }))
}

fn not_linked(error: ScanError) -> Refused {
    match error {
        ScanError::NobodyWaiting => Refused { status: StatusCode::NOT_FOUND, error: error.to_string() },
        ScanError::BadQr(_) | ScanError::KeyMismatch | ScanError::Phone(_) => Refused::bad(error),
        ScanError::TooManyCompanions => Refused::conflict(error),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Unlink {
    device: u16,
}

/// `POST /accounts/{pn}/unlink`.
pub(super) fn unlink(hub: &Hub, pn: &str, body: &[u8]) -> Answer {
    let Unlink { device } = parse(body)?;
    hub.act(|world| {
        let account = account(world, pn)?;
        let unlinked = world.unlink(crate::world::DeviceId { account, device });
        if unlinked { accepted() } else { Err(Refused::not_found("device")) }
    })
}

/// `POST /accounts/{pn}/limits`.
pub(super) fn limits(hub: &Hub, pn: &str, body: &[u8]) -> Answer {
    let quotas: Quotas = parse(body)?;
    hub.act(|world| {
        let account = account(world, pn)?;
        world.set_quotas(account, quotas);
        accepted()
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Audience {
    list: String,
    people: Vec<String>,
}

/// `POST /accounts/{pn}/status-audience`.
pub(super) fn status_audience(hub: &Hub, pn: &str, body: &[u8]) -> Answer {
    let Audience { list, people } = parse(body)?;
    hub.act(|world| {
        let id = account(world, pn)?;
        let people = people.iter().map(|name| account(world, name)).collect::<Result<_, _>>()?;
        world.set_status_audience(id, list, people);
        accepted()
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Profile {
    about: Option<String>,
    picture_base64: Option<String>,
    business: Option<Business>,
}

/// `POST /accounts/{pn}/profile`: what the account shows of itself.
pub(super) fn profile(hub: &Hub, pn: &str, body: &[u8]) -> Answer {
    let Profile { about, picture_base64, business } = parse(body)?;
    let picture = picture_base64.map(|text| STANDARD.decode(text).map_err(Refused::bad)).transpose()?;
    hub.act(|world| {
        let account = account(world, pn)?;
        let (now_s, id) = (world.now_s(), world.now_ms.to_string());
        let extras = world.accounts[account].extras_mut();
        if let Some(about) = about {
            extras.status = Some((about, now_s));
        }
        if let Some(picture) = picture {
            extras.picture = Some((id, picture));
        }
        if business.is_some() {
            extras.business = business;
        }
        accepted()
    })
}
