//! Newsletters: who may post, who follows, what was posted. Posts are not encrypted.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

use super::AccountId;
use crate::limits::{NEWSLETTER_POSTS_MAX, NEWSLETTERS_MAX};

/// What somebody is to a newsletter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reader {
    /// Made it, and may post.
    Owner,
    /// Follows it.
    Subscriber,
}

/// A newsletter.
pub struct Newsletter {
    /// The user part of its JID.
    pub id: String,
    /// Name.
    pub name: String,
    /// Description.
    pub description: Option<String>,
    /// When it was made, Unix seconds.
    pub created_s: u64,
    /// Secret of its link.
    pub invite: String,
    /// Its owner and followers.
    pub readers: BTreeMap<AccountId, Reader>,
    /// Followers that want no notifications.
    pub muted: BTreeSet<AccountId>,
    /// What was posted, oldest first.
    pub posts: VecDeque<Post>,
    next_server_id: u64,
}

/// Something posted.
#[derive(Debug, Clone)]
pub struct Post {
    /// Its number within the newsletter.
    pub server_id: u64,
    /// Its author's id of it.
    pub id: String,
    /// When, Unix seconds.
    pub posted_s: u64,
    /// Who.
    pub author: AccountId,
    /// `text`, `media`, ….
    pub kind: String,
    /// The message, protobuf.
    pub plaintext: Vec<u8>,
    /// Who reacts how.
    pub reactions: BTreeMap<AccountId, String>,
}

/// All newsletters.
#[derive(Default)]
pub struct Newsletters {
    by_id: HashMap<String, Newsletter>,
}

impl Newsletter {
    /// A newsletter without a post.
    pub fn new(id: String, name: String, owner: AccountId, invite: String, created_s: u64) -> Self {
        Self {
            id,
            name,
            description: None,
            created_s,
            invite,
            readers: [(owner, Reader::Owner)].into(),
            muted: BTreeSet::new(),
            posts: VecDeque::new(),
            next_server_id: 100,
        }
    }

    /// Takes a post in; its number.
    pub fn post(&mut self, mut post: Post) -> u64 {
        post.server_id = self.next_server_id;
        self.next_server_id += 1;
        self.posts.push_back(post);
        if self.posts.len() > NEWSLETTER_POSTS_MAX {
            self.posts.pop_front();
        }
        self.next_server_id - 1
    }

    /// A post by its number.
    pub fn find(&mut self, server_id: u64) -> Option<&mut Post> {
        self.posts.iter_mut().find(|post| post.server_id == server_id)
    }
}

impl Post {
    /// Each reaction and how many gave it.
    pub fn counts(&self) -> BTreeMap<&str, usize> {
        let mut counts = BTreeMap::new();
        for code in self.reactions.values() {
            *counts.entry(code.as_str()).or_default() += 1;
        }
        counts
    }
}

impl Newsletters {
    /// A newsletter by the user part of its JID.
    pub fn get(&self, id: &str) -> Option<&Newsletter> {
        self.by_id.get(id)
    }

    /// A newsletter by the user part of its JID.
    pub fn get_mut(&mut self, id: &str) -> Option<&mut Newsletter> {
        self.by_id.get_mut(id)
    }

    /// The newsletter of a link.
    pub fn by_invite(&self, code: &str) -> Option<&Newsletter> {
        self.by_id.values().find(|newsletter| newsletter.invite == code)
    }

    /// Those an account owns or follows, in order of their ids.
    pub fn of(&self, account: AccountId) -> Vec<&Newsletter> {
        let mut found: Vec<&Newsletter> =
            self.by_id.values().filter(|newsletter| newsletter.readers.contains_key(&account)).collect();
        found.sort_unstable_by(|one, two| one.id.cmp(&two.id));
        found
    }

    /// Adds one. `false` if there are too many.
    pub fn insert(&mut self, newsletter: Newsletter) -> bool {
        let room = self.by_id.len() < NEWSLETTERS_MAX;
        if room {
            self.by_id.insert(newsletter.id.clone(), newsletter);
        }
        room
    }

    /// Removes one.
    pub fn remove(&mut self, id: &str) -> Option<Newsletter> {
        self.by_id.remove(id)
    }
}
