//! The judge: finds Signal keys used twice, from the ciphertexts that pass through the service.
//!
//! A message key is named by sender, recipient (or group), chain and counter. It may encrypt one plain
//! text, so it may show up with one ciphertext. The judge keeps a hash of what it saw, bounded; once
//! full it says so and no longer vouches for keys it could not remember.

use std::collections::HashMap;

use serde::Serialize;
use sha2::{Digest, Sha256};
use wacore_libsignal::protocol::{PreKeySignalMessage, SenderKeyMessage, SignalMessage};

use crate::limits::{JUDGE_CIPHERTEXTS_MAX, JUDGE_FINDINGS_MAX, JUDGE_IDS_MAX};

/// A ciphertext on its way.
#[derive(Debug, Clone, Copy)]
pub struct Observation<'a> {
    /// Sending device, by one canonical name.
    pub sender: &'a str,
    /// Receiving device or group, by one canonical name.
    pub recipient: &'a str,
    /// `msg`, `pkmsg` or `skmsg`.
    pub kind: &'a str,
    /// The ciphertext.
    pub ciphertext: &'a [u8],
}

/// What the judge found so far.
#[derive(Debug, Clone, Serialize)]
pub struct Verdict {
    /// No message key was seen with two ciphertexts, and no message id in two chats.
    pub clean: bool,
    /// Message keys seen with two ciphertexts.
    pub reused_keys: u64,
    /// Message ids one device used for two chats.
    pub reused_ids: u64,
    /// Ciphertexts that do not parse.
    pub malformed: u64,
    /// Ciphertexts looked at.
    pub ciphertexts: u64,
    /// Messages of an id that was sent before to the same chat: resends and retries, which are legitimate.
    pub resent: u64,
    /// The memory is full: what came later was compared, but not remembered.
    pub overflowed: bool,
    /// The first findings, in words.
    pub findings: Vec<String>,
}

/// Remembers message keys and judges what is seen again.
#[derive(Default)]
pub struct Judge {
    seen: HashMap<[u8; 16], u64>,
    ids: HashMap<[u8; 16], u64>,
    reused_keys: u64,
    reused_ids: u64,
    malformed: u64,
    ciphertexts: u64,
    resent: u64,
    overflowed: bool,
    findings: Vec<String>,
}

impl Judge {
    /// Looks at a ciphertext.
    pub fn observe(&mut self, seen: Observation<'_>) {
        self.ciphertexts += 1;
        let Some((chain, counter)) = message_key(seen.kind, seen.ciphertext) else {
            self.malformed += 1;
            self.find(|| format!("malformed {} from {} to {}", seen.kind, seen.sender, seen.recipient));
            return;
        };
        let key =
            digest(&[seen.sender.as_bytes(), seen.recipient.as_bytes(), &chain, &counter.to_be_bytes()]);
        let content = short(&digest(&[seen.ciphertext]));
        if self.remember(key, content, Memory::Keys) == Some(false) {
            self.reused_keys += 1;
            self.find(|| {
                let chain = hex::encode(&chain[..chain.len().min(8)]);
                let Observation { sender, recipient, kind, .. } = seen;
                format!("{kind} from {sender} to {recipient}: counter {counter} of chain {chain} used twice")
            });
        }
    }

    /// Looks at a message's id: one device must not use one id for two chats.
    pub fn observe_id(&mut self, sender: &str, id: &str, chat: &str) {
        match self.remember(
            digest(&[sender.as_bytes(), id.as_bytes()]),
            short(&digest(&[chat.as_bytes()])),
            Memory::Ids,
        ) {
            Some(true) => self.resent += 1,
            Some(false) => {
                self.reused_ids += 1;
                self.find(|| format!("message id {id} of {sender} used in two chats"));
            }
            None => {}
        }
    }

    /// What was found so far.
    pub fn verdict(&self) -> Verdict {
        Verdict {
            clean: self.reused_keys == 0 && self.reused_ids == 0 && self.malformed == 0,
            reused_keys: self.reused_keys,
            reused_ids: self.reused_ids,
            malformed: self.malformed,
            ciphertexts: self.ciphertexts,
            resent: self.resent,
            overflowed: self.overflowed,
            findings: self.findings.clone(),
        }
    }

    /// Whether `key` was seen before with the same content; `None` if it is new.
    fn remember(&mut self, key: [u8; 16], content: u64, memory: Memory) -> Option<bool> {
        let (known, bound) = match memory {
            Memory::Keys => (&mut self.seen, JUDGE_CIPHERTEXTS_MAX),
            Memory::Ids => (&mut self.ids, JUDGE_IDS_MAX),
        };
        if let Some(before) = known.get(&key) {
            return Some(*before == content);
        }
        if known.len() < bound {
            known.insert(key, content);
        } else {
            self.overflowed = true;
        }
        None
    }

    fn find(&mut self, describe: impl FnOnce() -> String) {
        if self.findings.len() < JUDGE_FINDINGS_MAX {
            self.findings.push(describe());
        }
    }
}

#[derive(Clone, Copy)]
enum Memory {
    Keys,
    Ids,
}

/// Chain and counter of a ciphertext's message key.
fn message_key(kind: &str, ciphertext: &[u8]) -> Option<(Vec<u8>, u32)> {
    let of = |message: &SignalMessage| (message.sender_ratchet_key().serialize().to_vec(), message.counter());
    match kind {
        "msg" => SignalMessage::try_from(ciphertext).ok().map(|message| of(&message)),
        "pkmsg" => PreKeySignalMessage::try_from(ciphertext).ok().map(|message| of(message.message())),
        "skmsg" => {
            let message = SenderKeyMessage::try_from(ciphertext).ok()?;
            Some((message.chain_id().to_be_bytes().to_vec(), message.iteration()))
        }
        _ => None,
    }
}

fn digest(parts: &[&[u8]]) -> [u8; 16] {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part.len().to_be_bytes());
        hash.update(part);
    }
    let mut short = [0; 16];
    short.copy_from_slice(&hash.finalize()[..16]);
    short
}

fn short(digest: &[u8; 16]) -> u64 {
    digest[..8].iter().fold(0, |n, byte| n << 8 | u64::from(*byte))
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand::rngs::StdRng;
    use wacore_libsignal::protocol::{KeyPair, SenderKeyMessage};

    use super::*;

    fn group_message(chain: u32, iteration: u32, body: &[u8]) -> Vec<u8> {
        let mut rng = StdRng::seed_from_u64(1);
        let key = KeyPair::generate(&mut rng).private_key;
        let message =
            SenderKeyMessage::new(3, chain, iteration, body.into(), &mut rng, &key).expect("signed");
        message.serialized().to_vec()
    }

    fn observe(judge: &mut Judge, recipient: &str, ciphertext: &[u8]) {
        judge.observe(Observation { sender: "1:1", recipient, kind: "skmsg", ciphertext });
    }

    #[test]
    fn a_reused_counter_is_found() {
        let mut judge = Judge::default();
        observe(&mut judge, "g", &group_message(7, 0, b"first"));
        observe(&mut judge, "g", &group_message(7, 1, b"second"));
        assert!(judge.verdict().clean);
        observe(&mut judge, "g", &group_message(7, 1, b"another second"));
        let verdict = judge.verdict();
        assert!(!verdict.clean);
        assert_eq!((verdict.reused_keys, verdict.ciphertexts), (1, 3));
        assert!(verdict.findings[0].contains("counter 1"), "{:?}", verdict.findings);
    }

    #[test]
    fn the_same_ciphertext_again_is_no_reuse() {
        let mut judge = Judge::default();
        let message = group_message(7, 0, b"first");
        observe(&mut judge, "g", &message);
        observe(&mut judge, "g", &message);
        observe(&mut judge, "h", &group_message(7, 0, b"another group"));
        observe(&mut judge, "g", &group_message(8, 0, b"another chain"));
        assert!(judge.verdict().clean);
    }

    #[test]
    fn rubbish_is_counted() {
        let mut judge = Judge::default();
        observe(&mut judge, "g", b"rubbish");
        assert_eq!((judge.verdict().malformed, judge.verdict().clean), (1, false));
    }

    #[test]
    fn an_id_belongs_to_one_chat() {
        let mut judge = Judge::default();
        judge.observe_id("1:1", "A", "2");
        judge.observe_id("1:1", "A", "2");
        assert_eq!((judge.verdict().clean, judge.verdict().resent), (true, 1));
        judge.observe_id("1:1", "A", "3");
        assert_eq!(judge.verdict().reused_ids, 1);
    }
}
