//! The responder: reads a client hello, answers it, reads the rest.

use rand::{CryptoRng, Rng};
use wacore_libsignal::protocol::{KeyPair, PublicKey};
use waproto::buffa::Message as _;
use waproto::whatsapp::HandshakeMessage;
use waproto::whatsapp::handshake_message::{ClientFinish, ClientHello, ServerHello};

use super::certificate::raw;
use super::symmetric::SymmetricState;
use super::{
    NoiseError, Opener, PATTERN_IK, PATTERN_XX, PATTERN_XX_FALLBACK, PROLOGUE, Sealer, ServiceIdentity,
};

/// How to treat a client hello.
#[derive(Debug, Clone, Copy, Default)]
pub struct HelloOptions {
    /// Refuse resumption: answer an IK hello with XXfallback.
    pub reject_ik: bool,
}

/// A finished handshake.
pub struct Established {
    /// Decrypts the client's frames.
    pub opener: Opener,
    /// Encrypts frames to the client.
    pub sealer: Sealer,
    /// The client's static key, raw X25519.
    pub client_static: [u8; 32],
    /// Encoded `ClientPayload`.
    pub payload: Vec<u8>,
}

/// What a client hello led to.
pub enum Answered {
    /// IK: the hello carried everything.
    Established(Box<Established>),
    /// XX or XXfallback: a client finish must follow.
    Waiting(Box<Responder>),
}

/// A handshake waiting for the client's last message.
pub struct Responder {
    state: SymmetricState,
    ephemeral: KeyPair,
}

impl Responder {
    /// Whether a client hello asks to resume (IK).
    pub fn is_resumption(message: &[u8]) -> bool {
        parse(message).is_ok_and(|message| {
            message.client_hello.as_option().is_some_and(|hello| hello.r#static.is_some())
        })
    }

    /// Answers a client hello: the frame to send, and what comes next.
    ///
    /// An IK hello whose static does not open under this service's key falls back to XX, as does any
    /// when `options` say so.
    ///
    /// # Errors
    /// [`NoiseError`] if the message is malformed or a key is bad.
    pub fn answer<R: Rng + CryptoRng>(
        identity: &ServiceIdentity,
        message: &[u8],
        options: HelloOptions,
        rng: &mut R,
    ) -> Result<(Vec<u8>, Answered), NoiseError> {
        let hello =
            parse(message)?.client_hello.into_option().ok_or(NoiseError::Malformed("no client hello"))?;
        let client_ephemeral = required(&hello.ephemeral, "no ephemeral")?;
        let ephemeral = KeyPair::generate(rng);
        if hello.r#static.is_none() {
            return Self::full(identity, PATTERN_XX, client_ephemeral, ephemeral);
        }
        if !options.reject_ik
            && let Ok(answer) = resume(identity, &hello, client_ephemeral, &ephemeral)
        {
            return Ok(answer);
        }
        Self::full(identity, PATTERN_XX_FALLBACK, client_ephemeral, ephemeral)
    }

    /// Reads the client finish of XX or XXfallback.
    ///
    /// # Errors
    /// [`NoiseError`] if the message is malformed or does not open.
    pub fn finish(mut self, message: &[u8]) -> Result<Established, NoiseError> {
        let finish =
            parse(message)?.client_finish.into_option().ok_or(NoiseError::Malformed("no client finish"))?;
        let ClientFinish { r#static: sealed_static, payload, .. } = finish;
        let client_static = self.state.open(required(&sealed_static, "no static")?)?;
        self.state.mix_key(&agree(&self.ephemeral, &client_static)?);
        let payload = self.state.open(required(&payload, "no payload")?)?;
        established(self.state, &client_static, payload)
    }

    fn full(
        identity: &ServiceIdentity,
        pattern: &[u8],
        client_ephemeral: &[u8],
        ephemeral: KeyPair,
    ) -> Result<(Vec<u8>, Answered), NoiseError> {
        let mut state = SymmetricState::new(pattern, &PROLOGUE);
        state.mix_hash(client_ephemeral);
        state.mix_hash(&raw(&ephemeral));
        state.mix_key(&agree(&ephemeral, client_ephemeral)?);
        let sealed_static = state.seal(&raw(identity.leaf()))?;
        state.mix_key(&agree(identity.leaf(), client_ephemeral)?);
        let payload = state.seal(identity.chain())?;
        let hello = server_hello(&ephemeral, Some(sealed_static), payload);
        Ok((hello, Answered::Waiting(Box::new(Self { state, ephemeral }))))
    }
}

fn resume(
    identity: &ServiceIdentity,
    hello: &ClientHello,
    client_ephemeral: &[u8],
    ephemeral: &KeyPair,
) -> Result<(Vec<u8>, Answered), NoiseError> {
    let mut state = SymmetricState::new(PATTERN_IK, &PROLOGUE);
    state.mix_hash(&raw(identity.leaf()));
    state.mix_hash(client_ephemeral);
    state.mix_key(&agree(identity.leaf(), client_ephemeral)?);
    let client_static = state.open(required(&hello.r#static, "no static")?)?;
    state.mix_key(&agree(identity.leaf(), &client_static)?);
    let payload = state.open(required(&hello.payload, "no payload")?)?;
    state.mix_hash(&raw(ephemeral));
    state.mix_key(&agree(ephemeral, client_ephemeral)?);
    state.mix_key(&agree(ephemeral, &client_static)?);
    let sealed_chain = state.seal(identity.chain())?;
    let established = established(state, &client_static, payload)?;
    Ok((server_hello(ephemeral, None, sealed_chain), Answered::Established(Box::new(established))))
}

fn established(
    state: SymmetricState,
    client_static: &[u8],
    payload: Vec<u8>,
) -> Result<Established, NoiseError> {
    let client_static =
        client_static.try_into().map_err(|_| NoiseError::Malformed("a static key has 32 bytes"))?;
    let (opener, sealer) = state.split()?;
    Ok(Established { opener, sealer, client_static, payload })
}

fn server_hello(ephemeral: &KeyPair, sealed_static: Option<Vec<u8>>, payload: Vec<u8>) -> Vec<u8> {
    let hello = ServerHello {
        ephemeral: Some(raw(ephemeral).to_vec()),
        r#static: sealed_static,
        payload: Some(payload),
        ..Default::default()
    };
    HandshakeMessage { server_hello: hello.into(), ..Default::default() }.encode_to_vec()
}

fn parse(message: &[u8]) -> Result<HandshakeMessage, NoiseError> {
    HandshakeMessage::decode_from_slice(message).map_err(|_| NoiseError::Malformed("not a handshake message"))
}

fn required<'a>(field: &'a Option<Vec<u8>>, missing: &'static str) -> Result<&'a [u8], NoiseError> {
    field.as_deref().ok_or(NoiseError::Malformed(missing))
}

fn agree(ours: &KeyPair, theirs: &[u8]) -> Result<[u8; 32], NoiseError> {
    Ok(ours.calculate_agreement(&PublicKey::from_djb_public_key_bytes(theirs)?)?)
}
