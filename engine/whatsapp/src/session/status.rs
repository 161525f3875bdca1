//! Status: who sees it, and taking one back.

use trunkline_model::Address;
use trunkline_model::command::{AudienceKind, AudienceList, Reply, StatusCommand};
use trunkline_model::inbound::Party;
use trunkline_model::message::Audience;
use wacore::iq::spec::IqSpec;
use wacore::request::InfoQuery;
use wacore_binary::builder::NodeBuilder;
use wacore_binary::{Jid, NodeContent, NodeRef, Server};
use whatsapp_rust::anyhow::{self, anyhow};
use whatsapp_rust::features::StatusSendOptions;
use whatsapp_rust::{NodeFilter, SendError as ClientSendError};

use super::confirmed::{client_error, stanza_id};
use super::{Session, iq_error, refused};
use crate::error::{SessionError, shorten};
use crate::limits::ACK_TIMEOUT;
use crate::message::party;

impl Session {
    /// Does something about status. `contacts` are those that the account saved.
    ///
    /// # Errors
    /// [`SessionError::NotConnected`], [`SessionError::Invalid`], or what WhatsApp answered.
    pub async fn status(
        &self,
        command: StatusCommand,
        contacts: Vec<Address>,
    ) -> Result<Reply, SessionError> {
        self.connected()?;
        match command {
            StatusCommand::GetAudience => {
                let lists =
                    self.inner.client.execute(AudienceQuery).await.map_err(|error| iq_error(&error))?;
                Ok(Reply::StatusAudience(lists))
            }
            StatusCommand::Delete { wa_id, audience } => {
                self.delete_status(&wa_id, (&audience, &contacts)).await.map(|()| Reply::Done)
            }
        }
    }

    /// Takes back a status that was posted to these people, and waits until WhatsApp took note.
    ///
    /// # Errors
    /// [`SessionError::NotConnected`], [`SessionError::NotFound`] when nobody of the audience is on WhatsApp, or there is none,
    /// [`SessionError::Timeout`].
    async fn delete_status(
        &self,
        wa_id: &str,
        (audience, contacts): (&Audience, &[Address]),
    ) -> Result<(), SessionError> {
        let (people, _) = self.viewers(audience, contacts).await?;
        if !self.somebody_is_known(&people).await {
            return Err(SessionError::NotFound("nobody of the audience is on WhatsApp".to_owned()));
        }
        let id = stanza_id()?;
        let options = StatusSendOptions { message_id: Some(id.clone()), ..StatusSendOptions::default() };
        let client = &self.inner.client;
        let waiter = client.wait_for_node(NodeFilter::tag("ack").attr("id", id.as_str()));
        client.status().revoke(wa_id, &people, options).await.map_err(|error| send_error(&error))?;
        let ack = tokio::time::timeout(ACK_TIMEOUT, waiter).await.map_err(|_| SessionError::Timeout)?;
        let ack = ack.map_err(|_| SessionError::NotConnected)?;
        match ack.get_attr("error").and_then(|code| code.as_str().parse().ok()) {
            None => Ok(()),
            Some(code) => Err(refused(code, "")),
        }
    }
}

fn send_error(error: &ClientSendError) -> SessionError {
    match error {
        ClientSendError::NotLoggedIn => SessionError::NotConnected,
        ClientSendError::Client(error) => client_error(error),
        ClientSendError::Iq(error) => iq_error(error),
        ClientSendError::InvalidRequest(detail) => SessionError::Invalid(shorten(detail.clone())),
        other => SessionError::Protocol(shorten(other.to_string())),
    }
}

/// `<iq xmlns="status" type="get"><privacy/></iq>`, which the protocol crate does not have.
pub(super) struct AudienceQuery;

impl IqSpec for AudienceQuery {
    type Response = Vec<AudienceList>;

    fn build_iq(&self) -> InfoQuery<'static> {
        let privacy = NodeBuilder::new("privacy").build();
        InfoQuery::get("status", Jid::new("", Server::Pn), Some(NodeContent::Nodes(vec![privacy])))
    }

    fn parse_response(&self, response: &NodeRef<'_>) -> Result<Vec<AudienceList>, anyhow::Error> {
        let privacy = response.get_optional_child("privacy").ok_or_else(|| anyhow!("no privacy"))?;
        Ok(privacy.get_children_by_tag("list").filter_map(list).collect())
    }
}

/// One list; `None` for a kind that this version does not know.
fn list(node: &NodeRef<'_>) -> Option<AudienceList> {
    let kind = match &*node.get_attr("type")?.as_str() {
        "contacts" => AudienceKind::Contacts,
        "blacklist" => AudienceKind::ContactsExcept,
        "whitelist" => AudienceKind::Only,
        _ => return None,
    };
    let is_default = node.get_attr("default").is_some_and(|value| value.as_str() == "true");
    let people: Vec<Party> = node
        .get_children_by_tag("user")
        .filter_map(|user| user.get_attr("jid")?.to_jid())
        .map(|jid| party(&jid, None, None))
        .collect();
    Some(AudienceList { kind, is_default, people })
}
