//! Presence: told to WhatsApp, which does not confirm it.

use std::collections::HashSet;

use trunkline_model::Address;
use trunkline_model::command::{ChatActivity, PresenceCommand, Reply};
use trunkline_model::limits::PRESENCE_SUBSCRIPTIONS_MAX;
use wacore_binary::Jid;
use whatsapp_rust::features::{ChatStateType, PresenceError};

use super::Session;
use super::confirmed::client_error;
use crate::error::{SessionError, shorten};
use crate::message::address_of;

/// Whom the present client was asked to follow: the protocol crate keeps them without a bound.
#[derive(Default)]
pub(super) struct Followed(HashSet<Jid>);

impl Followed {
    /// Whether there is room for all of these; then they are noted.
    fn take(&mut self, people: &[Jid]) -> bool {
        let new = people.iter().filter(|person| !self.0.contains(*person)).count();
        let room = self.0.len() + new <= PRESENCE_SUBSCRIPTIONS_MAX;
        if room {
            self.0.extend(people.iter().cloned());
        }
        room
    }
}

impl Session {
    /// Does something about presence. `Ok` means handed over.
    ///
    /// # Errors
    /// [`SessionError::NotConnected`]; [`SessionError::Invalid`] when somebody is no person;
    /// [`SessionError::Refused`] when too many people are followed, or the account has no name to be online under.
    pub async fn presence(&self, command: PresenceCommand) -> Result<Reply, SessionError> {
        self.connected()?;
        let client = &self.inner.client;
        match command {
            PresenceCommand::Set { online: true } => {
                client.presence().set_available().await.map_err(presence_error)?
            }
            PresenceCommand::Set { online: false } => {
                client.presence().set_unavailable().await.map_err(presence_error)?;
            }
            PresenceCommand::Subscribe(people) => self.follow(&people).await?,
            PresenceCommand::Unsubscribe(person) => {
                let person = somebody(&person)?;
                client.presence().unsubscribe(&person).await.map_err(presence_error)?;
                self.inner.followed.lock().0.remove(&person);
            }
            PresenceCommand::Show { chat, activity } => {
                let chat = somebody(&chat)?;
                let shown = client.chatstate().send(&chat, wire_activity(activity)).await;
                shown.map_err(|error| SessionError::Protocol(shorten(error.to_string())))?;
            }
        }
        Ok(Reply::Done)
    }

    async fn follow(&self, people: &[Address]) -> Result<(), SessionError> {
        let people: Vec<Jid> = people.iter().map(somebody).collect::<Result<_, _>>()?;
        if !self.inner.followed.lock().take(&people) {
            let detail = format!("a connection follows at most {PRESENCE_SUBSCRIPTIONS_MAX} people");
            return Err(SessionError::Refused(detail));
        }
        for person in people {
            self.inner.client.presence().subscribe(person).await.map_err(presence_error)?;
        }
        Ok(())
    }
}

fn somebody(address: &Address) -> Result<Jid, SessionError> {
    address_of(address).ok_or_else(|| SessionError::Invalid("this is nobody".to_owned()))
}

fn wire_activity(activity: ChatActivity) -> ChatStateType {
    match activity {
        ChatActivity::Composing => ChatStateType::Composing,
        ChatActivity::Recording => ChatStateType::Recording,
        ChatActivity::Paused => ChatStateType::Paused,
    }
}

fn presence_error(error: PresenceError) -> SessionError {
    match &error {
        PresenceError::PushNameEmpty => {
            SessionError::Refused("the account has no name yet; set one first".to_owned())
        }
        PresenceError::Client(error) => client_error(error),
        other => SessionError::Protocol(shorten(other.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_followed_are_bounded_and_counted_once() {
        let people =
            |range: std::ops::Range<usize>| range.map(|n| Jid::pn(n.to_string())).collect::<Vec<_>>();
        let mut followed = Followed::default();
        assert!(followed.take(&people(0..PRESENCE_SUBSCRIPTIONS_MAX)));
        assert!(followed.take(&people(0..1)), "known already");
        assert!(!followed.take(&people(PRESENCE_SUBSCRIPTIONS_MAX..PRESENCE_SUBSCRIPTIONS_MAX + 1)));
    }
}
