//! What native handlers and those of dialects do in the same way with instances.

use trunkline_model::Failure;
use trunkline_model::InstanceId;
use trunkline_model::account::AuditAction;
use trunkline_model::command::{Command, CreateInstance, InstanceView, Reply};

use crate::call::{Call, in_time, instance_in, unexpected};
use crate::gateway::Gateway;

/// Makes an instance of the caller's account.
///
/// # Errors
/// As [`Gateway::create_instance`].
pub(crate) async fn create<G: Gateway>(
    call: &Call<'_, G>,
    wanted: CreateInstance,
) -> Result<InstanceView, Failure> {
    let view = in_time(call.front.gateway.create_instance(call.account(), wanted)).await?;
    call.note_done(AuditAction::InstanceCreated, view.id).await;
    Ok(view)
}

/// Gives an instance an order that it answers with itself.
///
/// # Errors
/// As [`Call::command`].
pub(crate) async fn order<G: Gateway>(
    call: &Call<'_, G>,
    instance: InstanceId,
    command: Command,
) -> Result<Box<InstanceView>, Failure> {
    instance_in(call.command(instance, command).await?)
}

/// Deletes an instance.
///
/// # Errors
/// As [`Call::command`].
pub(crate) async fn delete<G: Gateway>(call: &Call<'_, G>, instance: InstanceId) -> Result<(), Failure> {
    match call.command(instance, Command::DeleteInstance).await? {
        Reply::Done => Ok(()),
        _ => Err(unexpected()),
    }
}
