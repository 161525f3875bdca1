//! Groups and their members.

use std::collections::{BTreeMap, HashMap};

use super::AccountId;
use crate::limits::{GROUP_MEMBERS_MAX, GROUPS_MAX};
use crate::phone::Addressing;

/// What a member may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Nothing special.
    Member,
    /// Change members and settings.
    Admin,
    /// The creator.
    SuperAdmin,
}

/// What a group is among others.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Kind {
    /// A group of its own.
    #[default]
    Plain,
    /// A community: the parent of others.
    Community {
        /// Joining one of its groups takes an admin's consent.
        closed: bool,
    },
    /// Linked to a community.
    Linked {
        /// The user part of the community's JID.
        community: String,
        /// What it is there.
        part: Part,
    },
}

/// What a group is in its community.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Where admins tell all members something; everybody in the community is in it.
    Announcements,
    /// The chat of all.
    General,
    /// Any other.
    Group,
}

/// A group.
pub struct Group {
    /// Bare number, the user part of its JID.
    pub id: String,
    /// Name.
    pub subject: String,
    /// When the name was set, Unix seconds, and by whom.
    pub subject_set: (u64, AccountId),
    /// When it was created, Unix seconds.
    pub created_s: u64,
    /// Who created it.
    pub creator: AccountId,
    /// Description: id, text, when and by whom it was set.
    pub description: Option<(String, String, u64, AccountId)>,
    /// Which names its members go by.
    pub addressing: Addressing,
    /// Members and their roles.
    pub members: BTreeMap<AccountId, Role>,
    /// What it is among other groups.
    pub kind: Kind,
    /// Settings that are on, by tag: `announcement`, `locked`, ….
    pub settings: Vec<String>,
    /// Admins decide about everyone who comes by the link.
    pub approval: bool,
    /// Who waits for that, and since when, Unix seconds.
    pub requests: BTreeMap<AccountId, u64>,
    /// Invitations for one person: code, and until when it serves, Unix seconds.
    pub invitations: BTreeMap<AccountId, (String, u64)>,
    /// Its picture: id and bytes.
    pub picture: Option<(String, Vec<u8>)>,
    /// Timer of disappearing messages, seconds.
    pub ephemeral_s: Option<u32>,
    /// Who may add members.
    pub member_add_mode: String,
    /// Secret of the invitation link.
    pub invite: String,
    /// Counts changes of the member list.
    pub participant_version: u64,
}

/// Why a group could not be made or grown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum GroupError {
    /// The simulator holds no more groups.
    #[error("a simulator holds at most {GROUPS_MAX} groups")]
    TooMany,
    /// The group holds no more members.
    #[error("a group has at most {GROUP_MEMBERS_MAX} members")]
    TooLarge,
}

/// All groups.
#[derive(Default)]
pub struct Groups {
    by_id: HashMap<String, Group>,
}

impl Group {
    /// Whether `account` may change members and settings.
    pub fn is_admin(&self, account: AccountId) -> bool {
        self.members.get(&account).is_some_and(|role| *role >= Role::Admin)
    }

    /// Whether it is linked to this community.
    pub fn is_in(&self, community: &str) -> bool {
        matches!(&self.kind, Kind::Linked { community: parent, .. } if parent == community)
    }

    /// Adds a member; an existing one keeps its role.
    ///
    /// # Errors
    /// [`GroupError::TooLarge`] if it is full.
    pub fn add(&mut self, account: AccountId) -> Result<(), GroupError> {
        if self.members.len() >= GROUP_MEMBERS_MAX {
            return Err(GroupError::TooLarge);
        }
        self.members.entry(account).or_insert(Role::Member);
        self.requests.remove(&account);
        self.invitations.remove(&account);
        self.participant_version += 1;
        Ok(())
    }

    /// Removes a member. `false` if it was none.
    pub fn remove(&mut self, account: AccountId) -> bool {
        let removed = self.members.remove(&account).is_some();
        self.participant_version += u64::from(removed);
        removed
    }

    /// Gives a member another role. `false` if it is none.
    pub fn set_role(&mut self, account: AccountId, role: Role) -> bool {
        match self.members.get_mut(&account) {
            Some(held) if *held != Role::SuperAdmin => *held = role,
            Some(_) => {}
            None => return false,
        }
        true
    }

    /// Turns a setting on or off.
    pub fn set(&mut self, setting: &str, on: bool) {
        self.settings.retain(|known| known != setting);
        if on {
            self.settings.push(setting.to_owned());
        }
    }
}

impl Groups {
    /// A group by the user part of its JID.
    pub fn get(&self, id: &str) -> Option<&Group> {
        self.by_id.get(id)
    }

    /// A group by the user part of its JID.
    pub fn get_mut(&mut self, id: &str) -> Option<&mut Group> {
        self.by_id.get_mut(id)
    }

    /// The group of an invitation.
    pub fn by_invite(&self, code: &str) -> Option<&Group> {
        self.by_id.values().find(|group| group.invite == code)
    }

    /// The groups linked to a community, in order of their ids.
    pub fn linked_to(&self, community: &str) -> Vec<&Group> {
        let mut linked: Vec<&Group> = self.by_id.values().filter(|group| group.is_in(community)).collect();
        linked.sort_unstable_by(|one, two| one.id.cmp(&two.id));
        linked
    }

    /// Removes a group.
    pub fn remove(&mut self, id: &str) -> Option<Group> {
        self.by_id.remove(id)
    }

    /// Adds a group.
    ///
    /// # Errors
    /// [`GroupError::TooMany`] if the simulator is full.
    pub fn insert(&mut self, group: Group) -> Result<(), GroupError> {
        if self.by_id.len() >= GROUPS_MAX {
            return Err(GroupError::TooMany);
        }
        self.by_id.insert(group.id.clone(), group);
        Ok(())
    }

    /// Groups `account` is a member of, in order of their ids.
    pub fn of(&self, account: AccountId) -> Vec<&Group> {
        let mut groups: Vec<&Group> =
            self.by_id.values().filter(|group| group.members.contains_key(&account)).collect();
        groups.sort_unstable_by(|one, two| one.id.cmp(&two.id));
        groups
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.by_id.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.by_id.is_empty()
    }
}
