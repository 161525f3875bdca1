//! A world with a clock, and companions that pair, log in and take what they are sent.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use wacore_binary::builder::NodeBuilder;
use wacore_binary::{Jid, Node};
use wacore_libsignal::protocol::KeyPair;
use waproto::buffa::Message as _;
use waproto::whatsapp::{ADVSignedDeviceIdentity, ADVSignedDeviceIdentityHMAC};

use super::super::client::Registration;
use super::super::*;
use crate::crypto::derive::{key_pair, raw, sign};
use crate::faults::Fault;
use crate::phone::SignedPreKey;
use crate::stanza::{attr_jid, bytes, child, children, id24, leaf, wrap};

pub(super) const ADA: &str = "5511900000001";
pub(super) const BOB: &str = "5511900000002";
pub(super) const EVE: &str = "5511900000003";

/// A world under test.
pub(super) struct Sim {
    pub world: World,
    now_ms: u64,
    next_conn: u64,
    /// Stanzas sent, by connection.
    sent: Vec<(ConnId, Node)>,
    closed: Vec<ConnId>,
}

/// A client's keys.
pub(super) struct Companion {
    pub noise: [u8; 32],
    pub identity: KeyPair,
    pub registration: Registration,
}

/// What became of a pairing.
pub(super) struct Paired {
    pub conn: ConnId,
    pub answer_id: String,
    pub device: Option<Jid>,
    pub container: Vec<u8>,
}

impl Sim {
    pub fn new() -> Self {
        Self::with(OfflineMode::Push)
    }

    pub fn with(offline: OfflineMode) -> Self {
        let media_host = "127.0.0.1:9".to_owned();
        let world = World::new(WorldConfig { seed: 1, offline, media_host, lid_migrated: false });
        let mut sim =
            Self { world, now_ms: 1_790_000_000_000, next_conn: 0, sent: Vec::new(), closed: Vec::new() };
        for pn in [ADA, BOB, EVE] {
            sim.act(|world| world.create_plain_account(pn)).expect("created");
        }
        sim
    }

    pub fn act<T>(&mut self, action: impl FnOnce(&mut World) -> T) -> T {
        let (result, outputs) = self.world.act(self.now_ms, action);
        self.note(outputs);
        result
    }

    pub fn step(&mut self, input: Input) {
        let outputs = self.world.step(self.now_ms, input);
        self.note(outputs);
    }

    fn note(&mut self, outputs: Vec<Output>) {
        for output in outputs {
            match output {
                Output::Send(conn, node) => self.sent.push((conn, Node::clone(&node))),
                Output::Close(conn) | Output::Drop(conn) => self.closed.push(conn),
                Output::Shape(..) => {}
            }
        }
    }

    pub fn pass(&mut self, ms: u64) {
        self.now_ms += ms;
        self.step(Input::Tick);
    }

    /// Lets phones work until they are done.
    pub fn phones(&mut self) {
        while self.world.phones_have_work() {
            self.step(Input::Phones);
        }
    }

    pub fn arm(&mut self, fault: serde_json::Value) {
        let fault: Fault = serde_json::from_value(fault).expect("a fault");
        assert!(self.act(|world| world.faults.arm(fault)));
    }

    pub fn conn(&mut self) -> ConnId {
        self.next_conn += 1;
        ConnId(self.next_conn)
    }

    pub fn send(&mut self, conn: ConnId, node: Node) {
        self.step(Input::Stanza { conn, node });
    }

    /// Takes what was sent on a connection since it was last asked.
    pub fn take(&mut self, conn: ConnId) -> Vec<Node> {
        let (taken, kept) = std::mem::take(&mut self.sent).into_iter().partition(|(to, _)| *to == conn);
        self.sent = kept;
        taken.into_iter().map(|(_, node)| node).collect()
    }

    pub fn is_closed(&self, conn: ConnId) -> bool {
        self.closed.contains(&conn)
    }

    /// Sends an IQ and returns its answer, checking that there is one.
    pub fn ask(
        &mut self,
        conn: ConnId,
        xmlns: &'static str,
        kind: &'static str,
        children: Vec<Node>,
    ) -> Node {
        self.ask_at(conn, service(), (xmlns, kind), children)
    }

    /// Sends an IQ of the group namespace.
    pub fn ask_group(&mut self, conn: ConnId, to: Jid, kind: &'static str, children: Vec<Node>) -> Node {
        self.ask_at(conn, to, ("w:g2", kind), children)
    }

    fn ask_at(
        &mut self,
        conn: ConnId,
        to: Jid,
        (xmlns, kind): (&'static str, &'static str),
        children: Vec<Node>,
    ) -> Node {
        let id = format!("q{}", self.sent.len());
        let iq = NodeBuilder::new("iq")
            .attr("to", to)
            .attr("xmlns", xmlns)
            .attr("type", kind)
            .attr("id", id.as_str());
        self.send(conn, iq.children(children).build());
        let at = self.sent.iter().position(|(to, node)| {
            *to == conn && node.tag == "iq" && attr(node, "id").as_deref() == Some(&*id)
        });
        self.sent.remove(at.expect("every IQ is answered")).1
    }

    /// Connects a client that is not linked and lets `pn`'s phone scan its QR.
    pub fn scan(&mut self, companion: &Companion, pn: &str) -> Paired {
        let conn = self.conn();
        let intro = ClientIntro::Registration(Box::new(companion.registration.clone()));
        self.step(Input::Connected { conn, noise: companion.noise, intro });
        let offered = self.take(conn).pop().expect("pair-device");
        let refs = children(child(&offered, "pair-device").expect("pair-device"));
        let reference = String::from_utf8(bytes(&refs[0]).into_owned()).expect("text");
        let qr = companion.qr(&reference);
        let account = self.world.find_account(pn).expect("account");
        self.act(|world| world.scan(account, &qr)).expect("scanned");
        let iq = self.take(conn).pop().expect("pair-success");
        let success = child(&iq, "pair-success").expect("pair-success");
        Paired {
            conn,
            answer_id: attr(&iq, "id").expect("id").into_owned(),
            device: child(success, "device").and_then(|device| attr_jid(device, "jid")),
            container: bytes(child(success, "device-identity").expect("container")).into_owned(),
        }
    }

    /// Links a companion to `pn` and logs it in: its live, active connection.
    pub fn link(&mut self, pn: &str, seed: u8) -> (ConnId, Companion) {
        let companion = Companion::new(seed);
        let paired = self.scan(&companion, pn);
        self.send(paired.conn, companion.signed_answer(&paired, true));
        assert!(self.is_closed(paired.conn));
        let number = paired.device.expect("a device").device;
        let conn = self.log_in(pn, number, &companion);
        self.ask(conn, "encrypt", "set", companion.upload(1..=20));
        self.ask(conn, "passive", "set", vec![crate::stanza::empty("active")]);
        self.phones();
        self.confirm_all(conn);
        (conn, companion)
    }

    pub fn log_in(&mut self, pn: &str, device: u16, companion: &Companion) -> ConnId {
        let conn = self.conn();
        let intro = ClientIntro::Login { pn: pn.to_owned(), device };
        self.step(Input::Connected { conn, noise: companion.noise, intro });
        conn
    }

    pub fn activate(&mut self, conn: ConnId) -> Vec<Node> {
        self.ask(conn, "passive", "set", vec![crate::stanza::empty("active")]);
        self.take(conn)
    }

    /// Receipts and acks everything a connection was sent.
    pub fn confirm_all(&mut self, conn: ConnId) -> Vec<Node> {
        let taken = self.take(conn);
        for node in &taken {
            let answer = match &*node.tag {
                "message" => "receipt",
                "receipt" | "notification" => "ack",
                _ => continue,
            };
            let mut reply = NodeBuilder::new(answer).attr("class", node.tag.to_string());
            for (key, source) in
                [("id", "id"), ("to", "from"), ("participant", "participant"), ("type", "type")]
            {
                let wanted = key != "type" || answer == "ack";
                if let (true, Some(value)) = (wanted, node.attrs.get(source)) {
                    reply = reply.attr(key, value.clone());
                }
            }
            if attr(node, "category").as_deref() == Some("peer") {
                reply = reply.attr("type", "peer_msg");
            }
            self.send(conn, reply.build());
        }
        self.sent.retain(|(to, node)| *to != conn || node.tag != "ack");
        taken
    }

    pub fn device(&self, pn: &str, device: u16) -> DeviceId {
        DeviceId { account: self.world.find_account(pn).expect("account"), device }
    }

    pub fn queued(&self, pn: &str, device: u16) -> usize {
        let id = self.device(pn, device);
        self.world.accounts[id.account].devices[&device].queue.len()
    }

    pub fn lid(&self, pn: &str) -> String {
        let account = self.world.find_account(pn).expect("account");
        self.world.accounts[account].lid.to_string()
    }
}

impl Companion {
    pub fn new(seed: u8) -> Self {
        let identity = key_pair(&[seed; 32], b"identity");
        let signed = raw(&key_pair(&[seed; 32], b"signed pre-key").public_key);
        let signature = sign(&identity.private_key, &[&[5], &signed]).expect("signed");
        let registration = Registration {
            registration_id: u32::from(seed) << 16,
            identity: raw(&identity.public_key),
            signed_pre_key: SignedPreKey { id: 1, public: signed, signature },
        };
        Self { noise: [seed; 32], identity, registration }
    }

    pub fn qr(&self, reference: &str) -> String {
        let keys = [self.noise, self.registration.identity, [7; 32]].map(|key| STANDARD.encode(key));
        format!("{reference},{},{},{},1", keys[0], keys[1], keys[2])
    }

    /// The answer to pair-success, counter-signed by this companion, or by somebody else.
    pub fn signed_answer(&self, paired: &Paired, honest: bool) -> Node {
        let outer = ADVSignedDeviceIdentityHMAC::decode_from_slice(&paired.container).expect("container");
        let mut signed =
            ADVSignedDeviceIdentity::decode_from_slice(&outer.details.expect("details")).expect("signed");
        let details = signed.details.clone().expect("details");
        let account = signed.account_signature_key.take().expect("account key");
        let other = key_pair(&[99; 32], b"identity");
        let by = if honest { &self.identity } else { &other };
        let own = self.registration.identity;
        let signature = sign(&by.private_key, &[&[6, 1], &details, &own, &account]).expect("signed");
        signed.device_signature = Some(signature.to_vec());
        let identity =
            NodeBuilder::new("device-identity").attr("key-index", 1).bytes(signed.encode_to_vec()).build();
        NodeBuilder::new("iq")
            .attr("to", service())
            .attr("type", "result")
            .attr("id", paired.answer_id.as_str())
            .children([wrap("pair-device-sign", [identity])])
            .build()
    }

    /// An upload of one-time keys with these ids.
    pub fn upload(&self, ids: std::ops::RangeInclusive<u8>) -> Vec<Node> {
        let key = |id: u8| wrap("key", [leaf("id", id24(u32::from(id))), leaf("value", [id; 32])]);
        let SignedPreKey { id, public, signature } = &self.registration.signed_pre_key;
        vec![
            leaf("registration", self.registration.registration_id.to_be_bytes()),
            leaf("type", [5]),
            leaf("identity", self.registration.identity),
            wrap("list", ids.map(key)),
            wrap("skey", [leaf("id", id24(*id)), leaf("value", *public), leaf("signature", *signature)]),
        ]
    }
}

/// A text message with one ciphertext per target.
pub(super) fn message(id: &str, to: &Jid, targets: &[Jid]) -> Node {
    let entries = targets.iter().map(|jid| {
        let enc = NodeBuilder::new("enc").attr("v", 2).attr("type", "msg").bytes(jid.to_string()).build();
        NodeBuilder::new("to").attr("jid", jid).children([enc]).build()
    });
    NodeBuilder::new("message")
        .attr("id", id)
        .attr("to", to)
        .attr("type", "text")
        .children([wrap("participants", entries)])
        .build()
}

/// Messages among stanzas, as (from, ciphertext).
pub(super) fn messages(stanzas: &[Node]) -> Vec<(String, String)> {
    let of = |node: &Node| {
        let encs = crate::message::encs(node).map(|enc| String::from_utf8_lossy(&bytes(enc)).into_owned());
        (attr(node, "from").unwrap_or_default().into_owned(), encs.collect::<Vec<_>>().join("+"))
    };
    stanzas.iter().filter(|node| node.tag == "message").map(of).collect()
}

/// The first stanza with this tag, and this type if one is given.
pub(super) fn find<'a>(stanzas: &'a [Node], tag: &str, kind: Option<&str>) -> Option<&'a Node> {
    stanzas.iter().find(|node| node.tag == tag && (kind.is_none() || attr(node, "type").as_deref() == kind))
}

/// Code of an error answer.
pub(super) fn error_code(answer: &Node) -> Option<String> {
    child(answer, "error").and_then(|error| attr(error, "code")).map(|code| code.into_owned())
}
