//! Newsletters, status and calls: bodies and answers.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use trunkline_model::command::{
    AudienceList, CallCommand, NewsletterCommand, NewsletterId, NewsletterPost, NewsletterView, StatusCommand,
};
use trunkline_model::limits::{
    CALL_ID_BYTES_MAX, NEWSLETTER_DESCRIPTION_CHARS_MAX, NEWSLETTER_NAME_CHARS_MAX, REACTION_BYTES_MAX,
    WA_MESSAGE_ID_BYTES_MAX,
};
use trunkline_model::message::Audience;
use trunkline_model::{Address, Failure};

use super::audience::AudienceBody;
use super::fields::{Problems, present};
use super::party::Person;
use super::time::Time;

/// A newsletter's id, with or without its server part.
pub(crate) fn newsletter_id(text: &str) -> Option<NewsletterId> {
    let full = if text.contains('@') { text.to_owned() } else { format!("{text}@newsletter") };
    match full.parse() {
        Ok(Address::Newsletter(id)) => Some(NewsletterId(id)),
        _ => None,
    }
}

/// A newsletter that is to be made.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "CreateNewsletter")]
pub(crate) struct CreateNewsletterBody {
    /// Its name.
    #[schemars(length(min = 1, max = NEWSLETTER_NAME_CHARS_MAX))]
    name: String,
    /// Its description.
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "String", length(max = NEWSLETTER_DESCRIPTION_CHARS_MAX))]
    description: Option<String>,
}

/// Changes to a newsletter. What is left out stays.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "UpdateNewsletter")]
pub(crate) struct UpdateNewsletterBody {
    /// New name.
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "String", length(min = 1, max = NEWSLETTER_NAME_CHARS_MAX))]
    name: Option<String>,
    /// New description; empty for none.
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "String", length(max = NEWSLETTER_DESCRIPTION_CHARS_MAX))]
    description: Option<String>,
}

impl CreateNewsletterBody {
    /// The newsletter to make.
    ///
    /// # Errors
    /// `VALIDATION` with every field that is wrong.
    pub(crate) fn read(self) -> Result<NewsletterCommand, Failure> {
        let mut problems = Problems::default();
        check(&mut problems, Some(&self.name), self.description.as_deref());
        problems.or(Some(NewsletterCommand::Create { name: self.name, description: self.description }))
    }
}

impl UpdateNewsletterBody {
    /// The changes.
    ///
    /// # Errors
    /// `VALIDATION` with every field that is wrong.
    pub(crate) fn read(self, newsletter: NewsletterId) -> Result<NewsletterCommand, Failure> {
        let mut problems = Problems::default();
        check(&mut problems, self.name.as_deref(), self.description.as_deref());
        let UpdateNewsletterBody { name, description } = self;
        problems.or(Some(NewsletterCommand::Update { newsletter, name, description }))
    }
}

fn check(problems: &mut Problems, name: Option<&str>, description: Option<&str>) {
    if let Some(name) = name {
        if name.trim().is_empty() {
            problems.add("name", "is empty");
        }
        problems.bound_chars("name", name, NEWSLETTER_NAME_CHARS_MAX);
    }
    if let Some(description) = description {
        problems.bound_chars("description", description, NEWSLETTER_DESCRIPTION_CHARS_MAX);
    }
}

/// Whether a newsletter's notifications are silenced.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "MuteNewsletter")]
pub(crate) struct MuteBody {
    /// Whether to silence them.
    pub(crate) muted: bool,
}

/// A reaction to a post.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "PostReaction")]
pub(crate) struct ReactionBody {
    /// The emoji; empty takes a reaction back.
    #[schemars(length(max = REACTION_BYTES_MAX))]
    emoji: String,
}

impl ReactionBody {
    /// The reaction to this post.
    ///
    /// # Errors
    /// `VALIDATION` when it is too long.
    pub(crate) fn read(self, newsletter: NewsletterId, post: u64) -> Result<NewsletterCommand, Failure> {
        let mut problems = Problems::default();
        problems.bound("emoji", &self.emoji, REACTION_BYTES_MAX);
        if !self.emoji.is_empty() && !is_emoji(&self.emoji) {
            problems.add("emoji", "is not an emoji");
        }
        problems.or(Some(NewsletterCommand::React { newsletter, post, emoji: self.emoji }))
    }
}

/// Whether a text may be an emoji: no letters, no controls, and of ASCII only what keycaps are made of. It becomes an attribute
/// of a stanza, where other text could be taken for an id.
fn is_emoji(text: &str) -> bool {
    let fits = |ch: char| match ch {
        '0'..='9' | '#' | '*' => true,
        ch => !ch.is_ascii() && !ch.is_alphanumeric() && !ch.is_control() && !ch.is_whitespace(),
    };
    text.chars().all(fits) && !text.is_ascii()
}

/// A newsletter.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Newsletter")]
pub(crate) struct NewsletterJson<'a> {
    /// WhatsApp id.
    id: &'a str,
    /// Its name.
    name: &'a str,
    /// Its description.
    description: Option<&'a str>,
    /// How many follow it.
    followers: Option<u64>,
    /// Whether WhatsApp vouches for who makes it.
    verified: bool,
    /// WhatsApp's word for its state: `active`, `suspended`, ….
    state: &'a str,
    /// What the number is to it: `owner`, `admin`, `subscriber` or `guest`.
    role: Option<&'a str>,
    /// Whether its notifications are silenced.
    muted: Option<bool>,
    /// The link that leads to it.
    link: Option<String>,
    /// When it was made.
    created_at: Option<Time>,
}

impl<'a> NewsletterJson<'a> {
    pub(crate) fn of(view: &'a NewsletterView) -> NewsletterJson<'a> {
        NewsletterJson {
            id: &view.jid,
            name: &view.name,
            description: view.description.as_deref(),
            followers: view.followers,
            verified: view.verified,
            state: &view.state,
            role: view.role.as_deref(),
            muted: view.muted,
            link: view.invite.as_deref().map(|code| format!("https://whatsapp.com/channel/{code}")),
            created_at: view.created_at_ms.map(Time),
        }
    }
}

/// Something posted in a newsletter.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "NewsletterPost")]
pub(crate) struct PostJson<'a> {
    /// Its number: what reactions and pages name.
    number: u64,
    /// WhatsApp's id of it.
    wa_id: Option<&'a str>,
    /// When it was posted.
    time: Time,
    /// Whether the number posted it.
    from_me: bool,
    /// WhatsApp's word for what it is: `text`, `media`, ….
    kind: &'a str,
    /// Its text or caption.
    text: Option<&'a str>,
    /// Each reaction and how many gave it.
    reactions: BTreeMap<&'a str, u64>,
}

impl<'a> PostJson<'a> {
    pub(crate) fn of(post: &'a NewsletterPost) -> PostJson<'a> {
        PostJson {
            number: post.number,
            wa_id: post.wa_id.as_deref(),
            time: Time(post.time_ms),
            from_me: post.from_me,
            kind: &post.kind,
            text: post.text.as_deref(),
            reactions: post.reactions.iter().map(|(code, count)| (code.as_str(), *count)).collect(),
        }
    }
}

/// A call that is to be declined.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "RejectCall")]
pub(crate) struct RejectCallBody {
    /// Who calls. Needed only for a call that the present connection was not told of.
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "String")]
    from: Option<String>,
}

impl RejectCallBody {
    /// The order to decline it.
    ///
    /// # Errors
    /// `VALIDATION` when the caller is no person, or the call has no id.
    pub(crate) fn read(self, call: String) -> Result<CallCommand, Failure> {
        let mut problems = Problems::default();
        problems.bound("call", &call, CALL_ID_BYTES_MAX);
        let from = self.from.and_then(|from| problems.keep("from", from.parse::<Address>()));
        if from.as_ref().is_some_and(|from| !from.is_person()) {
            problems.add("from", "is not a person");
        }
        problems.or(Some(CallCommand::Reject { call, from }))
    }
}

/// A link that is to be made.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "CreateCallLink")]
pub(crate) struct CallLinkBody {
    /// Whether for video; for sound alone otherwise.
    #[serde(default)]
    pub(crate) video: bool,
}

/// A link that others join a call by.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "CallLink")]
pub(crate) struct CallLinkJson<'a> {
    link: &'a str,
}

impl<'a> CallLinkJson<'a> {
    pub(crate) fn of(link: &'a str) -> CallLinkJson<'a> {
        CallLinkJson { link }
    }
}

/// Whom a status was posted to.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "DeleteStatus")]
pub(crate) struct DeleteStatusBody {
    /// Whom it was posted to: phone numbers or WhatsApp ids, or the word `contacts` for those whom it goes to now.
    audience: AudienceBody,
}

impl DeleteStatusBody {
    /// The order to take it back.
    ///
    /// # Errors
    /// `VALIDATION` when there is nobody, or an entry is no person.
    pub(crate) fn read(self, wa_id: String) -> Result<StatusCommand, Failure> {
        let mut problems = Problems::default();
        problems.bound("message", &wa_id, WA_MESSAGE_ID_BYTES_MAX);
        let audience = self.audience.read(&mut problems);
        if audience == Audience::default() {
            problems.add("audience", "is empty; name those whom it was posted to");
        }
        problems.or(Some(StatusCommand::Delete { wa_id, audience }))
    }
}

/// One of the lists of who sees the number's status.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "StatusAudience")]
pub(crate) struct AudienceJson<'a> {
    /// `contacts`, `contacts_except` or `only`.
    kind: &'static str,
    /// Whether it is the one in force.
    is_default: bool,
    /// The people on it.
    people: Vec<Person<'a>>,
}

impl<'a> AudienceJson<'a> {
    pub(crate) fn of(list: &'a AudienceList) -> AudienceJson<'a> {
        AudienceJson {
            kind: list.kind.as_str(),
            is_default: list.is_default,
            people: list.people.iter().map(Person::of).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_emoji_is_told_from_other_text() {
        for emoji in ["👍", "❤️", "👩‍👩‍👧", "1️⃣", "🇧🇷"] {
            assert!(is_emoji(emoji), "{emoji}");
        }
        for text in ["", "1", "ok", "ð", "a@b", "👍\u{1b}", "👍 👍"] {
            assert!(!is_emoji(text), "{text:?}");
        }
    }

    #[test]
    fn ids_of_newsletters_are_read_with_and_without_their_server() {
        let check = |text: &str, expected: Option<&str>| {
            assert_eq!(newsletter_id(text).map(|NewsletterId(id)| id).as_deref(), expected, "{text}");
        };
        check("120400000000000001", Some("120400000000000001"));
        check("120400000000000001@newsletter", Some("120400000000000001"));
        check("120400000000000001@g.us", None);
        check("nonsense", None);
    }
}
