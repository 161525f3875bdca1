//! Connections, faults, statistics, and what the judge found.

use serde::Deserialize;
use serde_json::json;

use super::{Answer, Refused, accepted, ok, parse, parse_wait, value};
use crate::faults::Fault;
use crate::net::Hub;
use crate::world::{ConnId, World};

/// `GET /connections?device=JID&online=true|false&wait_ms=M`.
pub(super) async fn connections(hub: &Hub, query: &str) -> Answer {
    let asked = parse_wait(query)?;
    if let Some(device) = &asked.device {
        let wanted = asked.online.unwrap_or(true);
        let there = |world: &mut World| {
            let conn = world.find_device(device).and_then(|id| world.connection_of(id));
            (conn.is_some() == wanted, ())
        };
        hub.wait_for(asked.wait, there).await;
    }
    let reports = hub.act(|world| world.connection_reports());
    ok(json!({"connections": value(&reports)?}))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct End {
    error: String,
}

/// `POST /connections/{device}/end`.
pub(super) fn end(hub: &Hub, device: &str, body: &[u8]) -> Answer {
    let End { error } = parse(body)?;
    hub.act(|world| {
        let conn = connection(world, device)?;
        world.end_connection(conn, &error);
        accepted()
    })
}

fn connection(world: &World, device: &str) -> Result<ConnId, Refused> {
    let conn = world.find_device(device).and_then(|id| world.connection_of(id));
    conn.ok_or_else(|| Refused::not_found("connection"))
}

/// `POST /connections/{device}/{drop|freeze|thaw}`.
pub(super) fn act(hub: &Hub, device: &str, action: &str) -> Answer {
    let conn = hub.act(|world| connection(world, device))?;
    let found = match action {
        "drop" => hub.set_link(conn, |link| link.dropped = true),
        "freeze" => hub.set_link(conn, |link| link.frozen = true),
        "thaw" => hub.set_link(conn, |link| link.frozen = false),
        _ => return Err(Refused::bad("drop, freeze, thaw or end")),
    };
    if found { accepted() } else { Err(Refused::not_found("connection")) }
}

/// `GET /faults`.
pub(super) fn faults(hub: &Hub) -> Answer {
    let armed = hub.act(|world| world.faults.armed().to_vec());
    ok(json!({"faults": value(&armed)?}))
}

/// `POST /faults`.
pub(super) fn arm(hub: &Hub, body: &[u8]) -> Answer {
    let fault: Fault = parse(body)?;
    let armed = hub.act(|world| {
        let armed = world.faults.arm(fault);
        world.reshape();
        armed
    });
    if armed { accepted() } else { Err(Refused::conflict("too many faults are armed")) }
}

/// `DELETE /faults`.
pub(super) fn disarm(hub: &Hub) -> Answer {
    hub.act(|world| {
        world.faults.clear();
        world.reshape();
    });
    accepted()
}

/// `POST /media/forget`: every file is gone from the media host, until a phone uploads it again.
pub(super) fn forget_media(hub: &Hub) -> Answer {
    let files = hub.act(|world| world.blobs.forget_all());
    ok(json!({"files": files}))
}

/// `GET /stats`.
pub(super) fn stats(hub: &Hub) -> Answer {
    let stats = hub.act(|world| world.stats());
    ok(value(&stats)?)
}

/// `GET /judge`.
pub(super) fn judge(hub: &Hub) -> Answer {
    let verdict = hub.act(|world| world.judge.verdict());
    ok(value(&verdict)?)
}
