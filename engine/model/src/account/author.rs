//! Who changes something of an account.

use std::sync::Arc;

use rkyv::{Archive, Deserialize, Serialize};

use crate::id::{KeyId, MemberId};
use crate::scope::Scope;

/// Who did something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Archive, Serialize, Deserialize)]
pub enum Who {
    /// Somebody who presented this key.
    Key(KeyId),
    /// A member who is signed in.
    Member(MemberId),
    /// The operator, on the command line of the node.
    Operator,
}

/// Who asks for a change, from where, and what they may do themselves: nobody hands out more than that.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Author {
    /// Who.
    pub who: Who,
    /// The address that the request came from.
    pub address: Option<String>,
    /// What they may do.
    pub scopes: Arc<[Scope]>,
}

impl Author {
    /// The operator on the command line, who may do everything.
    pub fn operator() -> Author {
        Author { who: Who::Operator, address: None, scopes: Arc::new([Scope::All]) }
    }

    /// Whether they may do all of that.
    pub fn may_give<'a>(&self, scopes: impl IntoIterator<Item = &'a str>) -> bool {
        let mut scopes = scopes.into_iter();
        scopes.all(|word| Scope::parse(word).is_none_or(|scope| scope.is_granted_by(&self.scopes)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_gives_what_they_do_not_have() {
        let check = |has: &[Scope], gives: &[&str], expected: bool| {
            let author = Author { scopes: has.into(), ..Author::operator() };
            assert_eq!(author.may_give(gives.iter().copied()), expected, "{has:?} gives {gives:?}");
        };
        check(&[Scope::All], &["*", "operator"], true);
        check(&[Scope::KeysWrite, Scope::MessagesSend], &["messages:send"], true);
        check(&[Scope::KeysWrite, Scope::MessagesSend], &["messages:send", "keys:read"], false);
        check(&[Scope::KeysWrite], &["*"], false);
        check(&[], &[], true);
    }
}
