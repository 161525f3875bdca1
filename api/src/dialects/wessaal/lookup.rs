//! Things that a request names: instances, contacts, templates, workspaces.

use trunkline_model::account::{AccountRecord, WorkspaceRecord};
use trunkline_model::command::{
    AccountCommand, AccountReply, BookCommand, PlanCommand, PlanReply, TemplateCommand,
};
use trunkline_model::plan::{ContactRecord, TemplateRecord};
use trunkline_model::{ErrorCode, Failure, InstanceId};

use super::ids::{before, only, place_of};
use crate::call::{Call, unexpected};
use crate::dialects::Ask;
use crate::gateway::Gateway;

/// So many things are looked at for a number: that a second one has it is all there is to know of more.
const SHARING_MAX: usize = 2;

/// Takes the instance of this number or name.
///
/// # Errors
/// `INSTANCE_NOT_FOUND`, or `TOO_MANY_REQUESTS`.
pub(super) fn instance<G: Gateway>(ask: &mut Ask<'_, G>, word: &str) -> Result<InstanceId, Failure> {
    let numbered = word.trim().parse().ok().and_then(|number| {
        let page = (before(number)?.map(InstanceId), SHARING_MAX);
        only(ask.call.front.gateway.instance_ids(ask.call.account(), page), |id| id.0, number)
    });
    let found = match numbered {
        // By its id, so that it is looked at whether it exists for the key.
        Some(id) => ask.address(&id.to_string())?,
        None => ask.address(word)?,
    };
    found.ok_or_else(|| Failure::new(ErrorCode::InstanceNotFound, "Instance not found"))
}

/// Somebody of the address book.
pub(super) async fn contact<G: Gateway>(
    call: &Call<'_, G>,
    number: u64,
) -> Result<Option<ContactRecord>, Failure> {
    let Some(after) = place_of(number) else { return Ok(None) };
    let command = BookCommand::List { after, search: None, tag: None, limit: SHARING_MAX };
    match call.plans(PlanCommand::Book(Box::new(command))).await? {
        PlanReply::Contacts(found, _) => Ok(only(found, |contact| contact.id.0, number)),
        _ => Err(unexpected()),
    }
}

/// A template.
pub(super) async fn template<G: Gateway>(
    call: &Call<'_, G>,
    number: u64,
) -> Result<Option<TemplateRecord>, Failure> {
    let Some(after) = place_of(number) else { return Ok(None) };
    let command = TemplateCommand::List { after, active: None, limit: SHARING_MAX };
    match call.plans(PlanCommand::Template(Box::new(command))).await? {
        PlanReply::Templates(found, _) => Ok(only(found, |template| template.id.0, number)),
        _ => Err(unexpected()),
    }
}

/// Every workspace of the account, the default one first.
pub(super) async fn workspaces<G: Gateway>(call: &Call<'_, G>) -> Result<Vec<WorkspaceRecord>, Failure> {
    match call.of_account(AccountCommand::ListWorkspaces).await? {
        AccountReply::Workspaces(records) => Ok(records),
        _ => Err(unexpected()),
    }
}

/// The account.
pub(super) async fn account<G: Gateway>(call: &Call<'_, G>) -> Result<Box<AccountRecord>, Failure> {
    match call.of_account(AccountCommand::Get).await? {
        AccountReply::Account(record) => Ok(record),
        _ => Err(unexpected()),
    }
}
