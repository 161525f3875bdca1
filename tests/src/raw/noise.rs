//! Noise XX, IK and XXfallback, initiator side, as simulator clients see them: AES-256-GCM, SHA-256, X25519, and
//! a cipher key that is set from the start.

use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use ring::digest::{SHA256, digest};
use ring::hkdf::{HKDF_SHA256, KeyType, Salt};
use wacore_libsignal::protocol::{KeyPair, PublicKey};
use waproto::buffa::Message as _;
use waproto::whatsapp::HandshakeMessage;
use waproto::whatsapp::handshake_message::{ClientFinish, ClientHello};

/// First bytes of a client, bound to the handshake: "WA", magic 6, dictionary 3.
pub const PROLOGUE: [u8; 4] = [0x57, 0x41, 6, 3];

const PATTERN_XX: &[u8; 32] = b"Noise_XX_25519_AESGCM_SHA256\0\0\0\0";
const PATTERN_IK: &[u8; 32] = b"Noise_IK_25519_AESGCM_SHA256\0\0\0\0";
const PATTERN_XX_FALLBACK: &[u8] = b"Noise_XXfallback_25519_AESGCM_SHA256";

/// Hash, chaining key, cipher key and counter of a handshake under way.
struct Symmetric {
    hash: [u8; 32],
    chaining_key: [u8; 32],
    cipher: Cipher,
}

/// One direction of a connection: key and counter.
pub struct Cipher {
    key: LessSafeKey,
    counter: u32,
}

/// What a handshake ends with.
pub struct Transport {
    /// Client to service.
    pub send: Cipher,
    /// Service to client.
    pub receive: Cipher,
    /// The service's static key, to resume with later.
    pub service_static: [u8; 32],
    /// Which way it went.
    pub went: Went,
}

/// How a handshake was completed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Went {
    /// Two round trips from nothing.
    Full,
    /// One round trip with a remembered service key.
    Resumed,
    /// Resumption was refused, completed as a full handshake.
    FellBack,
}

/// A handshake whose hello is on its way.
pub struct Initiator {
    symmetric: Symmetric,
    ephemeral: KeyPair,
    noise: KeyPair,
    resuming: Option<[u8; 32]>,
}

impl Initiator {
    /// A full handshake: state and the encoded hello.
    pub fn full(noise: &KeyPair) -> (Self, Vec<u8>) {
        let ephemeral = generate();
        let mut symmetric = Symmetric::new(PATTERN_XX);
        symmetric.mix_hash(&raw(&ephemeral));
        let hello = encode_hello(&ephemeral, None);
        (Self { symmetric, ephemeral, noise: noise.clone(), resuming: None }, hello)
    }

    /// A resumption with a remembered service key; the payload travels in the hello.
    pub fn resuming(noise: &KeyPair, service_static: [u8; 32], payload: &[u8]) -> (Self, Vec<u8>) {
        let ephemeral = generate();
        let mut symmetric = Symmetric::new(PATTERN_IK);
        symmetric.mix_hash(&service_static);
        symmetric.mix_hash(&raw(&ephemeral));
        symmetric.mix_key(&agree(&ephemeral, &service_static));
        let sealed_static = symmetric.seal(&raw(noise));
        symmetric.mix_key(&agree(noise, &service_static));
        let sealed_payload = symmetric.seal(payload);
        let hello = encode_hello(&ephemeral, Some((sealed_static, sealed_payload)));
        (Self { symmetric, ephemeral, noise: noise.clone(), resuming: Some(service_static) }, hello)
    }

    /// Reads the service's hello. Returns the encoded finish, if one must follow, and the transport.
    ///
    /// # Errors
    /// What about the hello is wrong.
    pub fn complete(
        self,
        hello: &[u8],
        payload: &[u8],
    ) -> Result<(Option<Vec<u8>>, Transport), &'static str> {
        let message = HandshakeMessage::decode_from_slice(hello).map_err(|_| "hello is no protobuf")?;
        let hello = message.server_hello.into_option().ok_or("no server hello")?;
        let ephemeral = hello.ephemeral.ok_or("no server ephemeral")?;
        let sealed_chain = hello.payload.ok_or("no certificate chain")?;
        match (self.resuming, hello.r#static) {
            (Some(service_static), None) => {
                Ok((None, self.resumed(&ephemeral, service_static, &sealed_chain)?))
            }
            (Some(_), Some(sealed_static)) => {
                let mut symmetric = Symmetric::new(PATTERN_XX_FALLBACK);
                symmetric.mix_hash(&raw(&self.ephemeral));
                let mut fallback = Self { symmetric, ..self };
                let service_static = fallback.read_hello(&ephemeral, &sealed_static, &sealed_chain)?;
                let finish = fallback.finish(&ephemeral, payload);
                Ok((Some(finish), fallback.symmetric.split(service_static, Went::FellBack)))
            }
            (None, Some(sealed_static)) => {
                let mut full = self;
                let service_static = full.read_hello(&ephemeral, &sealed_static, &sealed_chain)?;
                let finish = full.finish(&ephemeral, payload);
                Ok((Some(finish), full.symmetric.split(service_static, Went::Full)))
            }
            (None, None) => Err("no server static"),
        }
    }

    fn resumed(
        mut self,
        ephemeral: &[u8],
        service_static: [u8; 32],
        sealed_chain: &[u8],
    ) -> Result<Transport, &'static str> {
        self.symmetric.mix_hash(ephemeral);
        self.symmetric.mix_key(&agree(&self.ephemeral, ephemeral));
        self.symmetric.mix_key(&agree(&self.noise, ephemeral));
        self.symmetric.open(sealed_chain)?;
        Ok(self.symmetric.split(service_static, Went::Resumed))
    }

    /// Second message of XX: the service's static key.
    fn read_hello(
        &mut self,
        ephemeral: &[u8],
        sealed_static: &[u8],
        sealed_chain: &[u8],
    ) -> Result<[u8; 32], &'static str> {
        let state = &mut self.symmetric;
        state.mix_hash(ephemeral);
        state.mix_key(&agree(&self.ephemeral, ephemeral));
        let service_static: [u8; 32] =
            state.open(sealed_static)?.try_into().map_err(|_| "static is not 32 bytes")?;
        state.mix_key(&agree(&self.ephemeral, &service_static));
        state.open(sealed_chain)?;
        Ok(service_static)
    }

    /// Third message of XX: this client's static key and payload.
    fn finish(&mut self, ephemeral: &[u8], payload: &[u8]) -> Vec<u8> {
        let state = &mut self.symmetric;
        let own_static = state.seal(&raw(&self.noise));
        state.mix_key(&agree(&self.noise, ephemeral));
        let finish = ClientFinish {
            r#static: Some(own_static),
            payload: Some(state.seal(payload)),
            ..Default::default()
        };
        HandshakeMessage { client_finish: finish.into(), ..Default::default() }.encode_to_vec()
    }
}

impl Symmetric {
    fn new(pattern: &[u8]) -> Self {
        let hash: [u8; 32] = pattern.try_into().unwrap_or_else(|_| sha256(&[pattern]));
        let mut state = Self { hash, chaining_key: hash, cipher: Cipher::new(&hash) };
        state.mix_hash(&PROLOGUE);
        state
    }

    fn mix_hash(&mut self, data: &[u8]) {
        self.hash = sha256(&[&self.hash, data]);
    }

    fn mix_key(&mut self, secret: &[u8; 32]) {
        let (chaining_key, key) = expand(&self.chaining_key, secret);
        self.chaining_key = chaining_key;
        self.cipher = Cipher::new(&key);
    }

    fn seal(&mut self, plain: &[u8]) -> Vec<u8> {
        let sealed = self.cipher.seal(plain, &self.hash);
        self.mix_hash(&sealed);
        sealed
    }

    fn open(&mut self, sealed: &[u8]) -> Result<Vec<u8>, &'static str> {
        let plain = self.cipher.open(sealed, &self.hash)?;
        self.mix_hash(sealed);
        Ok(plain)
    }

    fn split(self, service_static: [u8; 32], went: Went) -> Transport {
        let (send, receive) = expand(&self.chaining_key, &[]);
        Transport { send: Cipher::new(&send), receive: Cipher::new(&receive), service_static, went }
    }
}

impl Cipher {
    fn new(key: &[u8; 32]) -> Self {
        let key = UnboundKey::new(&AES_256_GCM, key).unwrap_or_else(|_| unreachable!("the key has 32 bytes"));
        Self { key: LessSafeKey::new(key), counter: 0 }
    }

    /// Encrypts the next message.
    pub fn seal(&mut self, plain: &[u8], associated: &[u8]) -> Vec<u8> {
        let mut sealed = plain.to_vec();
        let nonce = self.next_nonce();
        let outcome = self.key.seal_in_place_append_tag(nonce, Aad::from(associated), &mut sealed);
        assert!(outcome.is_ok(), "message too long for AES-GCM");
        sealed
    }

    /// Decrypts the next message.
    ///
    /// # Errors
    /// The tag does not match.
    pub fn open(&mut self, sealed: &[u8], associated: &[u8]) -> Result<Vec<u8>, &'static str> {
        let mut buffer = sealed.to_vec();
        let nonce = self.next_nonce();
        let plain =
            self.key.open_in_place(nonce, Aad::from(associated), &mut buffer).map_err(|_| "does not open")?;
        Ok(plain.to_vec())
    }

    fn next_nonce(&mut self) -> Nonce {
        let mut nonce = [0; 12];
        nonce[8..].copy_from_slice(&self.counter.to_be_bytes());
        self.counter += 1;
        Nonce::assume_unique_for_key(nonce)
    }
}

/// A fresh X25519 key pair.
pub fn generate() -> KeyPair {
    KeyPair::generate(&mut rand::rng())
}

/// The public key without its type byte.
pub fn raw(pair: &KeyPair) -> [u8; 32] {
    let bytes = pair.public_key.public_key_bytes();
    bytes.try_into().unwrap_or_else(|_| unreachable!("an X25519 key has 32 bytes"))
}

fn agree(own: &KeyPair, theirs: &[u8]) -> [u8; 32] {
    let theirs =
        PublicKey::from_djb_public_key_bytes(theirs).unwrap_or_else(|error| panic!("bad key: {error}"));
    own.calculate_agreement(&theirs).unwrap_or_else(|error| panic!("no agreement: {error}"))
}

fn encode_hello(ephemeral: &KeyPair, resumption: Option<(Vec<u8>, Vec<u8>)>) -> Vec<u8> {
    let (sealed_static, payload) = resumption.unzip();
    let hello = ClientHello {
        ephemeral: Some(raw(ephemeral).to_vec()),
        r#static: sealed_static,
        payload,
        ..Default::default()
    };
    HandshakeMessage { client_hello: hello.into(), ..Default::default() }.encode_to_vec()
}

fn sha256(parts: &[&[u8]]) -> [u8; 32] {
    let hash = digest(&SHA256, &parts.concat());
    hash.as_ref().try_into().unwrap_or_else(|_| unreachable!("SHA-256 has 32 bytes"))
}

struct SixtyFour;

impl KeyType for SixtyFour {
    fn len(&self) -> usize {
        64
    }
}

fn expand(salt: &[u8; 32], secret: &[u8]) -> ([u8; 32], [u8; 32]) {
    let mut okm = [0; 64];
    let pseudorandom = Salt::new(HKDF_SHA256, salt).extract(secret);
    let filled = pseudorandom.expand(&[b""], SixtyFour).and_then(|okm_of| okm_of.fill(&mut okm));
    assert!(filled.is_ok(), "HKDF gives up to 8160 bytes");
    let mut halves = ([0; 32], [0; 32]);
    halves.0.copy_from_slice(&okm[..32]);
    halves.1.copy_from_slice(&okm[32..]);
    halves
}
