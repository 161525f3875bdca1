//! Random bytes from the operating system.

use std::io;

use ring::rand::{SecureRandom, SystemRandom};

pub(crate) fn random<const BYTES: usize>() -> io::Result<[u8; BYTES]> {
    let mut bytes = [0; BYTES];
    let filled = SystemRandom::new().fill(&mut bytes);
    filled.map_err(|_| io::Error::other("the operating system gives no randomness"))?;
    Ok(bytes)
}
