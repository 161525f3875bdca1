//! The secret that a message of this number carries, where answers to it are sealed.

use ring::hmac;
use whatsapp_rust::Client;

/// What the secrets of messages are derived for, and nothing else is.
const PURPOSE: &[u8] = b"trunkline message secret 1 ";

/// The secret of an own message, the same at every attempt to send it: derived from the device's identity, which is kept sealed,
/// so that nothing more has to be. It says nothing about that identity or about another message's secret.
pub(super) fn message_secret(client: &Client, wa_id: &str) -> [u8; 32] {
    let manager = client.persistence_manager();
    let device = manager.get_device_snapshot();
    derived(device.identity_key.private_key.serialize(), wa_id)
}

fn derived(identity: &[u8; 32], wa_id: &str) -> [u8; 32] {
    let key = hmac::Key::new(hmac::HMAC_SHA256, identity);
    let tag = hmac::sign(&key, &[PURPOSE, wa_id.as_bytes()].concat());
    let mut secret = [0; 32];
    secret.copy_from_slice(tag.as_ref());
    secret
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_belongs_to_one_device_and_one_message() {
        let secret = derived(&[1; 32], "A");
        assert_eq!(secret, derived(&[1; 32], "A"));
        assert_ne!(secret, derived(&[1; 32], "B"));
        assert_ne!(secret, derived(&[2; 32], "A"));
    }
}
