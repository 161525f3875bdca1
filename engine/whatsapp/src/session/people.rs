//! People: who is on WhatsApp, what they show of themselves, whom the account saved or blocks.

use trunkline_model::Address;
use trunkline_model::command::{
    AboutView, BusinessDay, BusinessView, CheckedPerson, PictureView, SaveContact,
};
use trunkline_model::inbound::Party;
use wacore::iq::business::BusinessProfile;
use wacore_binary::{Jid, JidExt as _};
use whatsapp_rust::features::{BlockingError, ContactError, IsOnWhatsAppResult};

use super::Session;
use super::chats::{app_state_error, chained};
use crate::error::{SessionError, shorten};
use crate::message::{address_of, party};

type Result<T> = std::result::Result<T, SessionError>;

impl Session {
    /// Asks whether people are on WhatsApp; one answer each, in order. One that WhatsApp says nothing about is not in it.
    ///
    /// # Errors
    /// [`SessionError::NotConnected`], [`SessionError::Invalid`], or what WhatsApp answered.
    pub async fn check_people(&self, people: &[Address], now_ms: i64) -> Result<Vec<CheckedPerson>> {
        self.connected()?;
        let jids = people.iter().map(jid).collect::<Result<Vec<Jid>>>()?;
        let answers = self.inner.client.contacts().is_on_whatsapp(&jids).await.map_err(contact_error)?;
        let answer_to = |asked: &Jid| {
            let named = |answer: &&IsOnWhatsAppResult| {
                let names = [Some(&answer.jid), answer.pn_jid.as_ref(), answer.lid.as_ref()];
                names.into_iter().flatten().any(|name| name.is_same_user_as(asked))
            };
            answers.iter().find(named)
        };
        let mut checked = Vec::with_capacity(people.len());
        for (index, (query, asked)) in people.iter().zip(&jids).enumerate() {
            // Some countries' numbers are written in two ways: the answer then names another one, in the question's place.
            let placed = || answers.get(index).filter(|_| answers.len() == jids.len());
            let Some(answer) = answer_to(asked).or_else(placed) else { continue };
            let other = answer.lid.as_ref().or(answer.pn_jid.as_ref());
            let name = answer.verified_name.as_ref().and_then(|name| name.name.as_deref());
            let mut person = party(&answer.jid, other, name);
            self.complete(&answer.jid, &mut person).await;
            checked.push(CheckedPerson {
                query: query.clone(),
                person,
                on_whatsapp: answer.is_registered,
                is_business: answer.is_business,
                checked_at_ms: now_ms,
            });
        }
        Ok(checked)
    }

    /// Somebody's picture, or a group's; `None` when there is none, or it is not shown to this account.
    ///
    /// # Errors
    /// As [`Session::check_people`].
    pub async fn picture(&self, of: &Address, preview: bool) -> Result<Option<PictureView>> {
        self.connected()?;
        let of = address_of(of).ok_or_else(nobody)?;
        let picture = self.inner.client.contacts().get_profile_picture(&of, preview).await;
        let picture = picture.map_err(contact_error)?;
        Ok(picture.map(|picture| PictureView { id: picture.id, url: picture.url }))
    }

    /// What somebody says about itself.
    ///
    /// # Errors
    /// As [`Session::check_people`]; [`SessionError::NotFound`] when WhatsApp knows nobody of that name.
    pub async fn about(&self, person: &Address) -> Result<AboutView> {
        self.connected()?;
        let asked = jid(person)?;
        let found = self.inner.client.contacts().get_user_info(std::slice::from_ref(&asked)).await;
        let found = found.map_err(contact_error)?;
        let info = found.values().next().filter(|_| found.len() == 1);
        let info =
            info.ok_or_else(|| SessionError::NotFound("there is no account of that name".to_owned()))?;
        let mut person = party(&info.jid, info.lid.as_ref(), None);
        self.complete(&info.jid, &mut person).await;
        Ok(AboutView {
            person,
            about: info.status.clone().filter(|text| !text.is_empty()),
            picture_id: info.picture_id.clone(),
            is_business: info.is_business,
        })
    }

    /// What a business says about itself; `None` for somebody who is none.
    ///
    /// # Errors
    /// As [`Session::check_people`].
    pub async fn business(&self, person: &Address) -> Result<Option<BusinessView>> {
        self.connected()?;
        let asked = jid(person)?;
        let profile = self.inner.client.get_business_profile(&asked).await;
        let Some(profile) = profile.map_err(|error| super::iq_error(&error))? else { return Ok(None) };
        let mut person = party(&asked, None, None);
        self.complete(&asked, &mut person).await;
        Ok(Some(business(person, profile)))
    }

    /// Saves somebody under a name, for every device of the account.
    ///
    /// # Errors
    /// [`SessionError::Invalid`] for a person whose phone number is not known: WhatsApp saves by number. Otherwise as
    /// [`Session::check_people`].
    pub async fn save_contact(&self, contact: &SaveContact) -> Result<Party> {
        self.connected()?;
        let asked = jid(&contact.person)?;
        let mut person = party(&asked, None, None);
        self.complete(&asked, &mut person).await;
        let Some(phone) = &person.phone else {
            let reason = "the phone number of this LID is not known, and WhatsApp saves people by it";
            return Err(SessionError::Invalid(reason.to_owned()));
        };
        let (full, first) = (contact.full_name.clone(), contact.first_name.clone());
        let actions = self.inner.client.chat_actions();
        let saved =
            actions.save_contact(&Jid::pn(phone.as_str()), Some(full), first, contact.to_address_book).await;
        saved.map_err(app_state_error)?;
        Ok(person)
    }

    /// Blocks somebody, or no longer does.
    ///
    /// # Errors
    /// [`SessionError::NotFound`] for somebody whom WhatsApp does not know. Otherwise as [`Session::check_people`].
    pub async fn block(&self, person: &Address, on: bool) -> Result<Party> {
        self.connected()?;
        let asked = jid(person)?;
        let mut person = party(&asked, None, None);
        self.complete(&asked, &mut person).await;
        if person.lid.is_none() || person.phone.is_none() {
            // WhatsApp blocks by LID: it is asked for the one that is not known yet.
            let asking = self.inner.client.contacts().is_on_whatsapp(std::slice::from_ref(&asked)).await;
            asking.map_err(contact_error)?;
            self.complete(&asked, &mut person).await;
        }
        if person.lid.is_none() {
            return Err(SessionError::NotFound("WhatsApp knows nobody of that name".to_owned()));
        }
        let blocking = self.inner.client.blocking();
        let done = if on { blocking.block(&asked).await } else { blocking.unblock(&asked).await };
        done.map_err(blocking_error)?;
        Ok(person)
    }

    /// Whom the account blocks.
    ///
    /// # Errors
    /// As [`Session::check_people`].
    pub async fn blocked(&self) -> Result<Vec<Party>> {
        self.connected()?;
        let entries = self.inner.client.blocking().get_blocklist().await.map_err(blocking_error)?;
        let mut people = Vec::with_capacity(entries.len());
        for entry in &entries {
            let mut person = party(&entry.jid, None, None);
            self.complete(&entry.jid, &mut person).await;
            people.push(person);
        }
        Ok(people)
    }

    /// Adds the other name of a person from what this account has learned.
    /// Adds the second name of a person, where the account has learned it.
    pub async fn complete_names(&self, person: &mut Party) {
        if let Ok(jid) = person.jid.parse::<Jid>() {
            self.complete(&jid, person).await;
        }
    }

    async fn complete(&self, jid: &Jid, person: &mut Party) {
        super::hook::complete(&self.inner.client, jid, person).await;
    }
}

fn jid(person: &Address) -> Result<Jid> {
    address_of(person).filter(|jid| jid.is_pn() || jid.is_lid()).ok_or_else(nobody)
}

fn nobody() -> SessionError {
    SessionError::Invalid("this is no person".to_owned())
}

fn business(person: Party, profile: BusinessProfile) -> BusinessView {
    let hours = profile.business_hours.business_config.unwrap_or_default();
    BusinessView {
        person,
        description: Some(profile.description).filter(|text| !text.is_empty()),
        email: profile.email,
        address: profile.address,
        websites: profile.website,
        categories: profile.categories.into_iter().map(|category| category.name).collect(),
        timezone: profile.business_hours.timezone,
        hours: hours
            .into_iter()
            .map(|day| BusinessDay {
                day: day.day_of_week.as_str().to_owned(),
                mode: day.mode.as_str().to_owned(),
                opens_at_minutes: day.open_time,
                closes_at_minutes: day.close_time,
            })
            .collect(),
    }
}

fn contact_error(error: ContactError) -> SessionError {
    match &error {
        ContactError::Iq(error) => super::iq_error(error),
        ContactError::InvalidJid(reason) => SessionError::Invalid(shorten(reason.clone())),
        other => chained(other),
    }
}

fn blocking_error(error: BlockingError) -> SessionError {
    match &error {
        BlockingError::Iq(error) => super::iq_error(error),
        BlockingError::InvalidJid(reason) => SessionError::Invalid(shorten(reason.clone())),
        other => chained(other),
    }
}
