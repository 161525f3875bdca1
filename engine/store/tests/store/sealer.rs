//! Seals: what opens, what does not, and what a lost or wrong key file leads to.

use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use tempfile::TempDir;
use trunkline_store::{DataDir, LocalLedger, Sealer, StoreError, StoreOptions};

const CONTEXT: &[u8] = b"the record's key";
const PLAIN: &[u8] = b"identity key";

struct Keys {
    directory: TempDir,
    master: PathBuf,
}

impl Keys {
    fn new() -> Keys {
        let directory = tempfile::tempdir().unwrap();
        let master = directory.path().join("master.key");
        Keys { directory, master }
    }

    fn data(&self) -> PathBuf {
        self.directory.path().join("data")
    }

    fn open(&self) -> Result<Sealer, StoreError> {
        Sealer::open(&DataDir::open_or_create(self.data()).unwrap(), &self.master)
    }

    /// The same directory once it holds data.
    fn with_data(self) -> Keys {
        self.open().unwrap();
        let data_dir = DataDir::open_or_create(self.data()).unwrap();
        LocalLedger::open(&data_dir, 0, StoreOptions::default()).unwrap().close().unwrap();
        self
    }
}

#[test]
fn opens_what_it_sealed_also_after_a_restart() {
    let keys = Keys::new();
    let sealed = keys.open().unwrap().seal(CONTEXT, PLAIN);
    assert_eq!(sealed.len(), PLAIN.len() + 29);
    assert!(!sealed.windows(PLAIN.len()).any(|window| window == PLAIN));
    let again = keys.open().unwrap();
    assert_eq!(again.unseal(CONTEXT, &sealed).unwrap().as_slice(), PLAIN);
    assert_ne!(again.seal(CONTEXT, PLAIN), sealed, "a nonce was used twice");
    assert_eq!(again.unseal(b"", &again.seal(b"", b"")).unwrap().as_slice(), b"");
    let mode = |path: PathBuf| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(keys.master.clone()), mode(keys.data().join("data.key"))), (0o600, 0o600));
}

#[test]
fn every_changed_byte_is_noticed() {
    let sealer = Keys::new().open().unwrap();
    let sealed = sealer.seal(CONTEXT, PLAIN);
    for at in 0..sealed.len() {
        let mut changed = sealed.clone();
        changed[at] ^= 1;
        assert!(matches!(sealer.unseal(CONTEXT, &changed), Err(StoreError::SealBroken { .. })), "byte {at}");
    }
    for len in 0..sealed.len() {
        assert!(sealer.unseal(CONTEXT, &sealed[..len]).is_err(), "cut to {len}");
    }
    assert!(sealer.unseal(CONTEXT, &[sealed.clone(), vec![0]].concat()).is_err(), "lengthened");
    assert!(sealer.unseal(b"another record's key", &sealed).is_err(), "moved to another record");
    assert!(Keys::new().open().unwrap().unseal(CONTEXT, &sealed).is_err(), "another directory's key");
}

#[test]
fn a_lost_key_is_never_replaced() {
    let keys = Keys::new().with_data();
    std::fs::remove_file(&keys.master).unwrap();
    assert!(matches!(keys.open(), Err(StoreError::MasterKeyMissing { .. })));
    assert!(!keys.master.exists());

    let keys = Keys::new().with_data();
    std::fs::remove_file(keys.data().join("data.key")).unwrap();
    assert!(matches!(keys.open(), Err(StoreError::DataKeyMissing { .. })));
    std::fs::remove_file(&keys.master).unwrap();
    assert!(matches!(keys.open(), Err(StoreError::MasterKeyMissing { .. })));
}

#[test]
fn a_wrong_key_file_is_named() {
    let keys = Keys::new().with_data();
    let other = Keys::new().with_data();
    std::fs::copy(&other.master, &keys.master).unwrap();
    let sentence = keys.open().map(drop).unwrap_err().to_string();
    let sentence = sentence.replace(&keys.directory.path().display().to_string(), "<dir>");
    insta::assert_snapshot!(sentence, @"master key file <dir>/master.key does not belong to data directory <dir>/data; use the key made with this directory");
    for content in ["", "too short", &"0".repeat(63), &"g".repeat(64)] {
        std::fs::write(&keys.master, content).unwrap();
        assert!(matches!(keys.open(), Err(StoreError::MasterKeyInvalid { .. })), "{content:?}");
    }
}

#[test]
fn a_given_master_key_is_used_as_it_is() {
    let keys = Keys::new();
    std::fs::write(&keys.master, format!("{}\r\n", "aB".repeat(32))).unwrap();
    let sealed = keys.open().unwrap().seal(CONTEXT, PLAIN);
    std::fs::write(&keys.master, "Ab".repeat(32)).unwrap();
    assert_eq!(keys.open().unwrap().unseal(CONTEXT, &sealed).unwrap().as_slice(), PLAIN);
}
