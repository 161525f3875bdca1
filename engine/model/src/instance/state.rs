//! States and triggers. [`InstanceState::on`], in the table's file, is the only way from one state to the next.

/// Where an instance stands. Every dialect's status words are projections of these.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    rkyv::Archive,
    rkyv::Serialize,
    rkyv::Deserialize,
)]
#[rkyv(derive(Debug))]
pub enum InstanceState {
    /// Created, never linked, no connection wanted.
    New,
    /// A QR code or an 8-character code is on show.
    AwaitingScan,
    /// WhatsApp asked for a passkey ceremony before it links this device.
    AwaitingPasskey,
    /// A phone accepted the code; keys are being exchanged.
    Pairing,
    /// A socket is being opened, or the login is under way.
    Connecting,
    /// Logged in; the offline queue and the critical app state are being fetched.
    Syncing,
    /// Ready to send and receive.
    Open,
    /// The connection was lost; the next attempt is scheduled.
    BackingOff,
    /// Another client took over this device's stream.
    Conflict,
    /// WhatsApp restricted the account for a time.
    Restricted,
    /// Linked, and kept offline on request.
    Stopped,
    /// Waits for an operator: failed too often, locked, or outdated.
    Parked,
    /// WhatsApp removed this device; the credentials are dead.
    LoggedOut,
    /// Deleted; only the tombstone is left.
    Deleted,
}

/// What can happen to an instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Trigger {
    /// Somebody asked for a connection.
    Connect,
    /// Somebody asked for the connection to end, without logging out.
    Disconnect,
    /// Somebody asked for the device to be unlinked.
    Logout,
    /// Somebody asked for the instance to be deleted.
    Delete,
    /// A QR code or pairing code is ready to be shown.
    CodeIssued,
    /// WhatsApp asked for a passkey assertion.
    PasskeyRequested,
    /// A phone accepted this device.
    PairAccepted,
    /// Pairing failed, or its codes ran out.
    PairFailed,
    /// WhatsApp accepted the login.
    LoginAccepted,
    /// Offline queue and critical state are in: ready.
    Ready,
    /// The connection ended, or could not be opened.
    ConnectionLost,
    /// Another client took over the stream.
    StreamReplaced,
    /// WhatsApp says that this device is no longer linked.
    DeviceRemoved,
    /// WhatsApp restricted the account.
    RestrictionImposed,
    /// This state's exit timer ran out.
    TimerFired,
    /// It needs an operator: failed more often than the restart intensity allows, locked, or outdated.
    Park,
}

impl InstanceState {
    /// Every state, in order of declaration.
    pub const ALL: [InstanceState; 14] = [
        InstanceState::New,
        InstanceState::AwaitingScan,
        InstanceState::AwaitingPasskey,
        InstanceState::Pairing,
        InstanceState::Connecting,
        InstanceState::Syncing,
        InstanceState::Open,
        InstanceState::BackingOff,
        InstanceState::Conflict,
        InstanceState::Restricted,
        InstanceState::Stopped,
        InstanceState::Parked,
        InstanceState::LoggedOut,
        InstanceState::Deleted,
    ];

    /// The word that the native API and the metrics use.
    pub fn as_str(self) -> &'static str {
        match self {
            InstanceState::New => "new",
            InstanceState::AwaitingScan => "awaiting_scan",
            InstanceState::AwaitingPasskey => "awaiting_passkey",
            InstanceState::Pairing => "pairing",
            InstanceState::Connecting => "connecting",
            InstanceState::Syncing => "syncing",
            InstanceState::Open => "open",
            InstanceState::BackingOff => "backing_off",
            InstanceState::Conflict => "conflict",
            InstanceState::Restricted => "restricted",
            InstanceState::Stopped => "stopped",
            InstanceState::Parked => "parked",
            InstanceState::LoggedOut => "logged_out",
            InstanceState::Deleted => "deleted",
        }
    }

    /// Whether a linked number is offline in this state, and does not come back by itself.
    pub fn is_away(self) -> bool {
        matches!(
            self,
            InstanceState::Conflict
                | InstanceState::Stopped
                | InstanceState::Parked
                | InstanceState::LoggedOut
                | InstanceState::Deleted
        )
    }

    /// Whether a session (socket, client, tasks) exists in this state.
    pub fn has_session(self) -> bool {
        matches!(
            self,
            InstanceState::AwaitingScan
                | InstanceState::AwaitingPasskey
                | InstanceState::Pairing
                | InstanceState::Connecting
                | InstanceState::Syncing
                | InstanceState::Open
        )
    }

    /// Whether a restart of the process brings this instance online again by itself.
    pub fn resumes_after_restart(self) -> bool {
        matches!(
            self,
            InstanceState::Pairing
                | InstanceState::Connecting
                | InstanceState::Syncing
                | InstanceState::Open
                | InstanceState::BackingOff
                | InstanceState::Conflict
                | InstanceState::Restricted
        )
    }
}

/// A step that the transition table does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an instance in state `{}` cannot take the step {trigger:?}", from.as_str())]
pub struct IllegalTransition {
    /// The state that the instance is in, and stays in.
    pub from: InstanceState,
    /// What was asked of it.
    pub trigger: Trigger,
}
