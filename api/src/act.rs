//! What native handlers and those of dialects do in the same way with instances.

use std::collections::BTreeMap;

use trunkline_model::account::AuditAction;
use trunkline_model::command::{
    Command, ContactCommand, ContactView, CreateInstance, InstanceFilter, InstanceView, MessageView, Reply,
    SendRequest,
};
use trunkline_model::limits::PAGE_LIMIT_MAX;
use trunkline_model::{ErrorCode, Failure, InstanceId};

use crate::call::{Call, in_time, instance_in, unexpected};
use crate::gateway::Gateway;
use crate::limits::DIALECT_LIST_MAX;

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

/// Every instance of the account that exists for the key, up to a bound.
///
/// # Errors
/// As [`Gateway::list_instances`].
pub(crate) async fn all<G: Gateway>(call: &Call<'_, G>) -> Result<Vec<InstanceView>, Failure> {
    // By their ids, so that what is made or deleted between two pages is there once.
    let mut all = BTreeMap::<InstanceId, InstanceView>::new();
    let mut after = None;
    let wanted = InstanceFilter { only: call.principal.instances.as_deref(), ..InstanceFilter::default() };
    while all.len() < DIALECT_LIST_MAX {
        let page = (after, PAGE_LIMIT_MAX);
        let (views, more) = in_time(call.front.gateway.list_instances(call.account(), page, wanted)).await?;
        after = views.last().map(|view| view.id);
        all.extend(views.into_iter().map(|view| (view.id, view)));
        if !more || after.is_none() {
            break;
        }
    }
    Ok(all.into_values().collect())
}

/// Sends messages of the instance of the request, each on its own.
///
/// # Errors
/// As [`Call::ask`].
pub(crate) async fn send_all<G: Gateway>(
    call: &Call<'_, G>,
    requests: Vec<SendRequest>,
) -> Result<Vec<Result<MessageView, Failure>>, Failure> {
    if requests.is_empty() {
        return Ok(Vec::new());
    }
    match call.ask(Command::SendMany(requests)).await? {
        Reply::Sent(sent) => Ok(sent),
        _ => Err(unexpected()),
    }
}

/// Everybody whom the instance of the request has met, up to a bound.
///
/// # Errors
/// As [`Call::ask`].
pub(crate) async fn contacts<G: Gateway>(call: &Call<'_, G>) -> Result<Vec<ContactView>, Failure> {
    let mut all = Vec::new();
    let mut after = None;
    while all.len() < DIALECT_LIST_MAX {
        let command = ContactCommand::List { after, saved: None, limit: PAGE_LIMIT_MAX };
        let Reply::Contacts { contacts, next } = call.ask(Command::Contact(command)).await? else {
            return Err(unexpected());
        };
        all.extend(contacts);
        match next {
            Some(place) => after = Some(place),
            None => break,
        }
    }
    Ok(all)
}

/// Refuses for an instance that is not connected and does not come back by itself: some services keep nothing for later. A request that
/// is repeated has its answer, whatever became of the instance since.
///
/// # Errors
/// `INSTANCE_STATE`.
pub(crate) async fn must_come_back<G: Gateway>(
    call: &Call<'_, G>,
    idempotency_key: Option<&str>,
) -> Result<(), Failure> {
    let state = call.front.gateway.state_of(call.instance()?).filter(|state| state.is_away());
    let Some(state) = state else { return Ok(()) };
    if idempotency_key.is_some() {
        let check = Command::CheckSend { idempotency_key: idempotency_key.map(str::to_owned) };
        if matches!(call.ask(check).await, Ok(Reply::Repeated)) {
            return Ok(());
        }
    }
    Err(Failure::in_state(ErrorCode::InstanceState, state, "The number is not connected."))
}
