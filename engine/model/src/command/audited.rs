//! Which commands the log of changes remembers.

use super::{Command, EndpointCommand};
use crate::account::AuditAction;

impl Command {
    /// What the log of changes remembers of this command; `None` for one that changes nothing of the instance itself.
    pub fn audited(&self) -> Option<AuditAction> {
        match self {
            Command::UpdateInstance(_) => Some(AuditAction::InstanceUpdated),
            Command::UpdateSettings(_) => Some(AuditAction::InstanceSettings),
            Command::Connect => Some(AuditAction::InstanceConnected),
            Command::Disconnect => Some(AuditAction::InstanceDisconnected),
            Command::Restart => Some(AuditAction::InstanceRestarted),
            Command::Logout => Some(AuditAction::InstanceLoggedOut),
            Command::RequestPairingCode { .. } => Some(AuditAction::InstancePairing),
            Command::Export(_) => Some(AuditAction::InstanceExported),
            Command::DeleteInstance => Some(AuditAction::InstanceDeleted),
            _ => None,
        }
    }
}

impl EndpointCommand {
    /// What the log of changes remembers of this command; `None` for one that changes nothing.
    pub fn audited(&self) -> Option<AuditAction> {
        match self {
            EndpointCommand::Create(_) => Some(AuditAction::WebhookCreated),
            EndpointCommand::Update(..)
            | EndpointCommand::Pause(_)
            | EndpointCommand::Resume(_)
            | EndpointCommand::ChangeHook(..) => Some(AuditAction::WebhookUpdated),
            EndpointCommand::RotateSecret(..) => Some(AuditAction::WebhookSecretRotated),
            EndpointCommand::Delete { .. } => Some(AuditAction::WebhookDeleted),
            _ => None,
        }
    }
}

impl AuditAction {
    /// Whether it is remembered before it happens: no credentials leave unremembered. Everything else is remembered once it has
    /// happened, so that what was refused is not.
    pub fn is_remembered_before(self) -> bool {
        self == AuditAction::InstanceExported
    }
}
