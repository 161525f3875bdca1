//! The responder against an initiator written here from the protocol description.

use hkdf::Hkdf;
use rand::SeedableRng;
use rand::rngs::StdRng;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use sha2::{Digest, Sha256};
use wacore_libsignal::protocol::{KeyPair, PublicKey};
use waproto::buffa::Message as _;
use waproto::whatsapp::cert_chain::noise_certificate::Details;
use waproto::whatsapp::handshake_message::{ClientFinish, ClientHello, ServerHello};
use waproto::whatsapp::{CertChain, HandshakeMessage};

use super::certificate::raw;
use super::responder::Answered;
use super::*;

const PAYLOAD: &[u8] = b"client payload";

/// A Noise initiator, kept apart from the code under test.
struct Initiator {
    hash: Vec<u8>,
    chaining: Vec<u8>,
    key: Vec<u8>,
    counter: u32,
    ephemeral: KeyPair,
    fixed: KeyPair,
}

fn gcm(key: &[u8]) -> LessSafeKey {
    LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key).unwrap())
}

fn nonce(counter: u32) -> Nonce {
    let mut bytes = [0; 12];
    bytes[8..].copy_from_slice(&counter.to_be_bytes());
    Nonce::assume_unique_for_key(bytes)
}

fn two_keys(salt: &[u8], ikm: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let mut okm = [0; 64];
    Hkdf::<Sha256>::new(Some(salt), ikm).expand(b"", &mut okm).unwrap();
    (okm[..32].to_vec(), okm[32..].to_vec())
}

impl Initiator {
    fn new(pattern: &[u8], seed: u64) -> Self {
        let mut rng = StdRng::seed_from_u64(seed);
        let (ephemeral, fixed) = (KeyPair::generate(&mut rng), KeyPair::generate(&mut rng));
        let start = if pattern.len() == 32 { pattern.to_vec() } else { Sha256::digest(pattern).to_vec() };
        let mut new =
            Self { hash: start.clone(), chaining: start.clone(), key: start, counter: 0, ephemeral, fixed };
        new.mix_hash(b"WA\x06\x03");
        new
    }

    fn mix_hash(&mut self, data: &[u8]) {
        self.hash = Sha256::digest([&self.hash[..], data].concat()).to_vec();
    }

    fn mix_key(&mut self, ours: &KeyPair, theirs: &[u8]) {
        let theirs = PublicKey::from_djb_public_key_bytes(theirs).unwrap();
        let secret = ours.calculate_agreement(&theirs).unwrap();
        (self.chaining, self.key) = two_keys(&self.chaining, &secret);
        self.counter = 0;
    }

    fn seal(&mut self, plain: &[u8]) -> Vec<u8> {
        let mut sealed = plain.to_vec();
        gcm(&self.key)
            .seal_in_place_append_tag(nonce(self.counter), Aad::from(self.hash.clone()), &mut sealed)
            .unwrap();
        self.counter += 1;
        self.mix_hash(&sealed);
        sealed
    }

    fn open(&mut self, sealed: &[u8]) -> Option<Vec<u8>> {
        let mut plain = sealed.to_vec();
        let aad = Aad::from(self.hash.clone());
        let plain = gcm(&self.key).open_in_place(nonce(self.counter), aad, &mut plain).ok()?.to_vec();
        self.counter += 1;
        self.mix_hash(sealed);
        Some(plain)
    }

    fn xx_hello(&mut self) -> Vec<u8> {
        let ephemeral = raw(&self.ephemeral);
        self.mix_hash(&ephemeral);
        hello(ClientHello { ephemeral: Some(ephemeral.to_vec()), ..Default::default() })
    }

    fn ik_hello(&mut self, server: &[u8]) -> Vec<u8> {
        self.mix_hash(server);
        let (ephemeral, fixed) = (self.ephemeral.clone(), self.fixed.clone());
        self.mix_hash(&raw(&ephemeral));
        self.mix_key(&ephemeral, server);
        let sealed_static = self.seal(&raw(&fixed));
        self.mix_key(&fixed, server);
        let payload = self.seal(PAYLOAD);
        hello(ClientHello {
            ephemeral: Some(raw(&ephemeral).to_vec()),
            r#static: Some(sealed_static),
            payload: Some(payload),
            ..Default::default()
        })
    }

    /// Reads an XX-shaped server hello: the server's static key and its certificate chain.
    fn read_full(&mut self, answer: &[u8]) -> Option<(Vec<u8>, Vec<u8>)> {
        let answer = server_hello(answer);
        let theirs = answer.ephemeral.unwrap();
        let ephemeral = self.ephemeral.clone();
        self.mix_hash(&theirs);
        self.mix_key(&ephemeral, &theirs);
        let server = self.open(&answer.r#static?)?;
        self.mix_key(&ephemeral, &server);
        let chain = self.open(&answer.payload.unwrap())?;
        let fixed = self.fixed.clone();
        let sealed_static = self.seal(&raw(&fixed));
        self.mix_key(&fixed, &theirs);
        let payload = self.seal(PAYLOAD);
        let finish =
            ClientFinish { r#static: Some(sealed_static), payload: Some(payload), ..Default::default() };
        let finish = HandshakeMessage { client_finish: finish.into(), ..Default::default() }.encode_to_vec();
        assert!(verified(&chain, &server, None));
        Some((finish, chain))
    }

    fn transport(self) -> (LessSafeKey, LessSafeKey) {
        let (send, receive) = two_keys(&self.chaining, b"");
        (gcm(&send), gcm(&receive))
    }
}

fn hello(hello: ClientHello) -> Vec<u8> {
    HandshakeMessage { client_hello: hello.into(), ..Default::default() }.encode_to_vec()
}

fn server_hello(answer: &[u8]) -> ServerHello {
    HandshakeMessage::decode_from_slice(answer).unwrap().server_hello.into_option().unwrap()
}

/// Whether a chain is what a careful client accepts; the root too, if given.
fn verified(chain: &[u8], server: &[u8], root: Option<&[u8; 32]>) -> bool {
    let chain = CertChain::decode_from_slice(chain).unwrap();
    let part = |certificate: &waproto::whatsapp::cert_chain::NoiseCertificate| {
        let details = certificate.details.clone().unwrap();
        (Details::decode_from_slice(&details).unwrap(), details, certificate.signature.clone().unwrap())
    };
    let (intermediate, intermediate_bytes, by_root) = part(&chain.intermediate);
    let (leaf, leaf_bytes, by_intermediate) = part(&chain.leaf);
    let signed = |key: &[u8], bytes: &[u8], signature: &[u8]| {
        PublicKey::from_djb_public_key_bytes(key).unwrap().verify_signature(bytes, signature)
    };
    intermediate.issuer_serial == Some(0)
        && leaf.issuer_serial == intermediate.serial
        && leaf.key.as_deref() == Some(server)
        && leaf.not_before < leaf.not_after
        && signed(&intermediate.key.unwrap(), &leaf_bytes, &by_intermediate)
        && root.is_none_or(|root| signed(root, &intermediate_bytes, &by_root))
}

fn identity() -> ServiceIdentity {
    ServiceIdentity::generate(1_790_000_000, &mut StdRng::seed_from_u64(9)).unwrap()
}

fn answer(identity: &ServiceIdentity, hello: &[u8], reject_ik: bool) -> (Vec<u8>, Answered) {
    Responder::answer(identity, hello, HelloOptions { reject_ik }, &mut StdRng::seed_from_u64(3)).unwrap()
}

fn finish(answered: Answered, message: &[u8]) -> Result<Established, NoiseError> {
    match answered {
        Answered::Waiting(responder) => responder.finish(message),
        Answered::Established(_) => panic!("XX needs a client finish"),
    }
}

/// Frames pass in both directions, and only in order.
fn check_transport(mut server: Established, client: Initiator) {
    assert_eq!(server.payload, PAYLOAD);
    assert_eq!(server.client_static, raw(&client.fixed));
    let (send, receive) = client.transport();
    for counter in 0..3 {
        let mut frame = b"up".to_vec();
        send.seal_in_place_append_tag(nonce(counter), Aad::empty(), &mut frame).unwrap();
        assert_eq!(server.opener.open(&mut frame).unwrap(), b"up");
        let mut frame = b"down".to_vec();
        server.sealer.seal(&mut frame).unwrap();
        assert_eq!(receive.open_in_place(nonce(counter), Aad::empty(), &mut frame).unwrap(), b"down");
    }
    let mut out_of_order = b"up".to_vec();
    send.seal_in_place_append_tag(nonce(9), Aad::empty(), &mut out_of_order).unwrap();
    assert!(server.opener.open(&mut out_of_order).is_err());
}

#[test]
fn xx_end_to_end() {
    let identity = identity();
    let mut client = Initiator::new(PATTERN_XX, 1);
    let (reply, answered) = answer(&identity, &client.xx_hello(), false);
    let (message, chain) = client.read_full(&reply).unwrap();
    assert!(verified(&chain, &raw(identity.leaf()), Some(&identity.root_public())));
    check_transport(finish(answered, &message).unwrap(), client);
}

#[test]
fn a_wrong_root_does_not_verify() {
    let (identity, other) =
        (identity(), ServiceIdentity::generate(0, &mut StdRng::seed_from_u64(8)).unwrap());
    let server = raw(identity.leaf());
    assert!(verified(identity.chain(), &server, Some(&identity.root_public())));
    assert!(!verified(identity.chain(), &server, Some(&other.root_public())));
}

/// Row 6 of the conformance checklist.
#[test]
fn row_6_ik_is_accepted_without_a_static_in_the_answer() {
    let identity = identity();
    let mut client = Initiator::new(PATTERN_IK, 1);
    let hello = client.ik_hello(&raw(identity.leaf()));
    assert!(Responder::is_resumption(&hello));
    let (reply, answered) = answer(&identity, &hello, false);
    let reply = server_hello(&reply);
    assert!(reply.r#static.is_none());
    let (ephemeral, fixed, theirs) =
        (client.ephemeral.clone(), client.fixed.clone(), reply.ephemeral.unwrap());
    client.mix_hash(&theirs);
    client.mix_key(&ephemeral, &theirs);
    client.mix_key(&fixed, &theirs);
    assert_eq!(client.open(&reply.payload.unwrap()).as_deref(), Some(identity.chain()));
    match answered {
        Answered::Established(established) => check_transport(*established, client),
        Answered::Waiting(_) => panic!("IK ends with the server hello"),
    }
}

/// Row 7 of the conformance checklist: refused, or meant for another key.
#[test]
fn row_7_ik_falls_back_to_xx() {
    let identity = identity();
    let stale = raw(ServiceIdentity::generate(0, &mut StdRng::seed_from_u64(8)).unwrap().leaf());
    for (server, reject_ik) in [(raw(identity.leaf()), true), (stale, false)] {
        let hello = Initiator::new(PATTERN_IK, 1).ik_hello(&server);
        let (reply, answered) = answer(&identity, &hello, reject_ik);
        // The client goes on with the ephemeral it already sent.
        let mut client = Initiator::new(PATTERN_XX_FALLBACK, 1);
        let _ = client.xx_hello();
        let (message, _) = client.read_full(&reply).unwrap();
        check_transport(finish(answered, &message).unwrap(), client);
    }
}

#[test]
fn tampering_is_noticed() {
    let identity = identity();
    let mut client = Initiator::new(PATTERN_XX, 1);
    let (reply, answered) = answer(&identity, &client.xx_hello(), false);
    let (mut message, _) = client.read_full(&reply).unwrap();
    let last = message.len() - 1;
    message[last] ^= 1;
    assert!(matches!(finish(answered, &message), Err(NoiseError::Cipher)));
    for rubbish in [&b""[..], b"\xff\xff", b"\x12\x00"] {
        let mut rng = StdRng::seed_from_u64(3);
        assert!(
            Responder::answer(&identity, rubbish, HelloOptions::default(), &mut rng).is_err(),
            "{rubbish:?}"
        );
    }
}
