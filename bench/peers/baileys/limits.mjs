// Every bound of this peer, by name and unit.

/** Longest wait for one number to be open (with a stored login, or after its QR was scanned), milliseconds. */
export const OPEN_MS_MAX = 120_000

/** Longest wait for the server's ack of one message, milliseconds. */
export const ACK_MS_MAX = 60_000

/** Wait before a lost connection is tried again, milliseconds. */
export const RECONNECT_DELAY_MS = 1_000

/** Numbers that connect at a time when a command does not say. */
export const AT_ONCE_DEFAULT = 20

/** Wait for received messages when a command does not say, milliseconds. */
export const AWAIT_MS_DEFAULT = 60_000

/** Longest the process outlives `stop`, for writes under way, milliseconds. */
export const STOP_MS_MAX = 5_000

/** Without a write for this long after `stop`, none is expected any more, milliseconds. */
export const QUIET_MS = 250
