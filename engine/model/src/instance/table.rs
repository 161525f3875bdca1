//! The transition table: one row a meaning. A step without a row is illegal.

use super::state::InstanceState::{
    AwaitingPasskey, AwaitingScan, BackingOff, Conflict, Connecting, Deleted, LoggedOut, New, Open, Pairing,
    Parked, Restricted, Stopped, Syncing,
};
use super::state::{IllegalTransition, InstanceState, Trigger};

struct Step {
    from: &'static [InstanceState],
    trigger: Trigger,
    to: InstanceState,
}

impl InstanceState {
    /// The state after `trigger`, by the transition table.
    ///
    /// # Errors
    /// [`IllegalTransition`] when the table has no such step; nothing changes.
    pub fn on(self, trigger: Trigger) -> Result<InstanceState, IllegalTransition> {
        TABLE
            .iter()
            .find(|step| step.trigger == trigger && step.from.contains(&self))
            .map(|step| step.to)
            .ok_or(IllegalTransition { from: self, trigger })
    }
}

const fn step(from: &'static [InstanceState], trigger: Trigger, to: InstanceState) -> Step {
    Step { from, trigger, to }
}

const ANY_BUT_DELETED: &[InstanceState] = &[
    New,
    AwaitingScan,
    AwaitingPasskey,
    Pairing,
    Connecting,
    Syncing,
    Open,
    BackingOff,
    Conflict,
    Restricted,
    Stopped,
    Parked,
    LoggedOut,
];
const UNLINKED_SESSION: &[InstanceState] = &[AwaitingScan, AwaitingPasskey];
const LINKED_SESSION: &[InstanceState] = &[Pairing, Connecting, Syncing, Open];

const TABLE: &[Step] = &[
    // Asked for by people.
    step(&[New, BackingOff, Conflict, Stopped, Parked, LoggedOut], Trigger::Connect, Connecting),
    step(UNLINKED_SESSION, Trigger::Disconnect, New),
    step(
        &[Pairing, Connecting, Syncing, Open, BackingOff, Conflict, Restricted, Parked],
        Trigger::Disconnect,
        Stopped,
    ),
    step(
        &[Pairing, Connecting, Syncing, Open, BackingOff, Conflict, Restricted, Stopped, Parked],
        Trigger::Logout,
        LoggedOut,
    ),
    step(ANY_BUT_DELETED, Trigger::Delete, Deleted),
    // Pairing. A second code simply replaces the first.
    step(&[Connecting, AwaitingScan], Trigger::CodeIssued, AwaitingScan),
    step(&[Connecting, AwaitingScan, AwaitingPasskey], Trigger::PasskeyRequested, AwaitingPasskey),
    step(&[Connecting, AwaitingScan, AwaitingPasskey], Trigger::PairAccepted, Pairing),
    step(&[Connecting, AwaitingScan, AwaitingPasskey, Pairing], Trigger::PairFailed, New),
    // Login. After pairing the service closes the stream (515) and the device logs in on a new one.
    step(&[Pairing, Connecting], Trigger::LoginAccepted, Syncing),
    step(&[Syncing], Trigger::Ready, Open),
    // Losing it.
    step(UNLINKED_SESSION, Trigger::ConnectionLost, BackingOff),
    step(LINKED_SESSION, Trigger::ConnectionLost, BackingOff),
    step(LINKED_SESSION, Trigger::StreamReplaced, Conflict),
    step(&[Pairing, Connecting, Syncing, Open, BackingOff], Trigger::DeviceRemoved, LoggedOut),
    step(LINKED_SESSION, Trigger::RestrictionImposed, Restricted),
    step(
        &[AwaitingScan, AwaitingPasskey, Pairing, Connecting, Syncing, Open, BackingOff],
        Trigger::Park,
        Parked,
    ),
    // Exit timers: see `timers.rs` for how long each state may last.
    step(UNLINKED_SESSION, Trigger::TimerFired, New),
    step(&[Pairing, Connecting, Syncing], Trigger::TimerFired, BackingOff),
    step(&[BackingOff, Conflict, Restricted], Trigger::TimerFired, Connecting),
];

#[cfg(test)]
mod tests {
    use super::*;

    const TRIGGERS: [Trigger; 16] = [
        Trigger::Connect,
        Trigger::Disconnect,
        Trigger::Logout,
        Trigger::Delete,
        Trigger::CodeIssued,
        Trigger::PasskeyRequested,
        Trigger::PairAccepted,
        Trigger::PairFailed,
        Trigger::LoginAccepted,
        Trigger::Ready,
        Trigger::ConnectionLost,
        Trigger::StreamReplaced,
        Trigger::DeviceRemoved,
        Trigger::RestrictionImposed,
        Trigger::TimerFired,
        Trigger::Park,
    ];

    #[test]
    fn no_state_and_trigger_has_two_rows() {
        for state in InstanceState::ALL {
            for trigger in TRIGGERS {
                let rows = TABLE.iter().filter(|s| s.trigger == trigger && s.from.contains(&state)).count();
                assert!(rows <= 1, "{state:?} on {trigger:?} has {rows} rows");
            }
        }
    }

    #[test]
    fn the_whole_table() {
        let mut drawn = String::new();
        for state in InstanceState::ALL {
            let steps: Vec<String> = TRIGGERS
                .iter()
                .filter_map(|&t| state.on(t).ok().map(|to| format!("{t:?}→{}", to.as_str())))
                .collect();
            drawn.push_str(&format!("{}: {}\n", state.as_str(), steps.join(" ")));
        }
        insta::assert_snapshot!(drawn);
    }

    #[test]
    fn an_illegal_step_names_both_sides() {
        let error = InstanceState::Deleted.on(Trigger::Connect).expect_err("nothing leaves deleted");
        assert_eq!(error.to_string(), "an instance in state `deleted` cannot take the step Connect");
    }

    #[test]
    fn every_state_but_deleted_can_be_left() {
        for state in InstanceState::ALL.into_iter().filter(|s| *s != Deleted) {
            assert!(TRIGGERS.iter().any(|&t| state.on(t).is_ok_and(|to| to != state)), "{state:?} is a trap");
        }
    }
}
