//! What an API key may do.

/// A scope of an API key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scope {
    /// Everything, making keys included.
    All,
    /// Look at instances.
    InstancesRead,
    /// Make, link, change and delete instances.
    InstancesWrite,
    /// Look at messages.
    MessagesRead,
    /// Send messages.
    MessagesSend,
    /// Follow events.
    EventsRead,
    /// Look at chats, contacts and people.
    ChatsRead,
    /// Change chats, contacts and the block list.
    ChatsWrite,
    /// Look at groups and communities.
    GroupsRead,
    /// Make and change groups and communities.
    GroupsWrite,
    /// Look at newsletters and status.
    ChannelsRead,
    /// Make, follow and change newsletters; post status.
    ChannelsWrite,
    /// Look at the number's own profile and privacy.
    ProfileRead,
    /// Change the number's own profile and privacy; answer calls.
    ProfileWrite,
    /// Take credentials out and bring them in.
    Admin,
    /// Say how long events are kept.
    EventsWrite,
    /// Look at webhooks and consumers, and at how their deliveries went.
    WebhooksRead,
    /// Make, change, test and delete webhooks and consumers: whoever has it can have every event sent to him.
    WebhooksWrite,
    /// Look at templates.
    TemplatesRead,
    /// Make, change and delete templates.
    TemplatesWrite,
    /// Look at the address book and the suppression list.
    BookRead,
    /// Change the address book and the suppression list.
    BookWrite,
    /// Look at campaigns.
    CampaignsRead,
    /// Make, start, pause and end campaigns.
    CampaignsWrite,
    /// Look at the account, its workspaces and apps.
    AccountRead,
    /// Change the account, its workspaces and apps.
    AccountWrite,
    /// Look at API keys; never at their secrets.
    KeysRead,
    /// Make, change, replace and revoke API keys that may not do more than this one.
    KeysWrite,
    /// Read who changed what.
    AuditRead,
    /// Run the node: its accounts and its condition. Held by the root account alone.
    Operator,
}

impl Scope {
    /// Every scope.
    pub const ALL: [Scope; 30] = [
        Scope::All,
        Scope::InstancesRead,
        Scope::InstancesWrite,
        Scope::MessagesRead,
        Scope::MessagesSend,
        Scope::EventsRead,
        Scope::ChatsRead,
        Scope::ChatsWrite,
        Scope::GroupsRead,
        Scope::GroupsWrite,
        Scope::ChannelsRead,
        Scope::ChannelsWrite,
        Scope::ProfileRead,
        Scope::ProfileWrite,
        Scope::Admin,
        Scope::EventsWrite,
        Scope::WebhooksRead,
        Scope::WebhooksWrite,
        Scope::TemplatesRead,
        Scope::TemplatesWrite,
        Scope::BookRead,
        Scope::BookWrite,
        Scope::CampaignsRead,
        Scope::CampaignsWrite,
        Scope::AccountRead,
        Scope::AccountWrite,
        Scope::KeysRead,
        Scope::KeysWrite,
        Scope::AuditRead,
        Scope::Operator,
    ];

    /// The word that records and the API use.
    pub fn as_str(self) -> &'static str {
        match self {
            Scope::All => "*",
            Scope::InstancesRead => "instances:read",
            Scope::InstancesWrite => "instances:write",
            Scope::MessagesRead => "messages:read",
            Scope::MessagesSend => "messages:send",
            Scope::EventsRead => "events:read",
            Scope::ChatsRead => "chats:read",
            Scope::ChatsWrite => "chats:write",
            Scope::GroupsRead => "groups:read",
            Scope::GroupsWrite => "groups:write",
            Scope::ChannelsRead => "channels:read",
            Scope::ChannelsWrite => "channels:write",
            Scope::ProfileRead => "profile:read",
            Scope::ProfileWrite => "profile:write",
            Scope::Admin => "admin",
            Scope::EventsWrite => "events:write",
            Scope::WebhooksRead => "webhooks:read",
            Scope::WebhooksWrite => "webhooks:write",
            Scope::TemplatesRead => "templates:read",
            Scope::TemplatesWrite => "templates:write",
            Scope::BookRead => "contacts:read",
            Scope::BookWrite => "contacts:write",
            Scope::CampaignsRead => "campaigns:read",
            Scope::CampaignsWrite => "campaigns:write",
            Scope::AccountRead => "account:read",
            Scope::AccountWrite => "account:write",
            Scope::KeysRead => "keys:read",
            Scope::KeysWrite => "keys:write",
            Scope::AuditRead => "audit:read",
            Scope::Operator => "operator",
        }
    }

    /// Reads the word back.
    pub fn parse(word: &str) -> Option<Scope> {
        Scope::ALL.into_iter().find(|scope| scope.as_str() == word)
    }

    /// Whether a key with these scopes may do what needs this one.
    pub fn is_granted_by(self, granted: &[Scope]) -> bool {
        granted.iter().any(|scope| *scope == Scope::All || *scope == self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_is_granted_by_itself_and_by_all_only() {
        for needed in Scope::ALL {
            for granted in Scope::ALL {
                let expected = granted == needed || granted == Scope::All;
                assert_eq!(needed.is_granted_by(&[granted]), expected, "{needed:?} by {granted:?}");
            }
            assert!(!needed.is_granted_by(&[]));
            assert_eq!(Scope::parse(needed.as_str()), Some(needed));
        }
    }
}
