//! Who gets a status: people who are named, or the account's contacts as far as its own setting lets them.

use std::collections::HashSet;

use trunkline_model::Address;
use trunkline_model::command::AudienceKind;
use trunkline_model::limits::AUDIENCE_MAX;
use trunkline_model::message::Audience;
use wacore_binary::Jid;
use waproto::whatsapp as wa;
use whatsapp_rust::features::{StatusPrivacySetting, StatusSendOptions};

use super::Session;
use super::hook::complete;
use super::sending::send_error;
use super::status::AudienceQuery;
use crate::error::SendError;
use crate::limits::STATUS_LOOKUP_PEOPLE_MAX;
use crate::message::address_of;

impl Session {
    /// Sends a status to its audience, of whom those get it that WhatsApp knows by LID.
    pub(super) async fn post_status(
        &self,
        wa_id: &str,
        (audience, contacts): (&Audience, &[Address]),
        built: wa::Message,
    ) -> Result<(), SendError> {
        let (people, privacy) = match audience {
            Audience::People(people) => {
                let people: Vec<Jid> = people.iter().filter_map(address_of).collect();
                self.meet(&people).await?;
                (people, StatusPrivacySetting::AllowList)
            }
            Audience::Contacts => self.let_in(contacts).await?,
        };
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

    /// Those of the contacts who may see a status by the account's own setting. While that setting is not known nobody gets it: it
    /// may name people who must not.
    async fn let_in(&self, contacts: &[Address]) -> Result<(Vec<Jid>, StatusPrivacySetting), SendError> {
        let unknown = |error: &dyn std::fmt::Display| {
            SendError::retryable("audience_unknown", format!("who sees the status is not known: {error}"))
        };
        let lists = self.inner.client.execute(AudienceQuery).await.map_err(|error| unknown(&error))?;
        let contacts: Vec<Jid> = contacts.iter().filter_map(address_of).collect();
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
    async fn meet(&self, people: &[Jid]) -> Result<(), SendError> {
        let client = &self.inner.client;
        let mut strangers = Vec::new();
        for person in people.iter().filter(|person| person.is_pn()) {
            if !matches!(client.get_lid_pn_entry(person).await, Ok(Some(_))) {
                strangers.push(person.clone());
            }
        }
        for some in strangers.chunks(STATUS_LOOKUP_PEOPLE_MAX) {
            let asked = client.contacts().is_on_whatsapp(some).await;
            asked.map_err(|error| SendError::retryable("recipient_unknown", error.to_string()))?;
        }
        Ok(())
    }

    /// The names of one person, as far as they are known.
    async fn names(&self, person: &Jid) -> Vec<String> {
        let mut party = crate::message::party(person, None, None);
        complete(&self.inner.client, person, &mut party).await;
        let phone = party.phone.map(|digits| Address::Phone(digits).jid());
        phone.into_iter().chain(party.lid.map(|digits| Address::Lid(digits).jid())).collect()
    }
}
