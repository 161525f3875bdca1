//! Every bound of this peer, by name and unit.

use std::time::Duration;

/// Longest wait for one number to be open, with a stored login or after its QR was scanned.
pub(crate) const OPEN_TIMEOUT: Duration = Duration::from_secs(120);

/// Longest wait for the server's ack of one message.
pub(crate) const ACK_TIMEOUT: Duration = Duration::from_secs(60);

/// Longest wait for a number to close its store and connection.
pub(crate) const STOP_TIMEOUT: Duration = Duration::from_secs(5);

/// Numbers that connect at a time when a command does not say.
pub(crate) const AT_ONCE_DEFAULT: usize = 20;

/// Wait for received messages when a command does not say, milliseconds.
pub(crate) const AWAIT_MS_DEFAULT: u64 = 60_000;

/// Commands under way at a time; reading stops at more.
pub(crate) const COMMANDS_MAX: usize = 4_096;
