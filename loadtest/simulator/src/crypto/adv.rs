//! Signatures by which a phone vouches for its companions ("ADV"): the container of pair-success, the companion's
//! counter-signature, and the signed list of valid key indexes.

use buffa::Message;
use wacore_libsignal::protocol::KeyPair;
use waproto::whatsapp::{
    ADVDeviceIdentity, ADVEncryptionType, ADVKeyIndexList, ADVSignedDeviceIdentity,
    ADVSignedDeviceIdentityHMAC, ADVSignedKeyIndexList,
};

use super::CryptoError;
use super::derive::{hmac_sha256, raw, sign, verify};

/// Before the details, in what the phone signs about a companion.
const ACCOUNT_SIGNATURE_PREFIX: [u8; 2] = [6, 0];
/// Before the details, in what the companion signs in answer.
const DEVICE_SIGNATURE_PREFIX: [u8; 2] = [6, 1];
/// Before the encoded list, in what the phone signs about its key indexes.
const KEY_INDEX_PREFIX: [u8; 2] = [6, 2];

/// What the details of a companion say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeviceDetails {
    /// Constant of the account's identity.
    pub raw_id: u32,
    /// Unix seconds of the pairing.
    pub timestamp_s: u64,
    /// The companion's key index.
    pub key_index: u32,
}

/// Which part of a container to spoil.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Forgery {
    /// Nothing.
    #[default]
    None,
    /// The HMAC.
    Hmac,
    /// The account signature; the HMAC is over the spoiled bytes and right.
    AccountSignature,
}

/// A signed companion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedCompanion {
    /// Encoded `ADVDeviceIdentity`.
    pub details: Vec<u8>,
    /// Encoded `ADVSignedDeviceIdentityHMAC`.
    pub container: Vec<u8>,
}

/// Signs a companion in: details, account signature, HMAC container.
pub fn sign_companion(
    account: &KeyPair,
    details: DeviceDetails,
    companion_identity: &[u8; 32],
    adv_secret: &[u8; 32],
    forgery: Forgery,
) -> Result<SignedCompanion, CryptoError> {
    let details = ADVDeviceIdentity {
        raw_id: Some(details.raw_id),
        timestamp: Some(details.timestamp_s),
        key_index: Some(details.key_index),
        account_type: Some(ADVEncryptionType::E2EE),
        device_type: Some(ADVEncryptionType::E2EE),
    }
    .encode_to_vec();
    let mut signature =
        sign(&account.private_key, &[&ACCOUNT_SIGNATURE_PREFIX, &details, companion_identity])?;
    if forgery == Forgery::AccountSignature {
        signature[10] ^= 0x40;
    }
    let signed = ADVSignedDeviceIdentity {
        details: Some(details.clone()),
        account_signature_key: Some(raw(&account.public_key).to_vec()),
        account_signature: Some(signature.to_vec()),
        ..Default::default()
    }
    .encode_to_vec();
    let mut hmac = hmac_sha256(adv_secret, &[&signed]);
    if forgery == Forgery::Hmac {
        hmac[10] ^= 0x40;
    }
    let container = ADVSignedDeviceIdentityHMAC {
        details: Some(signed),
        hmac: Some(hmac.to_vec()),
        ..Default::default()
    }
    .encode_to_vec();
    Ok(SignedCompanion { details, container })
}

/// Verifies what a companion answered in `<pair-device-sign>`: both signatures, over the details sent to it.
///
/// `signed_identity` is an encoded `ADVSignedDeviceIdentity`; clients may leave its `accountSignatureKey` out.
pub fn verify_device_signature(
    signed_identity: &[u8],
    details: &[u8],
    account_key: &[u8; 32],
    companion_identity: &[u8; 32],
) -> Result<(), CryptoError> {
    let signed = ADVSignedDeviceIdentity::decode_from_slice(signed_identity)
        .map_err(|_| CryptoError::Malformed("signed device identity"))?;
    let field = |field: Option<Vec<u8>>| field.unwrap_or_default();
    if field(signed.details) != details {
        return Err(CryptoError::Mismatch("device identity details"));
    }
    if signed.account_signature_key.is_some_and(|key| key != account_key) {
        return Err(CryptoError::Mismatch("account signature key"));
    }
    let account = [&ACCOUNT_SIGNATURE_PREFIX[..], details, companion_identity];
    if !verify(account_key, &account, &field(signed.account_signature)) {
        return Err(CryptoError::Mismatch("account signature"));
    }
    let device = [&DEVICE_SIGNATURE_PREFIX[..], details, companion_identity, account_key];
    if !verify(companion_identity, &device, &field(signed.device_signature)) {
        return Err(CryptoError::Mismatch("device signature"));
    }
    Ok(())
}

/// The identity as bundles carry it: without the account's key, which the receiver has by other means.
pub fn without_account_key(signed_identity: &[u8]) -> Result<Vec<u8>, CryptoError> {
    rewritten(signed_identity, None)
}

/// The identity as messages carry it: with the account's key.
pub fn with_account_key(signed_identity: &[u8], account_key: &[u8; 32]) -> Result<Vec<u8>, CryptoError> {
    rewritten(signed_identity, Some(account_key.to_vec()))
}

fn rewritten(signed_identity: &[u8], account_key: Option<Vec<u8>>) -> Result<Vec<u8>, CryptoError> {
    let mut signed = ADVSignedDeviceIdentity::decode_from_slice(signed_identity)
        .map_err(|_| CryptoError::Malformed("signed device identity"))?;
    signed.account_signature_key = account_key;
    Ok(signed.encode_to_vec())
}

/// The key indexes of an account at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyIndexes {
    /// Constant of the account's identity.
    pub raw_id: u32,
    /// Unix seconds.
    pub timestamp_s: u64,
    /// Highest index ever given out, so that a lower one missing from `valid` means removed.
    pub current: u32,
    /// Indexes of the companions linked now; the phone's own index 0 is not listed.
    pub valid: Vec<u32>,
}

/// Signs the list of key indexes in use: encoded `ADVSignedKeyIndexList`.
pub fn sign_key_indexes(account: &KeyPair, indexes: KeyIndexes) -> Result<Vec<u8>, CryptoError> {
    let list = ADVKeyIndexList {
        raw_id: Some(indexes.raw_id),
        timestamp: Some(indexes.timestamp_s),
        current_index: Some(indexes.current),
        valid_indexes: indexes.valid,
        account_type: Some(ADVEncryptionType::E2EE),
    }
    .encode_to_vec();
    let signature = sign(&account.private_key, &[&KEY_INDEX_PREFIX, &list])?;
    Ok(ADVSignedKeyIndexList {
        details: Some(list),
        account_signature: Some(signature.to_vec()),
        ..Default::default()
    }
    .encode_to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::derive::{hmac_sha256_starts_with, key_pair};

    const SECRET: [u8; 32] = [9; 32];

    fn details() -> DeviceDetails {
        DeviceDetails { raw_id: 1, timestamp_s: 1_790_000_000, key_index: 1 }
    }

    /// A companion's side of pairing, as the protocol describes it.
    fn companion_answers(
        companion: &KeyPair,
        signed: &SignedCompanion,
        keep_account_key: bool,
    ) -> Result<Vec<u8>, CryptoError> {
        let outer = ADVSignedDeviceIdentityHMAC::decode_from_slice(&signed.container).unwrap();
        let inner = outer.details.unwrap();
        if !hmac_sha256_starts_with(&SECRET, &[&inner], &outer.hmac.unwrap()) {
            return Err(CryptoError::Mismatch("hmac"));
        }
        let mut identity = ADVSignedDeviceIdentity::decode_from_slice(&inner).unwrap();
        let account: [u8; 32] = identity.account_signature_key.clone().unwrap().try_into().unwrap();
        let details = identity.details.clone().unwrap();
        let own = raw(&companion.public_key);
        if !verify(&account, &[&[6, 0], &details, &own], identity.account_signature.as_ref().unwrap()) {
            return Err(CryptoError::Mismatch("account signature"));
        }
        let signature = sign(&companion.private_key, &[&[6, 1], &details, &own, &account])?;
        identity.device_signature = Some(signature.to_vec());
        if !keep_account_key {
            identity.account_signature_key = None;
        }
        Ok(identity.encode_to_vec())
    }

    #[test]
    fn an_honest_pairing_verifies_with_and_without_the_account_key() {
        let (account, companion) = (key_pair(&[1; 32], b"a"), key_pair(&[2; 32], b"c"));
        let (account_key, own) = (raw(&account.public_key), raw(&companion.public_key));
        let signed = sign_companion(&account, details(), &own, &SECRET, Forgery::None).unwrap();
        // Sizes clients were seen to receive and send.
        assert_eq!((signed.details.len(), signed.container.len()), (14, 152));
        for keep in [true, false] {
            let answer = companion_answers(&companion, &signed, keep).unwrap();
            verify_device_signature(&answer, &signed.details, &account_key, &own).unwrap();
            let bundled = without_account_key(&answer).unwrap();
            let full = with_account_key(&bundled, &account_key).unwrap();
            assert_eq!((bundled.len(), full.len()), (148, 182));
        }
    }

    #[test]
    fn forged_containers_are_refused_by_the_companion() {
        let (account, companion) = (key_pair(&[1; 32], b"a"), key_pair(&[2; 32], b"c"));
        let own = raw(&companion.public_key);
        for (forgery, expected) in [(Forgery::Hmac, "hmac"), (Forgery::AccountSignature, "account signature")]
        {
            let signed = sign_companion(&account, details(), &own, &SECRET, forgery).unwrap();
            assert_eq!(companion_answers(&companion, &signed, true), Err(CryptoError::Mismatch(expected)));
        }
    }

    #[test]
    fn forged_answers_are_refused_by_the_phone() {
        let (account, companion) = (key_pair(&[1; 32], b"a"), key_pair(&[2; 32], b"c"));
        let (account_key, own) = (raw(&account.public_key), raw(&companion.public_key));
        let signed = sign_companion(&account, details(), &own, &SECRET, Forgery::None).unwrap();
        let answer = companion_answers(&companion, &signed, true).unwrap();
        let spoil = |change: fn(&mut ADVSignedDeviceIdentity)| {
            let mut identity = ADVSignedDeviceIdentity::decode_from_slice(&answer).unwrap();
            change(&mut identity);
            verify_device_signature(&identity.encode_to_vec(), &signed.details, &account_key, &own)
        };
        assert_eq!(spoil(|_| ()), Ok(()));
        for (change, what) in [
            ((|i| i.device_signature = None) as fn(&mut ADVSignedDeviceIdentity), "device signature"),
            (|i| i.device_signature.as_mut().unwrap()[3] ^= 1, "device signature"),
            (|i| i.account_signature.as_mut().unwrap()[3] ^= 1, "account signature"),
            (|i| i.account_signature_key = Some(vec![5; 32]), "account signature key"),
            (|i| i.details.as_mut().unwrap().push(0), "device identity details"),
        ] {
            assert_eq!(spoil(change), Err(CryptoError::Mismatch(what)));
        }
        let stranger = verify_device_signature(&answer, &signed.details, &account_key, &[3; 32]);
        assert_eq!(stranger, Err(CryptoError::Mismatch("account signature")));
        assert!(verify_device_signature(&[0xff; 9], &signed.details, &account_key, &own).is_err());
    }

    #[test]
    fn key_index_list_is_signed_over_its_exact_bytes() {
        let account = key_pair(&[1; 32], b"a");
        let encoded = sign_key_indexes(
            &account,
            KeyIndexes { raw_id: 77, timestamp_s: 1_790_000_000, current: 6, valid: vec![2, 5] },
        )
        .unwrap();
        let signed = ADVSignedKeyIndexList::decode_from_slice(&encoded).unwrap();
        let details = signed.details.unwrap();
        let list = ADVKeyIndexList::decode_from_slice(&details).unwrap();
        assert_eq!((list.current_index, list.valid_indexes), (Some(6), vec![2, 5]));
        let signature = signed.account_signature.unwrap();
        assert!(verify(&raw(&account.public_key), &[&[6, 2], &details], &signature));
        assert!(!verify(&raw(&account.public_key), &[&[6, 0], &details], &signature));
    }
}
