//! Which states need an actor at all.

use super::state::InstanceState;

/// Whether an instance in this state may be without an actor until somebody asks for something: it has no session, no exit
/// timer, and nothing of its outbox may be sent.
pub fn may_sleep(state: InstanceState) -> bool {
    match state {
        InstanceState::New | InstanceState::Stopped | InstanceState::Parked | InstanceState::LoggedOut => {
            true
        }
        InstanceState::AwaitingScan
        | InstanceState::AwaitingPasskey
        | InstanceState::Pairing
        | InstanceState::Connecting
        | InstanceState::Syncing
        | InstanceState::Open
        // These wait for a time, and then for their turn.
        | InstanceState::BackingOff
        | InstanceState::Conflict
        | InstanceState::Restricted
        // A deletion is work, however short, and its end is the end of the instance.
        | InstanceState::Deleted => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::instance::{ExitTimer, Trigger, exit_timer};

    fn check(state: InstanceState, sleeps: bool) {
        assert_eq!(may_sleep(state), sleeps, "{state:?}");
    }

    #[test]
    fn every_state() {
        for (state, sleeps) in [
            (InstanceState::New, true),
            (InstanceState::AwaitingScan, false),
            (InstanceState::AwaitingPasskey, false),
            (InstanceState::Pairing, false),
            (InstanceState::Connecting, false),
            (InstanceState::Syncing, false),
            (InstanceState::Open, false),
            (InstanceState::BackingOff, false),
            (InstanceState::Conflict, false),
            (InstanceState::Restricted, false),
            (InstanceState::Stopped, true),
            (InstanceState::Parked, true),
            (InstanceState::LoggedOut, true),
            (InstanceState::Deleted, false),
        ] {
            check(state, sleeps);
        }
    }

    #[test]
    fn what_sleeps_has_no_session_and_no_timer_and_is_woken_by_people_only() {
        for state in InstanceState::ALL.into_iter().filter(|state| may_sleep(*state)) {
            assert!(!state.has_session() && !state.resumes_after_restart(), "{state:?}");
            assert_eq!(exit_timer(state), ExitTimer::Rests, "{state:?}");
            for trigger in [Trigger::TimerFired, Trigger::ConnectionLost, Trigger::DeviceRemoved] {
                assert!(state.on(trigger).is_err(), "{state:?} on {trigger:?}");
            }
        }
    }
}
