//! Chats and labels: what is changed here is told to the account's other devices through app state.

use trunkline_model::chat::{ChatChange, LabelChanged, MessageRef, Mute};
use wacore_binary::{Jid, JidExt as _};
use whatsapp_rust::ErrorChainExt as _;
use whatsapp_rust::IqError;
use whatsapp_rust::features::AppStateError;

use super::{Session, iq_error};
use crate::error::{SessionError, shorten};

type Result<T> = std::result::Result<T, SessionError>;

impl Session {
    /// Changes something of a chat, given by the WhatsApp id that it is addressed by. Returns once WhatsApp took it.
    ///
    /// # Errors
    /// [`SessionError::NotConnected`], [`SessionError::Invalid`], or what WhatsApp answered.
    pub async fn change_chat(&self, chat: &str, change: &ChatChange) -> Result<()> {
        self.connected()?;
        let chat = read(chat)?;
        let client = &self.inner.client;
        let actions = client.chat_actions();
        let done = match change {
            ChatChange::Archived(true) => actions.archive_chat(&chat, None).await,
            ChatChange::Archived(false) => actions.unarchive_chat(&chat, None).await,
            ChatChange::Pinned(true) => actions.pin_chat(&chat).await,
            ChatChange::Pinned(false) => actions.unpin_chat(&chat).await,
            ChatChange::Muted(Mute::Off) => actions.unmute_chat(&chat).await,
            ChatChange::Muted(Mute::Always) => actions.mute_chat(&chat).await,
            ChatChange::Muted(Mute::Until(until_ms)) => actions.mute_chat_until(&chat, *until_ms).await,
            ChatChange::Read(read) => actions.mark_chat_as_read(&chat, *read, None).await,
            ChatChange::Cleared => actions.clear_chat(&chat, true, true, None).await,
            ChatChange::Deleted => actions.delete_chat(&chat, true, None).await,
            ChatChange::Starred { message, on } => return self.star(&chat, message, *on).await,
            ChatChange::MessageDeleted(message) => {
                let author = author(message)?;
                let MessageRef { wa_id, from_me, .. } = message;
                actions.delete_message_for_me(&chat, author.as_ref(), wa_id, *from_me, true, None).await
            }
            ChatChange::Labelled { label, on: true } => client.labels().add_chat_label(label, &chat).await,
            ChatChange::Labelled { label, on: false } => {
                client.labels().remove_chat_label(label, &chat).await
            }
            ChatChange::Disappearing(seconds) => return self.set_timer(chat, *seconds).await,
        };
        done.map_err(app_state_error)
    }

    async fn star(&self, chat: &Jid, message: &MessageRef, on: bool) -> Result<()> {
        let author = author(message)?;
        let actions = self.inner.client.chat_actions();
        let MessageRef { wa_id, from_me, .. } = message;
        let done = if on {
            actions.star_message(chat, author.as_ref(), wa_id, *from_me).await
        } else {
            actions.unstar_message(chat, author.as_ref(), wa_id, *from_me).await
        };
        done.map_err(app_state_error)
    }

    /// The timer of a group is the group's own; in a chat of two it is a message to the other person.
    async fn set_timer(&self, chat: Jid, seconds: u32) -> Result<()> {
        if chat.is_group() {
            let set = self.inner.client.groups().set_ephemeral(chat, seconds).await;
            return set.map(drop).map_err(|error| chained(&error));
        }
        if !(chat.is_pn() || chat.is_lid()) {
            return Err(SessionError::Invalid(
                "messages disappear in chats of two and in groups only".to_owned(),
            ));
        }
        let sent = self.inner.client.set_chat_disappearing_timer(chat, seconds).await;
        sent.map(drop).map_err(|error| chained(&error))
    }

    /// Makes, changes or deletes a label.
    ///
    /// # Errors
    /// As [`Session::change_chat`].
    pub async fn change_label(&self, changed: &LabelChanged) -> Result<()> {
        self.connected()?;
        let labels = self.inner.client.labels();
        let done = match &changed.label {
            Some(label) => labels.create_label(&changed.id, &label.name, label.color).await,
            None => labels.delete_label(&changed.id).await,
        };
        done.map_err(app_state_error)
    }
}

pub(super) fn read(jid: &str) -> Result<Jid> {
    let jid: Jid = jid.parse().map_err(|_| SessionError::Invalid("this is no WhatsApp id".to_owned()))?;
    Ok(jid.to_non_ad())
}

fn author(message: &MessageRef) -> Result<Option<Jid>> {
    message.participant.as_ref().map(|author| read(&author.jid)).transpose()
}

pub(super) fn app_state_error(error: AppStateError) -> SessionError {
    match &error {
        AppStateError::InvalidRequest(reason) if reason.contains("sync key") => SessionError::Refused(
            "the phone has not shared the keys for this yet; they come soon after linking".to_owned(),
        ),
        AppStateError::InvalidRequest(reason) => SessionError::Invalid(shorten(reason.clone())),
        other => chained(other),
    }
}

/// The service's answer, wherever in a chain of errors it is.
pub(super) fn chained<E: std::error::Error + 'static>(error: &E) -> SessionError {
    let source: &(dyn std::error::Error + 'static) = error;
    let mut next = Some(source);
    while let Some(cause) = next {
        if let Some(iq) = cause.downcast_ref::<IqError>() {
            return iq_error(iq);
        }
        next = cause.source();
    }
    match error.server_rejection() {
        Some(rejection) => super::refused(rejection.code, rejection.text),
        None => SessionError::Protocol(shorten(error.to_string())),
    }
}
