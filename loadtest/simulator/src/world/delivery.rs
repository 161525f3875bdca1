//! Getting stanzas to devices: the offline queue, the gate, the backlog.

use std::sync::Arc;

use wacore_binary::Node;
use wacore_binary::builder::NodeBuilder;

use super::account::Gate;
use super::offline::{Confirmation, Preview};
use super::phones::PhoneWork;
use super::{ConnId, DeviceId, OfflineMode, World};
use crate::limits::{OFFLINE_BATCH_STANZAS_MAX, OFFLINE_PRIMER_STANZAS};
use crate::stanza::{attr_u64, child, service, wrap};

impl World {
    /// Delivers a stanza that must arrive: queued until the device confirms it. Phones get it in
    /// their next turn.
    pub(crate) fn deliver(&mut self, to: DeviceId, stanza: Node) {
        let stanza = Arc::new(stanza);
        if to.device == 0 {
            self.queue_phone_work(PhoneWork::Stanza(to.account, stanza));
            return;
        }
        let Some(device) = self.accounts[to.account].devices.get_mut(&to.device) else { return };
        if !device.queue.push(Arc::clone(&stanza)) {
            self.counters.offline_overflow += 1;
            return;
        }
        if let (Gate::Open, Some(conn)) = (device.gate, device.conn) {
            self.send(conn, stanza);
        }
    }

    /// Delivers a stanza that only matters now: dropped unless the device is active.
    pub(crate) fn deliver_live(&mut self, to: DeviceId, stanza: Node) {
        let Some(device) = self.accounts[to.account].devices.get(&to.device) else { return };
        if let (Gate::Open, Some(conn)) = (device.gate, device.conn) {
            self.send(conn, stanza);
        }
    }

    /// Takes a confirmed stanza off a device's queue.
    pub(crate) fn confirm(&mut self, device: DeviceId, confirmation: &Confirmation<'_>) -> bool {
        let found = self.accounts[device.account].devices.get_mut(&device.device);
        found.is_some_and(|device| device.queue.confirm(confirmation))
    }

    /// The device is active: announces its backlog and starts delivering it.
    pub(crate) fn open_gate(&mut self, id: DeviceId) {
        let Some(device) = self.accounts[id.account].devices.get_mut(&id.device) else { return };
        let Some(conn) = device.conn else { return };
        if device.gate != Gate::Shut {
            return;
        }
        let preview = device.queue.preview();
        device.gate = Gate::Pulling { next: 0, sent: 0 };
        let now_s = self.now_s();
        self.send(conn, ib(dirty("account_sync", now_s)));
        self.send(conn, ib(offline_preview(preview)));
        match self.config.offline {
            OfflineMode::Push => self.send_backlog(id, conn, usize::MAX),
            OfflineMode::Pull => self.send_backlog(id, conn, OFFLINE_PRIMER_STANZAS),
        }
    }

    /// The device went passive or away: nothing passes any more.
    pub(crate) fn shut_gate(&mut self, id: DeviceId) {
        if let Some(device) = self.accounts[id.account].devices.get_mut(&id.device) {
            device.gate = Gate::Shut;
        }
    }

    /// Information stanzas: batch requests matter, the rest is swallowed.
    pub(crate) fn on_ib(&mut self, from: DeviceId, node: &Node) {
        let Some(batch) = child(node, "offline_batch") else { return };
        let Some(conn) = self.conn_of(from) else { return };
        let asked = attr_u64(batch, "count").and_then(|count| usize::try_from(count).ok()).unwrap_or(1);
        self.send_backlog(from, conn, asked.clamp(1, OFFLINE_BATCH_STANZAS_MAX));
    }

    /// Sends up to `limit` more stanzas of the backlog, and the end marker after the last.
    fn send_backlog(&mut self, id: DeviceId, conn: ConnId, limit: usize) {
        let Some(device) = self.accounts[id.account].devices.get_mut(&id.device) else { return };
        let Gate::Pulling { next, sent } = device.gate else { return };
        let batch = device.queue.batch(next, limit);
        let next = batch.last().map_or(next, |(number, _)| number + 1);
        let total = sent + batch.len();
        let drained = next >= device.queue.end() || batch.len() < limit;
        device.gate = if drained { Gate::Open } else { Gate::Pulling { next, sent: total } };
        self.counters.offline_delivered += batch.len() as u64;
        for (index, (_, stanza)) in (sent..).zip(batch) {
            let mut stanza = Node::clone(&stanza);
            stanza.attrs.insert("offline", index.to_string());
            self.send(conn, stanza);
        }
        if drained {
            let marker = NodeBuilder::new("offline").attr("count", total).build();
            self.send(conn, ib(marker));
        }
    }
}

/// An information stanza from the service.
pub(super) fn ib(child: Node) -> Node {
    let mut node = wrap("ib", [child]);
    node.attrs.insert("from", service());
    node
}

fn dirty(kind: &'static str, now_s: u64) -> Node {
    NodeBuilder::new("dirty").attr("type", kind).attr("timestamp", now_s).build()
}

fn offline_preview(preview: Preview) -> Node {
    NodeBuilder::new("offline_preview")
        .attr("count", preview.count)
        .attr("appdata", preview.appdata)
        .attr("message", preview.message)
        .attr("notification", preview.notification)
        .attr("receipt", preview.receipt)
        .build()
}
