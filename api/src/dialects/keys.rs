//! Keys of one instance, as several services have them: natively, keys that are bound to it.

use trunkline_model::account::KeyKind;
use trunkline_model::command::{AccountCommand, AccountReply, KeyRotation, KeyView, NewKey, Shown};
use trunkline_model::limits::{KEY_LABEL_BYTES_MAX, KEYS_PER_ACCOUNT_MAX, PAGE_LIMIT_MAX};
use trunkline_model::{Dialect, ErrorCode, Failure, InstanceId, KeyId, Scope};

use crate::call::{Call, unexpected};
use crate::gateway::Gateway;

/// A kind of key: the rights that a word of a dialect stands for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Kind {
    pub(super) dialect: Dialect,
    pub(super) word: &'static str,
}

impl Kind {
    /// A key of this kind, without a label, for the whole account.
    pub(super) fn new_key(self) -> NewKey {
        NewKey {
            label: String::new(),
            dialect: self.dialect,
            scopes: vec![self.word.to_owned()],
            instances: None,
            allowed_ips: Vec::new(),
            expires_at_ms: None,
            chosen: None,
        }
    }

    /// One that is bound to an instance.
    pub(super) fn bound_to(self, instance: InstanceId, name: &str) -> NewKey {
        let mut label = name.to_owned();
        while label.len() > KEY_LABEL_BYTES_MAX {
            label.pop();
        }
        NewKey { label, instances: Some(vec![instance]), ..self.new_key() }
    }

    /// Whether a key is of this kind.
    pub(super) fn has(self, view: &KeyView) -> bool {
        let record = &view.record;
        debug_assert!(KeyKind::parse(self.dialect, self.word).is_some(), "{self:?} is of the dialect");
        record.dialect == self.dialect && record.dialect_scopes.iter().any(|known| known == self.word)
    }

    /// Whether it is one of an instance, and of no other.
    pub(super) fn is_of(self, view: &KeyView, instance: InstanceId) -> bool {
        self.has(view) && view.record.instances.as_deref() == Some(&[instance])
    }

    /// Takes back the keys of an instance, but for one.
    ///
    /// # Errors
    /// What the account refuses it for.
    pub(super) async fn revoke_all_of<G: Gateway>(
        self,
        call: &Call<'_, G>,
        instance: InstanceId,
        but: Option<KeyId>,
    ) -> Result<(), Failure> {
        for view in all(call, |view| self.is_of(view, instance)).await? {
            if Some(view.record.id) != but {
                revoke(call, view.record.id).await?;
            }
        }
        Ok(())
    }

    /// The same after the instance was deleted: they open nothing any more, and would stand in lists.
    pub(super) async fn forget<G: Gateway>(self, call: &Call<'_, G>, instance: InstanceId) {
        if let Err(failure) = self.revoke_all_of(call, instance, None).await {
            tracing::warn!(%instance, %failure, "keys of an instance that was deleted are left");
        }
    }
}

/// Makes a key.
///
/// # Errors
/// What the account refuses it for.
pub(super) async fn make<G: Gateway>(call: &Call<'_, G>, new: NewKey) -> Result<(KeyView, Shown), Failure> {
    shown(call.of_account(AccountCommand::CreateKey(Box::new(new))).await?)
}

/// Replaces a key; the one before it opens nothing any more.
///
/// # Errors
/// What the account refuses it for.
pub(super) async fn replace<G: Gateway>(
    call: &Call<'_, G>,
    key: KeyId,
    chosen: Option<Shown>,
) -> Result<(KeyView, Shown), Failure> {
    let rotation = KeyRotation { overlap_ms: 0, chosen };
    shown(call.of_account(AccountCommand::RotateKey(key, rotation)).await?)
}

fn shown(reply: AccountReply) -> Result<(KeyView, Shown), Failure> {
    match reply {
        AccountReply::NewKey(view, shown) => Ok((*view, shown)),
        _ => Err(unexpected()),
    }
}

/// Takes a key back, at once.
///
/// # Errors
/// What the account refuses it for.
pub(super) async fn revoke<G: Gateway>(call: &Call<'_, G>, key: KeyId) -> Result<(), Failure> {
    match call.of_account(AccountCommand::RevokeKey(key)).await? {
        AccountReply::Done => Ok(()),
        _ => Err(unexpected()),
    }
}

/// The account's keys of a kind, each of them.
///
/// # Errors
/// A failure of the store.
pub(super) async fn all<G: Gateway>(
    call: &Call<'_, G>,
    wanted: impl Fn(&KeyView) -> bool,
) -> Result<Vec<KeyView>, Failure> {
    let (mut found, mut after, mut seen) = (Vec::new(), None, 0);
    while seen < KEYS_PER_ACCOUNT_MAX {
        let command = AccountCommand::ListKeys { after, limit: PAGE_LIMIT_MAX };
        let AccountReply::Keys(views, more) = call.of_account(command).await? else {
            return Err(unexpected());
        };
        seen += views.len();
        after = views.last().map(|view| view.record.id);
        found.extend(views.into_iter().filter(&wanted));
        if !more {
            break;
        }
    }
    Ok(found)
}

/// Refuses a caller who may not make keys.
///
/// # Errors
/// `FORBIDDEN`.
pub(super) fn permit<G: Gateway>(call: &Call<'_, G>) -> Result<(), Failure> {
    if Scope::KeysWrite.is_granted_by(&call.principal.scopes) {
        return Ok(());
    }
    let detail = format!("the key lacks the scope {}", Scope::KeysWrite.as_str());
    Err(Failure::new(ErrorCode::Forbidden, detail))
}
