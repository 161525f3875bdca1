//! Groups, presence and contacts of a Baileys device.

use serde_json::{Value, json};

use super::Baileys;
use crate::account::{Account, Recipient};
use crate::events::{ClientError, Event, Stanza};

/// A group as a client describes it.
#[derive(Debug, Clone)]
pub struct Group {
    /// `…@g.us`.
    pub id: String,
    /// Subject.
    pub subject: String,
    /// `lid` or `pn`.
    pub addressing: String,
    /// Members, in the client's words: `{id, phone_number, lid, admin}`.
    pub participants: Vec<Value>,
}

impl Recipient for Group {
    fn jid(&self) -> String {
        self.id.clone()
    }
}

impl Group {
    fn parse(value: &Value) -> Self {
        let text = |field: &str| value[field].as_str().unwrap_or_default().to_owned();
        let participants = value["participants"].as_array().cloned().unwrap_or_default();
        Self { id: text("group"), subject: text("subject"), addressing: text("addressing"), participants }
    }

    /// Whether `account` is a member, by whichever name.
    pub fn has(&self, account: &Account) -> bool {
        self.member(account).is_some()
    }

    /// Whether `account` is a member with admin rights.
    pub fn has_admin(&self, account: &Account) -> bool {
        self.member(account).is_some_and(|member| member["admin"].is_string())
    }

    fn member(&self, account: &Account) -> Option<&Value> {
        self.participants.iter().find(|member| account.is(member["id"].as_str().unwrap_or_default()))
    }
}

impl Baileys {
    /// Makes a group.
    pub async fn create_group(&self, subject: &str, members: &[&Account]) -> Group {
        let members: Vec<String> = members.iter().map(|member| member.pn_jid()).collect();
        Group::parse(&self.must("group_create", json!({"subject": subject, "participants": members})).await)
    }

    /// What the service says about a group.
    pub async fn group(&self, group: &Group) -> Group {
        Group::parse(&self.must("group_metadata", json!({"group": group.id})).await)
    }

    /// As [`Baileys::group`], when the service must refuse.
    pub async fn group_refused(&self, id: &str) -> ClientError {
        self.must_fail("group_metadata", json!({"group": id})).await
    }

    /// All groups of this account.
    pub async fn groups(&self) -> Vec<Group> {
        let groups = self.must("groups", json!({})).await;
        groups.as_array().map(|groups| groups.iter().map(Group::parse).collect()).unwrap_or_default()
    }

    /// Adds, removes, promotes or demotes; returns the status for each member.
    pub async fn change_members(&self, group: &Group, action: &str, members: &[&Account]) -> Vec<String> {
        let members: Vec<String> = members.iter().map(|member| member.pn_jid()).collect();
        let arguments = json!({"group": group.id, "action": action, "participants": members});
        let outcome = self.must("group_participants", arguments).await;
        let statuses = outcome.as_array().cloned().unwrap_or_default();
        statuses.iter().map(|each| each["status"].as_str().unwrap_or_default().to_owned()).collect()
    }

    /// Waits until this account is told of a group.
    pub async fn expect_group(&self, subject: &str) {
        let told =
            |event: &Event| matches!(event, Event::Group { subject: s, .. } if s == subject).then_some(());
        self.expect(&format!("group {subject:?}"), told).await;
    }

    /// Waits until this account is told that members came or went.
    pub async fn expect_members_changed(&self, group: &Group, expected: &str) -> Vec<String> {
        let told = |event: &Event| match event {
            Event::GroupParticipants { group: id, action, participants, .. }
                if *id == group.id && action == expected =>
            {
                Some(participants.clone())
            }
            _ => None,
        };
        self.expect(&format!("members of {} to see {expected}", group.subject), told).await
    }

    /// Waits until this client was told, on a watched stanza, that somebody's devices changed.
    pub async fn expect_device_notification(&self, account: &Account) {
        let told = |node: &Stanza| node.attr("type") == "devices" && account.is(node.attr("from"));
        self.expect_stanza(&format!("new devices of {}", account.name()), told).await;
    }

    /// Announces itself available or unavailable.
    pub async fn announce(&self, presence: &str) {
        self.must("presence", json!({"presence": presence})).await;
    }

    /// Shows typing, recording or a pause in a chat.
    pub async fn show(&self, chatstate: &str, to: &impl Recipient) {
        self.must("presence", json!({"presence": chatstate, "to": to.jid()})).await;
    }

    /// Subscribes to somebody's presence.
    pub async fn subscribe(&self, to: &impl Recipient) {
        self.must("subscribe", json!({"to": to.jid()})).await;
    }

    /// Waits until `account` is seen `available`, `unavailable`, `composing`, `recording` or `paused`.
    pub async fn expect_presence(&self, account: &Account, expected: &str) {
        let seen = |event: &Event| match event {
            Event::Presence { who, presence, .. } => (account.is(who) && presence == expected).then_some(()),
            _ => None,
        };
        self.expect(&format!("{} to be {expected}", account.name()), seen).await;
    }

    /// Which of these numbers have accounts: `(jid, exists)`.
    pub async fn on_whatsapp(&self, phones: &[&str]) -> Vec<(String, bool)> {
        let answers = self.must("on_whatsapp", json!({"phones": phones})).await;
        let answers = answers.as_array().cloned().unwrap_or_default();
        let known = |answer: &Value| {
            (
                answer["jid"].as_str().unwrap_or_default().to_owned(),
                answer["exists"].as_bool().unwrap_or(false),
            )
        };
        answers.iter().map(known).collect()
    }

    /// Changes something of a chat that lives in app state, in Baileys' `chatModify` form.
    pub async fn modify_chat(&self, chat: &impl Recipient, change: Value) {
        self.must("chat_modify", json!({"chat": chat.jid(), "change": change})).await;
    }

    /// Waits for a change of a chat.
    pub async fn expect_chat_change(&self, what: &str, accept: impl Fn(&str, &Value) -> bool) {
        let changed = |event: &Event| match event {
            Event::ChatUpdate { chat, changes } => accept(chat, changes).then_some(()),
            _ => None,
        };
        self.expect(what, changed).await;
    }
}
