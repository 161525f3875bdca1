//! Who gets a status: people who are named, or the account's contacts as far as its own setting lets them.

use std::collections::HashSet;

use trunkline_model::Address;
use trunkline_model::command::AudienceKind;
use trunkline_model::limits::AUDIENCE_MAX;
use trunkline_model::message::Audience;
use wacore_binary::Jid;
use waproto::whatsapp as wa;
use whatsapp_rust::features::{ContactError, StatusPrivacySetting, StatusSendOptions};

use super::groups::jids;
use super::hook::complete;
use super::sending::send_error;
use super::status::AudienceQuery;
use super::{Session, iq_error};
use crate::error::{SendError, SessionError, shorten};
use crate::limits::STATUS_LOOKUP_PEOPLE_MAX;
use crate::message::party;

impl Session {
    /// Sends a status to its audience, of whom those get it that WhatsApp knows by LID.
    pub(super) async fn post_status(
        &self,
        wa_id: &str,
        (audience, contacts): (&Audience, &[Address]),
        built: wa::Message,
    ) -> Result<(), SendError> {
        let known = self.viewers(audience, contacts).await;
        let (people, privacy) =
            known.map_err(|error| SendError::retryable("audience_unknown", error.to_string()))?;
        if people.is_empty() {
            return Err(SendError::permanent("audience_empty", "there is nobody who may see the status"));
        }
        if people.len() > AUDIENCE_MAX {
            let detail = format!("a status goes to {AUDIENCE_MAX} people at the most");
            return Err(SendError::permanent("audience_too_large", detail));
        }
        let options =
            StatusSendOptions { privacy, message_id: Some(wa_id.to_owned()), ..StatusSendOptions::default() };
        let sent = self.inner.client.status().send_raw(built, &people, options).await;
        sent.map(drop).map_err(|error| send_error(&error))
    }

    /// Who is in an audience, and what it is called. Each of them is known by LID as far as WhatsApp knows them.
    pub(super) async fn viewers(
        &self,
        audience: &Audience,
        contacts: &[Address],
    ) -> Result<(Vec<Jid>, StatusPrivacySetting), SessionError> {
        match audience {
            Audience::People(people) => {
                let people = jids(people)?;
                self.meet(&people).await?;
                Ok((people, StatusPrivacySetting::AllowList))
            }
            Audience::Contacts => self.let_in(contacts).await,
        }
    }

    /// Whether the LID of any of these people is known.
    pub(super) async fn somebody_is_known(&self, people: &[Jid]) -> bool {
        for person in people {
            if person.is_lid() || matches!(self.inner.client.get_lid_pn_entry(person).await, Ok(Some(_))) {
                return true;
            }
        }
        false
    }

    /// Those of the contacts who may see a status by the account's own setting. While that setting is not known nobody gets it: it
    /// may name people who must not.
    async fn let_in(&self, contacts: &[Address]) -> Result<(Vec<Jid>, StatusPrivacySetting), SessionError> {
        let lists = self.inner.client.execute(AudienceQuery).await.map_err(|error| iq_error(&error))?;
        let contacts = jids(contacts)?;
        let Some(list) = lists.into_iter().find(|list| list.is_default) else {
            self.meet(&contacts).await?;
            return Ok((contacts, StatusPrivacySetting::Contacts));
        };
        let listed: Vec<Jid> = list.people.iter().filter_map(|person| person.jid.parse().ok()).collect();
        match list.kind {
            AudienceKind::Contacts => {
                self.meet(&contacts).await?;
                Ok((contacts, StatusPrivacySetting::Contacts))
            }
            AudienceKind::Only => {
                self.meet(&listed).await?;
                Ok((listed, StatusPrivacySetting::AllowList))
            }
            AudienceKind::ContactsExcept => {
                // A person has two names, and the list may have the other one.
                self.meet(&contacts).await?;
                self.meet(&listed).await?;
                let mut left_out = HashSet::new();
                for person in &listed {
                    left_out.extend(self.names(person).await);
                }
                let mut people = Vec::with_capacity(contacts.len());
                for contact in contacts {
                    if !self.names(&contact).await.iter().any(|name| left_out.contains(name)) {
                        people.push(contact);
                    }
                }
                Ok((people, StatusPrivacySetting::DenyList))
            }
        }
    }

    /// Asks for the LIDs of those who are known by their numbers alone: the protocol crate knows those of people that it has met, and
    /// passes over the others.
    async fn meet(&self, people: &[Jid]) -> Result<(), SessionError> {
        let client = &self.inner.client;
        let mut strangers = Vec::new();
        for person in people.iter().filter(|person| person.is_pn()) {
            if !matches!(client.get_lid_pn_entry(person).await, Ok(Some(_))) {
                strangers.push(person.clone());
            }
        }
        for some in strangers.chunks(STATUS_LOOKUP_PEOPLE_MAX) {
            client.contacts().is_on_whatsapp(some).await.map_err(|error| match error {
                ContactError::Iq(error) => iq_error(&error),
                error => SessionError::Protocol(shorten(error.to_string())),
            })?;
        }
        Ok(())
    }

    /// The names of one person, as far as they are known.
    async fn names(&self, person: &Jid) -> Vec<String> {
        let mut party = party(person, None, None);
        complete(&self.inner.client, person, &mut party).await;
        let phone = party.phone.map(|digits| Address::Phone(digits).jid());
        phone.into_iter().chain(party.lid.map(|digits| Address::Lid(digits).jid())).collect()
    }
}
