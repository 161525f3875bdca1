//! How long a state may last. Nothing stays in a state that waits for somebody else without an exit timer.

use super::state::InstanceState;

/// When a state is left by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExitTimer {
    /// After this many milliseconds.
    AfterMs(u64),
    /// When the table of endings says so, and then when its turn comes: a back-off, a conflict, a restriction.
    Scheduled,
    /// The state rests; only a person or WhatsApp ends it.
    Rests,
}

/// Six codes: the first lives 60 s, the others 20 s each. Measured with three clients; the margin is one code.
const CODES_LIFETIME_MS: u64 = 60_000 + 5 * 20_000 + 20_000;
/// A person has to find the phone and finish a WebAuthn ceremony.
const PASSKEY_MS: u64 = 300_000;
/// From the phone's acceptance to the login on the new stream.
const PAIRING_MS: u64 = 60_000;
/// DNS, TCP, TLS, WebSocket, Noise and login together.
const CONNECTING_MS: u64 = 45_000;
/// The protocol library itself gives up on a silent service after 180 s.
const SYNCING_MS: u64 = 200_000;

/// The exit timer of a state.
pub fn exit_timer(state: InstanceState) -> ExitTimer {
    match state {
        InstanceState::AwaitingScan => ExitTimer::AfterMs(CODES_LIFETIME_MS),
        InstanceState::AwaitingPasskey => ExitTimer::AfterMs(PASSKEY_MS),
        InstanceState::Pairing => ExitTimer::AfterMs(PAIRING_MS),
        InstanceState::Connecting => ExitTimer::AfterMs(CONNECTING_MS),
        InstanceState::Syncing => ExitTimer::AfterMs(SYNCING_MS),
        InstanceState::BackingOff | InstanceState::Conflict | InstanceState::Restricted => {
            ExitTimer::Scheduled
        }
        // Open is watched by progress (last frame, probe), not by a deadline.
        InstanceState::Open
        | InstanceState::New
        | InstanceState::Stopped
        | InstanceState::Parked
        | InstanceState::LoggedOut
        | InstanceState::Deleted => ExitTimer::Rests,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::instance::Trigger;

    #[test]
    fn a_state_has_a_timer_exactly_when_the_table_lets_it_fire() {
        for state in InstanceState::ALL {
            let fires = state.on(Trigger::TimerFired).is_ok();
            assert_eq!(fires, exit_timer(state) != ExitTimer::Rests, "{state:?}");
        }
    }
}
