//! Sessions and sender keys of the Go Signal library, which are the protobuf messages of the original one.
//!
//! It differs in what it leaves out and in what it writes empty: a number that is 0 may be missing, and a key that is not there
//! may be a key of no bytes. Keys are checked by the protocol crate when the record is made.

use buffa::Message as _;
use wacore::libsignal::protocol::{
    PendingPreKeyComponents, SenderChainKeyComponents, SenderKeyStateComponents, SenderMessageKeyComponents,
    SenderSigningKeyComponents, SessionChainComponents, SessionChainKeyComponents, SessionComponents,
    SessionMessageKeyComponents, SessionMessageKeyMaterial, SessionRecord, SessionRecordComponents,
};
use waproto::whatsapp as wa;
use waproto::whatsapp::session_structure::{Chain, chain::MessageKey};

/// A record in the protocol crate's form. `None` for a record without sessions.
///
/// # Errors
/// What is wrong with it.
pub(super) fn session(bytes: &[u8]) -> Result<Option<Vec<u8>>, String> {
    let mut record = wa::RecordStructure::decode_from_slice(bytes).map_err(|_| "is no session")?;
    let current_session = match record.current_session.take() {
        Some(current) => state(current)?,
        None => None,
    };
    let previous: Result<Vec<_>, String> = record.previous_sessions.into_iter().map(state).collect();
    let previous_sessions: Vec<SessionComponents> = previous?.into_iter().flatten().collect();
    if current_session.is_none() && previous_sessions.is_empty() {
        return Ok(None);
    }
    let record =
        SessionRecord::from_components(SessionRecordComponents { current_session, previous_sessions })
            .and_then(|record| record.serialize());
    record.map(Some).map_err(|error| format!("cannot be converted: {error}"))
}

/// The states of a sender key, the newest first.
///
/// # Errors
/// What is wrong with it.
pub(super) fn sender_key(bytes: &[u8]) -> Result<Vec<SenderKeyStateComponents>, String> {
    let record = wa::SenderKeyRecordStructure::decode_from_slice(bytes).map_err(|_| "is no sender key")?;
    // Theirs has the newest last, the protocol crate's first.
    record.sender_key_states.into_iter().rev().map(sender_state).collect()
}

/// `None` for a state in which nothing was agreed on.
fn state(mut state: wa::SessionStructure) -> Result<Option<SessionComponents>, String> {
    let Some(root_key) = present(state.root_key.take()) else { return Ok(None) };
    let sender_chain = state
        .sender_chain
        .take()
        .filter(|chain| chain.sender_ratchet_key_private.as_ref().is_some_and(|key| !key.is_empty()));
    let receiver_chains: Result<_, String> = state.receiver_chains.into_iter().map(receiver_chain).collect();
    Ok(Some(SessionComponents {
        session_version: state.session_version,
        local_identity_public: present(state.local_identity_public),
        remote_identity_public: present(state.remote_identity_public),
        root_key: Some(root_key),
        previous_counter: Some(state.previous_counter.unwrap_or(0)),
        sender_chain: sender_chain.map(chain).transpose()?,
        receiver_chains: receiver_chains?,
        // WhatsApp exchanges keys by pre-keys alone.
        pending_key_exchange: None,
        pending_pre_key: state.pending_pre_key.take().and_then(pending_pre_key),
        remote_registration_id: state.remote_registration_id,
        local_registration_id: state.local_registration_id,
        needs_refresh: state.needs_refresh,
        alice_base_key: present(state.alice_base_key),
    }))
}

fn chain(mut chain: Chain) -> Result<SessionChainComponents, String> {
    let chain_key = chain.chain_key.take().map(|key| SessionChainKeyComponents {
        index: Some(key.index.unwrap_or(0)),
        key: key.key.filter(|key| !key.is_empty()).map(|key| key.to_vec()),
    });
    let message_keys: Result<_, String> = chain.message_keys.into_iter().map(message_key).collect();
    Ok(SessionChainComponents {
        sender_ratchet_key: present(chain.sender_ratchet_key),
        sender_ratchet_key_private: present(chain.sender_ratchet_key_private),
        chain_key,
        message_keys: message_keys?,
    })
}

/// The other side's ratchet has no private key here, whatever is written in its place.
fn receiver_chain(theirs: Chain) -> Result<SessionChainComponents, String> {
    Ok(SessionChainComponents { sender_ratchet_key_private: None, ..chain(theirs)? })
}

fn message_key(key: MessageKey) -> Result<SessionMessageKeyComponents, String> {
    let material = SessionMessageKeyMaterial::Derived {
        cipher_key: array(key.cipher_key.as_deref())?,
        mac_key: array(key.mac_key.as_deref())?,
        iv: array(key.iv.as_deref())?,
    };
    Ok(SessionMessageKeyComponents { index: key.index.unwrap_or(0), material })
}

fn pending_pre_key(pending: wa::session_structure::PendingPreKey) -> Option<PendingPreKeyComponents> {
    let base_key = present(pending.base_key)?;
    Some(PendingPreKeyComponents {
        pre_key_id: pending.pre_key_id,
        signed_pre_key_id: Some(pending.signed_pre_key_id.unwrap_or(0)),
        base_key: Some(base_key),
        kyber_pre_key_id: None,
        kyber_ciphertext: None,
    })
}

fn sender_state(mut state: wa::SenderKeyStateStructure) -> Result<SenderKeyStateComponents, String> {
    let chain = state.sender_chain_key.take().ok_or("has a state without a chain")?;
    let signing = state.sender_signing_key.take().ok_or("has a state without a signing key")?;
    let message_keys = state.sender_message_keys.into_iter().map(|key| SenderMessageKeyComponents {
        iteration: key.iteration.unwrap_or(0),
        seed: key.seed.unwrap_or_default().to_vec(),
    });
    Ok(SenderKeyStateComponents {
        key_id: state.sender_key_id.unwrap_or(0),
        chain_key: SenderChainKeyComponents {
            iteration: chain.iteration.unwrap_or(0),
            seed: chain.seed.unwrap_or_default().to_vec(),
        },
        signing_key: SenderSigningKeyComponents {
            public: signing.public.unwrap_or_default().to_vec(),
            private: signing.private.filter(|key| !key.is_empty()).map(|key| key.to_vec()),
        },
        message_keys: message_keys.collect(),
    })
}

fn present(key: Option<Vec<u8>>) -> Option<Vec<u8>> {
    key.filter(|key| !key.is_empty())
}

fn array<const N: usize>(bytes: Option<&[u8]>) -> Result<[u8; N], String> {
    let bytes = bytes.unwrap_or_default();
    bytes.try_into().map_err(|_| format!("has a message key without {N} bytes"))
}
