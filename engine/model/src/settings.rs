//! How an instance behaves by itself: what it leaves out, what it answers, which way it goes out.

use crate::event::EventBody;
use crate::inbound::InboundMessage;

/// The settings of one instance.
#[derive(Debug, Clone, PartialEq, Eq, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub struct InstanceSettings {
    /// Received messages are marked as read once they are in the event log.
    pub auto_read: bool,
    /// Messages of groups are taken off WhatsApp's queue and leave no event.
    pub ignore_groups: bool,
    /// Likewise messages of broadcast lists and status updates.
    pub ignore_broadcasts: bool,
    /// Likewise messages of newsletters.
    pub ignore_newsletters: bool,
    /// Calls are declined.
    pub reject_calls: bool,
    /// Text that a declined caller is sent.
    pub reject_calls_message: Option<String>,
    /// The number shows as online while it is connected; otherwise that is left to the phone.
    pub always_online: bool,
    /// How much of the past the phone is asked for when the instance is linked.
    pub history_sync: HistorySync,
    /// Way out to WhatsApp: socket, media and look-ups.
    pub proxy: Option<ProxyConfig>,
    /// Event types that are not put into the event log, and so reach no webhook and no stream.
    pub ignored_events: Vec<String>,
}

/// How much of the past a phone is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub enum HistorySync {
    /// Nothing.
    Off,
    /// What phones give a browser.
    Recent,
    /// Everything that it has.
    Full,
}

impl HistorySync {
    /// Every amount.
    pub const ALL: [HistorySync; 3] = [HistorySync::Off, HistorySync::Recent, HistorySync::Full];

    /// The word that the native API uses.
    pub fn as_str(self) -> &'static str {
        match self {
            HistorySync::Off => "off",
            HistorySync::Recent => "recent",
            HistorySync::Full => "full",
        }
    }

    /// Reads the word back.
    pub fn parse(word: &str) -> Option<HistorySync> {
        HistorySync::ALL.into_iter().find(|amount| amount.as_str() == word)
    }
}

/// A proxy server.
#[derive(Clone, PartialEq, Eq, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub struct ProxyConfig {
    /// `http://host:port` (CONNECT) or `socks5://host:port`.
    pub url: String,
    /// Name to log in with.
    pub username: Option<String>,
    /// Password to log in with.
    pub password: Option<String>,
}

impl std::fmt::Debug for ProxyConfig {
    /// Without the credentials.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ProxyConfig").field("url", &self.url).finish_non_exhaustive()
    }
}

/// What is to be changed; `None` leaves a setting as it is, `Some(None)` removes it.
#[derive(Debug, Clone, PartialEq, Eq, Default, rkyv::Archive, rkyv::Serialize, rkyv::Deserialize)]
pub struct SettingsUpdate {
    /// See [`InstanceSettings::auto_read`].
    pub auto_read: Option<bool>,
    /// See [`InstanceSettings::ignore_groups`].
    pub ignore_groups: Option<bool>,
    /// See [`InstanceSettings::ignore_broadcasts`].
    pub ignore_broadcasts: Option<bool>,
    /// See [`InstanceSettings::ignore_newsletters`].
    pub ignore_newsletters: Option<bool>,
    /// See [`InstanceSettings::reject_calls`].
    pub reject_calls: Option<bool>,
    /// See [`InstanceSettings::reject_calls_message`].
    pub reject_calls_message: Option<Option<String>>,
    /// See [`InstanceSettings::always_online`].
    pub always_online: Option<bool>,
    /// See [`InstanceSettings::history_sync`].
    pub history_sync: Option<HistorySync>,
    /// See [`InstanceSettings::proxy`].
    pub proxy: Option<Option<ProxyConfig>>,
    /// See [`InstanceSettings::ignored_events`].
    pub ignored_events: Option<Vec<String>>,
}

impl Default for InstanceSettings {
    fn default() -> InstanceSettings {
        InstanceSettings {
            auto_read: false,
            ignore_groups: false,
            ignore_broadcasts: false,
            ignore_newsletters: false,
            reject_calls: false,
            reject_calls_message: None,
            always_online: true,
            history_sync: HistorySync::Off,
            proxy: None,
            ignored_events: Vec::new(),
        }
    }
}

impl InstanceSettings {
    /// The settings after a change.
    pub fn with(&self, update: SettingsUpdate) -> InstanceSettings {
        InstanceSettings {
            auto_read: update.auto_read.unwrap_or(self.auto_read),
            ignore_groups: update.ignore_groups.unwrap_or(self.ignore_groups),
            ignore_broadcasts: update.ignore_broadcasts.unwrap_or(self.ignore_broadcasts),
            ignore_newsletters: update.ignore_newsletters.unwrap_or(self.ignore_newsletters),
            reject_calls: update.reject_calls.unwrap_or(self.reject_calls),
            reject_calls_message: update
                .reject_calls_message
                .unwrap_or_else(|| self.reject_calls_message.clone()),
            always_online: update.always_online.unwrap_or(self.always_online),
            history_sync: update.history_sync.unwrap_or(self.history_sync),
            proxy: update.proxy.unwrap_or_else(|| self.proxy.clone()),
            ignored_events: update.ignored_events.unwrap_or_else(|| self.ignored_events.clone()),
        }
    }

    /// Whether a received message is wanted at all.
    pub fn wants_message(&self, message: &InboundMessage) -> bool {
        self.wants_chat(&message.chat.jid)
    }

    fn wants_chat(&self, jid: &str) -> bool {
        !(self.ignore_groups && jid.ends_with("@g.us")
            || self.ignore_broadcasts && jid.ends_with("@broadcast")
            || self.ignore_newsletters && jid.ends_with("@newsletter"))
    }

    /// Whether something that happened goes into the event log.
    pub fn wants(&self, body: &EventBody) -> bool {
        let chat = match body {
            EventBody::MessageReceived(message) => Some(&message.chat),
            EventBody::PollVoted(voted) => Some(&voted.chat),
            EventBody::MessageUndecryptable(unread) => Some(&unread.chat),
            _ => None,
        };
        if chat.is_some_and(|chat| !self.wants_chat(&chat.jid)) {
            return false;
        }
        let kind = body.kind();
        !self.ignored_events.iter().any(|ignored| ignored == kind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inbound::{InboundContent, InboundMarks, Party};

    fn message(chat: &str, is_group: bool) -> EventBody {
        EventBody::MessageReceived(Box::new(InboundMessage {
            wa_id: "W".into(),
            chat: Party { jid: chat.into(), ..Party::default() },
            sender: Party::default(),
            from_me: false,
            is_group,
            time_ms: 0,
            from_offline_queue: false,
            content: InboundContent::Text { body: "hello".into() },
            quote: None,
            mentions: Vec::new(),
            marks: InboundMarks::default(),
        }))
    }

    #[test]
    fn what_is_ignored_is_not_wanted_and_nothing_else_is_ignored() {
        let chats = [
            ("1@s.whatsapp.net", false),
            ("2@g.us", true),
            ("status@broadcast", false),
            ("3@broadcast", false),
            ("4@newsletter", false),
        ];
        let check = |update: SettingsUpdate, wanted: [bool; 5]| {
            let settings = InstanceSettings::default().with(update.clone());
            for ((chat, is_group), wanted) in chats.into_iter().zip(wanted) {
                assert_eq!(settings.wants(&message(chat, is_group)), wanted, "{chat} {update:?}");
            }
        };
        check(SettingsUpdate::default(), [true; 5]);
        let ignoring = SettingsUpdate { ignore_groups: Some(true), ..SettingsUpdate::default() };
        check(ignoring, [true, false, true, true, true]);
        let ignoring = SettingsUpdate { ignore_broadcasts: Some(true), ..SettingsUpdate::default() };
        check(ignoring, [true, true, false, false, true]);
        let ignoring = SettingsUpdate { ignore_newsletters: Some(true), ..SettingsUpdate::default() };
        check(ignoring, [true, true, true, true, false]);
        let events = Some(vec!["message.received".to_owned()]);
        check(SettingsUpdate { ignored_events: events, ..SettingsUpdate::default() }, [false; 5]);
        let events = Some(vec!["message.sent".to_owned()]);
        check(SettingsUpdate { ignored_events: events, ..SettingsUpdate::default() }, [true; 5]);
    }

    #[test]
    fn a_change_leaves_what_it_does_not_name() {
        let proxy = ProxyConfig { url: "socks5://proxy:1080".into(), username: None, password: None };
        let set = SettingsUpdate {
            auto_read: Some(true),
            proxy: Some(Some(proxy.clone())),
            reject_calls_message: Some(Some("write to us".into())),
            ..SettingsUpdate::default()
        };
        let first = InstanceSettings::default().with(set);
        let second = first.with(SettingsUpdate { proxy: Some(None), ..SettingsUpdate::default() });
        assert_eq!(first.proxy, Some(proxy));
        assert_eq!(second, InstanceSettings { proxy: None, ..first });
    }

    #[test]
    fn credentials_of_a_proxy_are_not_shown() {
        let proxy = ProxyConfig {
            url: "http://proxy:1".into(),
            username: Some("ann".into()),
            password: Some("secret".into()),
        };
        let shown = format!("{proxy:?}");
        assert!(!shown.contains("ann") && !shown.contains("secret"), "{shown}");
    }
}
