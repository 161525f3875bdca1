//! A client presents itself: registration, login, refusal, replacement, logout.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use wacore_binary::Node;
use wacore_binary::builder::NodeBuilder;

use super::account::Gate;
use super::client::ClientIntro;
use super::delivery::ib;
use super::{ConnId, DeviceId, Session, Shape, World};
use crate::crypto::derive::hkdf;
use crate::faults::{FaultKind, Target};
use crate::message::presence;
use crate::phone::Addressing;
use crate::stanza::{leaf, wrap};

/// Where the client is sent next time, opaque to it.
const ROUTING_INFO: [u8; 4] = [8, 13, 8, 5];

/// Why a client may not come in, in the words of `<failure>`.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Refusal {
    reason: String,
}

impl World {
    pub(super) fn on_connected(&mut self, conn: ConnId, noise: [u8; 32], intro: ClientIntro) {
        match intro {
            ClientIntro::Registration(registration) => {
                let shape = self.shape_for(Target::ANONYMOUS);
                self.shape(conn, shape);
                self.offer_pairing(conn, noise, *registration);
            }
            ClientIntro::Login { pn, device } => match self.admit(&pn, device, &noise) {
                Ok(id) => self.log_in(conn, id),
                Err(refusal) => self.refuse(conn, &refusal),
            },
        }
    }

    fn admit(&mut self, pn: &str, number: u16, noise: &[u8; 32]) -> Result<DeviceId, Refusal> {
        let logged_out = || Refusal { reason: "401".to_owned() };
        let account = self.accounts.by_pn(pn).ok_or_else(logged_out)?;
        let id = DeviceId { account, device: number };
        if let Some(reason) = self.strike(FaultKind::Failure, id) {
            return Err(Refusal { reason });
        }
        let device = self.accounts[account].devices.get(&number).ok_or_else(logged_out)?;
        if device.noise != *noise {
            return Err(logged_out());
        }
        Ok(id)
    }

    fn refuse(&mut self, conn: ConnId, refusal: &Refusal) {
        self.counters.logins_refused += 1;
        let mut failure =
            NodeBuilder::new("failure").attr("reason", refusal.reason.as_str()).attr("location", "frc");
        if refusal.reason == "402" {
            failure = failure.attr("code", "101").attr("expire", 3_600);
        }
        self.send(conn, failure.build());
        self.close(conn);
    }

    fn log_in(&mut self, conn: ConnId, id: DeviceId) {
        if let Some(older) = self.conn_of(id) {
            self.counters.replaced += 1;
            self.end_connection(older, "replaced");
        }
        let Some(device) = self.accounts[id.account].devices.get_mut(&id.device) else { return };
        device.conn = Some(conn);
        device.gate = Gate::Shut;
        self.sessions.insert(conn, Session::Device(id));
        self.counters.logins += 1;
        let shape = self.shape_for(self.target(id));
        self.shape(conn, shape);
        let success = self.success(id);
        self.send(conn, success);
        let routing = wrap("edge_routing", [leaf("routing_info", ROUTING_INFO), leaf("dns_domain", *b"fb")]);
        self.send(conn, ib(routing));
        if let Some(error) = self.strike(FaultKind::StreamError, id) {
            self.end_connection(conn, &error);
        }
    }

    /// Ends a connection with a stream error: a code, `replaced` or `device_removed`.
    pub(crate) fn end_connection(&mut self, conn: ConnId, error: &str) {
        self.send(conn, stream_error(error));
        self.close(conn);
    }

    fn success(&self, id: DeviceId) -> Node {
        let account = &self.accounts[id.account];
        let stable =
            hkdf::<32>(account.pn.as_bytes(), Some(&id.device.to_be_bytes()), b"companion enc static");
        NodeBuilder::new("success")
            .attr("t", self.now_s())
            .attr("props", 27)
            .attr("companion_enc_static", STANDARD.encode(stable))
            .attr("lid", account.jid(Addressing::Lid, id.device))
            .attr("display_name", &*account.push_name)
            .attr("location", "frc")
            .attr("creation", account.created_s)
            .build()
    }

    /// How faults armed now want a target's bytes to travel.
    pub(crate) fn shape_for(&self, target: Target<'_>) -> Shape {
        let on = |kind| self.faults.peek(kind, target).is_some();
        let delay =
            self.faults.peek(FaultKind::Delay, target).and_then(|fault| fault.value.as_deref()?.parse().ok());
        Shape {
            compress: on(FaultKind::Compress),
            split: on(FaultKind::SplitFrames),
            coalesce: on(FaultKind::CoalesceFrames),
            delay_ms: delay.unwrap_or(0),
        }
    }

    /// Applies the faults armed now to the live connections.
    pub(crate) fn reshape(&mut self) {
        let shapes: Vec<(ConnId, Shape)> = self
            .sessions
            .iter()
            .map(|(conn, session)| {
                let target = match session {
                    Session::Device(id) => self.target(*id),
                    Session::Pairing(_) => Target::ANONYMOUS,
                };
                (*conn, self.shape_for(target))
            })
            .collect();
        for (conn, shape) in shapes {
            self.shape(conn, shape);
        }
    }

    /// A connection is gone, from either side.
    pub(super) fn on_closed(&mut self, conn: ConnId) {
        match self.sessions.remove(&conn) {
            Some(Session::Pairing(pairing)) => self.forget_pairing(&pairing),
            Some(Session::Device(id)) => self.device_left(conn, id),
            None => {}
        }
    }

    fn device_left(&mut self, conn: ConnId, id: DeviceId) {
        let Some(device) = self.accounts[id.account].devices.get_mut(&id.device) else { return };
        if device.conn == Some(conn) {
            device.conn = None;
            device.gate = Gate::Shut;
            presence::on_left(self, id);
        }
    }

    /// Unlinks a companion: its connection ends with 401, its next login fails, others hear of it.
    /// `false` if there is no such device.
    pub fn unlink(&mut self, id: DeviceId) -> bool {
        let Some(device) = self.accounts[id.account].devices.remove(&id.device) else { return false };
        self.with_phone(id.account, |phone, _| phone.forget_companion(device.key_index));
        self.accounts[id.account].extras_mut().key_index_list = None;
        if let Some(conn) = device.conn {
            self.end_connection(conn, "device_removed");
        }
        self.announce_removal(id, device.key_index);
        true
    }
}

/// `<stream:error>` for a code, or one of the conflicts `replaced` and `device_removed`.
fn stream_error(what: &str) -> Node {
    let error = NodeBuilder::new("stream:error");
    let conflict = |kind: &str| [NodeBuilder::new("conflict").attr("type", kind).build()];
    match what {
        "replaced" => error.children(conflict(what)).build(),
        "device_removed" => error.attr("code", 401).children(conflict(what)).build(),
        code => error.attr("code", code).build(),
    }
}
