//! Keys of instances. An instance has one, which is replaced in its place.

use std::collections::BTreeSet;

use trunkline_model::account::check_chosen;
use trunkline_model::command::{InstanceView, NewKey, Shown};
use trunkline_model::{Dialect, ErrorCode, Failure, InstanceId, Scope};

use super::shown::instance::public_id;
use super::wrong;
use crate::call::Call;
pub(super) use crate::dialects::keys::permit;
use crate::dialects::keys::{self, Kind};
use crate::gateway::Gateway;

/// The key of an instance.
const INSTANCE: Kind = Kind { dialect: Dialect::Wsapi, word: "instance" };

/// The key that a customer chose for an instance; empty chooses none.
///
/// # Errors
/// `VALIDATION`.
pub(super) fn chosen(key: Option<String>) -> Result<Option<Shown>, Failure> {
    let Some(key) = super::given(key) else { return Ok(None) };
    check_chosen(&key).map_err(|message| wrong("apiKey", message))?;
    Ok(Some(Shown(key)))
}

/// Gives an instance another key. Whoever presents that of the instance itself may do so, and who makes keys.
///
/// # Errors
/// `FORBIDDEN`, or what the account refuses it for.
pub(super) async fn renew<G: Gateway>(
    call: &Call<'_, G>,
    view: &InstanceView,
    chosen: Option<Shown>,
) -> Result<String, Failure> {
    let own = is_its_own(call, view.id);
    if !own {
        permit(call)?;
    }
    let mut known = keys::all(call, |key| INSTANCE.is_of(key, view.id)).await?;
    // The caller's own goes first, so that none is made where there is one.
    known.sort_by_key(|key| key.record.id != call.principal.key);
    let renewed = match known.first() {
        Some(key) => keys::replace(call, key.record.id, chosen).await,
        None => {
            let new = NewKey { chosen, ..INSTANCE.bound_to(view.id, &public_id(view)) };
            keys::make(call, new).await
        }
    };
    let (_, Shown(secret)) = renewed.map_err(in_our_words)?;
    for key in known.iter().skip(1) {
        keys::revoke(call, key.record.id).await?;
    }
    Ok(secret)
}

fn is_its_own<G: Gateway>(call: &Call<'_, G>, instance: InstanceId) -> bool {
    let principal = &call.principal;
    let is_of_instance = principal.dialect_scopes.iter().any(|word| word == INSTANCE.word);
    let bound = principal.instances.as_deref() == Some(&[instance]);
    principal.dialect == Some(Dialect::Wsapi) && is_of_instance && bound
}

/// Takes back the keys of an instance that was deleted.
pub(super) async fn forget<G: Gateway>(call: &Call<'_, G>, instance: InstanceId) {
    INSTANCE.forget(call, instance).await;
}

/// The instances that have a key of their own, as far as the caller may know of keys.
pub(super) async fn instances_with_keys<G: Gateway>(
    call: &Call<'_, G>,
) -> Result<BTreeSet<InstanceId>, Failure> {
    if !Scope::KeysRead.is_granted_by(&call.principal.scopes) {
        return Ok(BTreeSet::new());
    }
    let keys = keys::all(call, |key| INSTANCE.has(key)).await?;
    Ok(keys.iter().flat_map(|key| key.record.instances.iter().flatten().copied()).collect())
}

/// A refusal of the account with the name that the field has here.
fn in_our_words(mut failure: Failure) -> Failure {
    if failure.code != ErrorCode::Validation {
        return failure;
    }
    for field in failure.fields.iter_mut().filter(|field| field.field == "key") {
        "apiKey".clone_into(&mut field.field);
    }
    Failure::invalid(failure.fields)
}
