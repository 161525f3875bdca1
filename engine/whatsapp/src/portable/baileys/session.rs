//! Sessions of the JavaScript Signal library (`SessionRecord` v1).

use bytes::Bytes;
use serde_json::Value;
use wacore::libsignal::protocol::{
    LegacyIndexedSessionV1, LegacySessionBaseKeyRoleV1, LegacySessionChainCounterV1, LegacySessionChainKeyV1,
    LegacySessionChainRoleV1, LegacySessionChainV1, LegacySessionDispositionV1, LegacySessionIndexV1,
    LegacySessionInteropError, LegacySessionKeyPairV1, LegacySessionLocalContext, LegacySessionMessageKeyV1,
    LegacySessionPendingPreKeyV1, LegacySessionRatchetV1, LegacySessionRecordV1, LegacySessionV1,
};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::Local;
use crate::portable::PortableError;
use crate::portable::encoded::Node;

/// A record in the protocol crate's form, and the identity key of the other side.
type Session = (Vec<u8>, [u8; 32]);

/// Reads a record. `None` for a record without sessions.
pub(super) fn read(node: &Node<'_>, local: Local) -> Result<Option<Session>, PortableError> {
    let mut sessions = Vec::new();
    let mut identity = None;
    for (base_key, entry) in node.member("_sessions")?.members()? {
        let session = session(&entry)?;
        let is_current = matches!(session.index.disposition, LegacySessionDispositionV1::Current);
        if is_current || identity.is_none() {
            identity = Some(entry.member("indexInfo")?.member("remoteIdentityKey")?.public_key()?);
        }
        sessions.push(LegacyIndexedSessionV1 { index_key: key_of(node, base_key)?, session });
    }
    let Some(identity) = identity else { return Ok(None) };
    let wrong =
        |error: LegacySessionInteropError| node.wrong(&format!("has sessions that do not fit: {error}"));
    let context =
        LegacySessionLocalContext { identity_key: local.identity, registration_id: local.registration_id };
    let record = LegacySessionRecordV1::from_indexed_sessions(sessions)
        .and_then(|record| record.into_session_record(context))
        .map_err(wrong)?;
    let record = record.serialize().map_err(|error| node.wrong(&format!("cannot be converted: {error}")))?;
    Ok(Some((record, identity)))
}

fn key_of(node: &Node<'_>, base64: &str) -> Result<Bytes, PortableError> {
    STANDARD.decode(base64).map(Bytes::from).map_err(|_| node.wrong("has a key that is no base64"))
}

fn bytes(node: &Node<'_>) -> Result<Bytes, PortableError> {
    node.bytes().map(Bytes::from)
}

fn session(entry: &Node<'_>) -> Result<LegacySessionV1, PortableError> {
    let ratchet = entry.member("currentRatchet")?;
    let pair = ratchet.member("ephemeralKeyPair")?;
    let chains = entry.member("_chains")?;
    let chains = chains.members()?.map(|(key, node)| chain(key, &node)).collect::<Result<_, _>>()?;
    Ok(LegacySessionV1 {
        registration_id: entry.member("registrationId")?.unsigned()?,
        ratchet: LegacySessionRatchetV1 {
            key_pair: LegacySessionKeyPairV1 {
                public: bytes(&pair.member("pubKey")?)?,
                private: bytes(&pair.member("privKey")?)?,
            },
            last_remote_ephemeral_key: bytes(&ratchet.member("lastRemoteEphemeralKey")?)?,
            previous_counter: ratchet.member("previousCounter")?.integer()?,
            root_key: bytes(&ratchet.member("rootKey")?)?,
        },
        index: index(&entry.member("indexInfo")?)?,
        chains,
        pending_pre_key: entry
            .optional("pendingPreKey")
            .map(|pending| pending_pre_key(&pending))
            .transpose()?,
    })
}

fn index(info: &Node<'_>) -> Result<LegacySessionIndexV1, PortableError> {
    let role = info.member("baseKeyType")?;
    let closed = info.member("closed")?;
    let time = |name: &str| -> Result<u64, PortableError> {
        let time = info.optional(name).map(|time| time.integer()).transpose()?;
        Ok(time.map_or(0, |time| u64::try_from(time).unwrap_or(0)))
    };
    Ok(LegacySessionIndexV1 {
        base_key: bytes(&info.member("baseKey")?)?,
        base_key_role: LegacySessionBaseKeyRoleV1::try_from(role.unsigned()?)
            .map_err(|error| role.wrong(&error.to_string()))?,
        disposition: LegacySessionDispositionV1::from_closed_timestamp(closed.integer()?)
            .map_err(|error| closed.wrong(&error.to_string()))?,
        used_at_ms: time("used")?,
        created_at_ms: time("created")?,
        remote_identity_key: bytes(&info.member("remoteIdentityKey")?)?,
    })
}

fn chain(key: &str, node: &Node<'_>) -> Result<LegacySessionChainV1, PortableError> {
    let (role, chain_key) = (node.member("chainType")?, node.member("chainKey")?);
    let counter = chain_key.member("counter")?;
    let mut message_keys = Vec::new();
    for (index, seed) in node.member("messageKeys")?.members()? {
        let index = index.parse().map_err(|_| node.wrong("has a message key without a number"))?;
        message_keys.push(LegacySessionMessageKeyV1 { index, seed: bytes(&seed)? });
    }
    // A chain that is used up keeps its skipped keys alone; some versions write an empty text in the place of its key.
    let key_left = chain_key.optional("key").filter(|key| key.value() != &Value::String(String::new()));
    Ok(LegacySessionChainV1 {
        ratchet_key: key_of(node, key)?,
        role: LegacySessionChainRoleV1::try_from(role.unsigned()?)
            .map_err(|error| role.wrong(&error.to_string()))?,
        chain_key: LegacySessionChainKeyV1 {
            counter: LegacySessionChainCounterV1::new(counter.integer()?)
                .map_err(|error| counter.wrong(&error.to_string()))?,
            key: key_left.map(|key| bytes(&key)).transpose()?,
        },
        message_keys,
    })
}

fn pending_pre_key(node: &Node<'_>) -> Result<LegacySessionPendingPreKeyV1, PortableError> {
    Ok(LegacySessionPendingPreKeyV1 {
        pre_key_id: node.optional("preKeyId").map(|id| id.unsigned()).transpose()?,
        signed_pre_key_id: node.member("signedKeyId")?.unsigned()?,
        base_key: bytes(&node.member("baseKey")?)?,
    })
}
