//! Newsletters: their metadata through GraphQL, their posts and reactions through stanzas of their own.

use serde_json::{Value, json};
use trunkline_model::command::{
    InviteCode, NewsletterCommand, NewsletterId, NewsletterPost, NewsletterView, Reply,
};
use wacore::iq::mex_operations::{
    create_newsletter, delete_newsletter, fetch_all_newsletters_metadata, fetch_newsletter, join_newsletter,
    leave_newsletter, update_newsletter, update_newsletter_user_setting,
};
use wacore::proto_helpers::MessageExt as _;
use wacore_binary::Jid;
use wacore_binary::builder::NodeBuilder;
use whatsapp_rust::features::{NewsletterError, NewsletterMessage};

use super::confirmed::{client_error, stanza_id};
use super::mex::{milliseconds, number, word};
use super::{Session, iq_error, mex_error};
use crate::error::{SessionError, shorten};

type Result<T> = std::result::Result<T, SessionError>;

impl Session {
    /// Does something about newsletters.
    ///
    /// # Errors
    /// [`SessionError::NotConnected`], or what WhatsApp answered.
    pub async fn newsletter(&self, command: NewsletterCommand) -> Result<Reply> {
        self.connected()?;
        match command {
            NewsletterCommand::List => self.newsletters().await,
            NewsletterCommand::Get(newsletter) => self.newsletter_by(&full(&newsletter), "JID").await,
            NewsletterCommand::Preview(InviteCode(code)) => self.newsletter_by(&code, "INVITE").await,
            NewsletterCommand::Create { name, description } => {
                self.create_newsletter(name, description).await
            }
            NewsletterCommand::Update { newsletter, name, description } => {
                self.update_newsletter(&newsletter, name, description).await
            }
            NewsletterCommand::Delete(newsletter) => {
                let variables = json!({ "newsletter_id": full(&newsletter) });
                self.ask_graph(delete_newsletter::DOC_ID, "xwa2_newsletter_delete_v2", variables).await?;
                Ok(Reply::Done)
            }
            NewsletterCommand::Follow { newsletter, follow } => {
                self.follow_newsletter(&newsletter, follow).await
            }
            NewsletterCommand::Mute { newsletter, mute } => self.mute_newsletter(&newsletter, mute).await,
            NewsletterCommand::Posts { newsletter, before, limit } => {
                self.newsletter_posts(&newsletter, before, limit).await
            }
            NewsletterCommand::React { newsletter, post, emoji } => {
                self.react_to_post(&newsletter, post, &emoji).await
            }
        }
    }

    async fn newsletters(&self) -> Result<Reply> {
        let variables = json!({ "fetch_wamo_sub": false });
        let found = self
            .ask_graph(fetch_all_newsletters_metadata::DOC_ID, "xwa2_newsletter_subscribed", variables)
            .await?;
        let mut views: Vec<NewsletterView> =
            found.as_array().into_iter().flatten().map(view).collect::<Result<_>>()?;
        views.sort_unstable_by(|a, b| a.jid.cmp(&b.jid));
        Ok(Reply::Newsletters(views))
    }

    async fn newsletter_by(&self, key: &str, kind: &str) -> Result<Reply> {
        let variables = json!({
            "fetch_creation_time": true,
            "fetch_full_image": true,
            "fetch_viewer_metadata": true,
            "input": { "key": key, "type": kind, "view_role": "GUEST" },
        });
        let found = self.ask_graph(fetch_newsletter::DOC_ID, "xwa2_newsletter", variables).await?;
        Ok(Reply::Newsletter(Box::new(view(&found)?)))
    }

    async fn create_newsletter(&self, name: String, description: Option<String>) -> Result<Reply> {
        let variables = json!({ "input": { "name": name, "description": description } });
        let made = self.ask_graph(create_newsletter::DOC_ID, "xwa2_newsletter_create", variables).await?;
        Ok(Reply::Newsletter(Box::new(view(&made)?)))
    }

    async fn update_newsletter(
        &self,
        newsletter: &NewsletterId,
        name: Option<String>,
        description: Option<String>,
    ) -> Result<Reply> {
        let updates = json!({ "name": name, "description": description, "settings": null });
        let variables = json!({ "newsletter_id": full(newsletter), "updates": updates });
        self.ask_graph(update_newsletter::DOC_ID, "xwa2_newsletter_update", variables).await?;
        self.newsletter_by(&full(newsletter), "JID").await
    }

    async fn follow_newsletter(&self, newsletter: &NewsletterId, follow: bool) -> Result<Reply> {
        let (id, name) = if follow {
            (join_newsletter::DOC_ID, "xwa2_newsletter_join_v2")
        } else {
            (leave_newsletter::DOC_ID, "xwa2_newsletter_leave_v2")
        };
        self.ask_graph(id, name, json!({ "newsletter_id": full(newsletter) })).await?;
        Ok(Reply::Done)
    }

    async fn mute_newsletter(&self, newsletter: &NewsletterId, mute: bool) -> Result<Reply> {
        let value = if mute { "ON" } else { "OFF" };
        let input =
            json!({ "newsletter_id": full(newsletter), "type": "MUTE_FOLLOWER_ACTIVITY", "value": value });
        let (id, name) = (update_newsletter_user_setting::DOC_ID, "xwa2_newsletter_update_user_setting");
        self.ask_graph(id, name, json!({ "input": input })).await?;
        Ok(Reply::Done)
    }

    async fn newsletter_posts(
        &self,
        newsletter: &NewsletterId,
        before: Option<u64>,
        limit: usize,
    ) -> Result<Reply> {
        let count = u32::try_from(limit).unwrap_or(u32::MAX);
        let found = self.inner.client.newsletter().get_messages(jid(newsletter), count, before).await;
        let mut posts: Vec<NewsletterPost> =
            found.map_err(|error| newsletter_error(&error))?.iter().map(post).collect();
        posts.sort_unstable_by_key(|post| std::cmp::Reverse(post.number));
        let next = posts.last().filter(|_| posts.len() >= limit).map(|post| post.number);
        Ok(Reply::NewsletterPosts { posts, next })
    }

    async fn react_to_post(&self, newsletter: &NewsletterId, post: u64, emoji: &str) -> Result<Reply> {
        let id = stanza_id()?;
        let stanza = NodeBuilder::new("message")
            .attr("to", jid(newsletter))
            .attr("type", "reaction")
            .attr("id", id.as_str())
            .attr("server_id", post);
        // An empty reaction is none, and is marked as the taking back of one.
        let (stanza, reaction) = if emoji.is_empty() {
            (stanza.attr("edit", "7"), NodeBuilder::new("reaction"))
        } else {
            (stanza, NodeBuilder::new("reaction").attr("code", emoji))
        };
        self.send_confirmed(&id, stanza.children([reaction.build()]).build()).await?;
        Ok(Reply::Done)
    }
}

fn jid(newsletter: &NewsletterId) -> Jid {
    Jid::newsletter(newsletter.0.as_str())
}

fn full(newsletter: &NewsletterId) -> String {
    jid(newsletter).to_string()
}

fn view(value: &Value) -> Result<NewsletterView> {
    let jid = value["id"]
        .as_str()
        .ok_or_else(|| SessionError::Protocol("a newsletter without an id".to_owned()))?;
    let (thread, viewer) = (&value["thread_metadata"], &value["viewer_metadata"]);
    let described =
        |part: &str| thread[part]["text"].as_str().filter(|text| !text.is_empty()).map(str::to_owned);
    let setting = viewer["settings"].as_array().into_iter().flatten();
    let muted = setting.clone().find(|setting| setting["type"] == "MUTE_FOLLOWER_ACTIVITY");
    Ok(NewsletterView {
        jid: jid.to_owned(),
        name: described("name").unwrap_or_default(),
        description: described("description"),
        followers: number(&thread["subscribers_count"]),
        verified: thread["verification"] == "VERIFIED",
        state: word(&value["state"]["type"]).unwrap_or_else(|| "active".to_owned()),
        role: word(&viewer["role"]),
        muted: muted.map(|setting| &setting["value"]).and_then(Value::as_str).map(|value| value == "ON"),
        invite: thread["invite"].as_str().map(str::to_owned),
        created_at_ms: milliseconds(&thread["creation_time"]),
    })
}

fn post(message: &NewsletterMessage) -> NewsletterPost {
    let content = message.message.as_ref();
    let text = content.and_then(|content| content.text_content().or_else(|| content.get_caption()));
    NewsletterPost {
        number: message.server_id,
        wa_id: Some(message.message_id.clone()).filter(|id| !id.is_empty()),
        time_ms: i64::try_from(message.timestamp).ok().and_then(|s| s.checked_mul(1_000)).unwrap_or_default(),
        from_me: message.is_sender,
        kind: message.message_type.as_str().to_owned(),
        text: text.map(str::to_owned),
        reactions: message.reactions.iter().map(|reaction| (reaction.code.clone(), reaction.count)).collect(),
    }
}

fn newsletter_error(error: &NewsletterError) -> SessionError {
    match error {
        NewsletterError::Mex(error) => mex_error(error),
        NewsletterError::Iq(error) => iq_error(error),
        NewsletterError::Client(error) => client_error(error),
        other => SessionError::Protocol(shorten(other.to_string())),
    }
}
