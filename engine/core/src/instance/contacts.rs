//! People, as front ends ask about them.

use std::sync::Arc;

use trunkline_model::chat::{ChatKey, CheckRecord, ContactChange, ContactChanged};
use trunkline_model::command::{CheckedPerson, ContactCommand, Reply, SaveContact, SavedContact};
use trunkline_model::event::EventBody;
use trunkline_model::{Address, ErrorCode, Failure};
use trunkline_store::{Batch, CommitClass};
use trunkline_whatsapp::{Session, SessionError};

use super::call::session_failure;
use super::chats::durable;
use super::message::{Replier, answer};
use super::state::Instance;
use crate::chats::{ChatReader, Note};
use crate::clock;
use crate::log::{Entries, EventLog};

type Result<T> = std::result::Result<T, Failure>;

/// What a question to WhatsApp about one person is answered with.
macro_rules! ask {
    ($instance:expr, $reply:expr, $session:ident => $asking:expr, $show:expr) => {
        $instance.work_with_session($reply, |$session| {
            Box::pin(async move { $asking.await.map($show).map_err(|error| session_failure(&error)) })
        })
    };
}

impl Instance {
    /// Answers a command about people.
    pub(super) async fn contact(&mut self, command: ContactCommand, reply: Replier) {
        let reader = self.chat_reader();
        match command {
            ContactCommand::List { after, saved, limit } => {
                let page = reader.contacts(after.as_ref(), saved, limit).await;
                answer(reply, page.map(|(contacts, next)| Reply::Contacts { contacts, next }));
            }
            ContactCommand::Get(person) => {
                answer(reply, reader.contact(&person).map(|contact| Reply::Contact(Box::new(contact))));
            }
            ContactCommand::Save(contacts) => self.save_contacts(contacts, reply),
            ContactCommand::Block(person, on) => self.block(person, on, reply),
            ContactCommand::ListBlocked => {
                ask!(self, reply, session => session.blocked(), Reply::People);
            }
            ContactCommand::GetPicture { of, preview } => {
                ask!(self, reply, session => session.picture(&of, preview), Reply::Picture);
            }
            ContactCommand::GetAbout(person) => {
                ask!(self, reply, session => session.about(&person), Reply::About);
            }
            ContactCommand::GetBusiness(person) => {
                let show = |found: Option<_>| Reply::Business(found.map(Box::new));
                ask!(self, reply, session => session.business(&person), show);
            }
            ContactCommand::Check(people) => self.check_people(people, reply).await,
            ContactCommand::Resolve(person) => self.check_people(vec![person], reply).await,
        }
    }

    /// Saves people, one after the other: WhatsApp takes one change at a time.
    fn save_contacts(&self, contacts: Vec<SaveContact>, reply: Replier) {
        let (reader, log) = (self.chat_reader(), Arc::clone(&self.log));
        self.work_with_session(reply, |session| {
            Box::pin(async move {
                let mut outcomes = Vec::with_capacity(contacts.len());
                for contact in contacts {
                    let outcome = match save(&session, &log, &reader, &contact).await {
                        Ok(view) => Ok(view),
                        // What is wrong with one person is told of that person; what is wrong with the connection ends it all.
                        Err(failure) if is_about_person(&failure) => Err(failure.detail),
                        Err(failure) => return Err(failure),
                    };
                    outcomes.push(SavedContact { person: contact.person, outcome });
                }
                Ok(Reply::SavedContacts(outcomes))
            })
        });
    }

    fn block(&self, person: Address, on: bool, reply: Replier) {
        let log = Arc::clone(&self.log);
        self.work_with_session(reply, |session| {
            Box::pin(async move {
                let begun_ms = clock::wall_ms();
                let person = session.block(&person, on).await.map_err(|error| session_failure(&error))?;
                let changed = ContactChanged { person, change: ContactChange::Blocked(on) };
                durable(&log, Entries::news(EventBody::ContactChanged(Box::new(changed)), begun_ms)).await?;
                Ok(Reply::Done)
            })
        });
    }

    /// Who is on WhatsApp: from what it said of late, and for the rest by asking it, within the budget of the number.
    async fn check_people(&mut self, people: Vec<Address>, reply: Replier) {
        let reader = self.chat_reader();
        let now_ms = clock::wall_ms();
        let known = people.iter().map(|person| reader.checked(person, now_ms)).collect::<Result<Vec<_>>>();
        let known = match known {
            Ok(known) => known,
            Err(failure) => return answer(reply, Err(failure)),
        };
        let unknown = people.iter().zip(&known).filter(|(_, known)| known.is_none());
        let unknown: Vec<Address> = unknown.map(|(person, _)| person.clone()).collect();
        if unknown.is_empty() {
            return answer(reply, Ok(Reply::Checked(known.into_iter().flatten().collect())));
        }
        if self.session.is_some()
            && let Err(failure) = self.spend(&reader, now_ms, unknown.len()).await
        {
            return answer(reply, Err(failure));
        }
        let log = Arc::clone(&self.log);
        self.work_with_session(reply, |session| {
            Box::pin(async move {
                let found = session.check_people(&unknown, now_ms).await;
                let found = found.map_err(|error| session_failure(&error))?;
                remember(&log, &found).await?;
                let mut found = found.into_iter().peekable();
                let mut checked = Vec::with_capacity(people.len());
                for (person, known) in people.iter().zip(known) {
                    checked.extend(known.or_else(|| found.next_if(|next| next.query == *person)));
                }
                Ok(Reply::Checked(checked))
            })
        });
    }

    /// Takes questions out of the number's budget, on disk before they are asked.
    async fn spend(&mut self, reader: &ChatReader, now_ms: i64, questions: usize) -> Result<()> {
        let mut budget = match self.check_budget {
            Some(budget) => budget,
            None => reader.check_budget()?,
        };
        let taken = budget.take(now_ms, questions);
        self.check_budget = Some(budget);
        if let Err(wait_ms) = taken {
            metrics::counter!(crate::metrics::TURNED_AWAY, "queue" => "people_checks").increment(1);
            let detail =
                "This number has asked about many people; WhatsApp restricts numbers that ask about more.";
            let failure = Failure::new(ErrorCode::TooManyRequests, detail);
            return Err(Failure { retry_after_ms: Some(wait_ms), ..failure });
        }
        self.append(Batch::new(), vec![Note::Asked(budget)], CommitClass::Soon).await;
        Ok(())
    }
}

async fn remember(log: &Arc<EventLog>, found: &[CheckedPerson]) -> Result<()> {
    let mut notes = Vec::with_capacity(found.len());
    for checked in found {
        let record = CheckRecord {
            person: checked.person.clone(),
            on_whatsapp: checked.on_whatsapp,
            is_business: checked.is_business,
            checked_at_ms: checked.checked_at_ms,
        };
        notes.push(Note::Checked(ChatKey::of(&checked.query), record));
    }
    durable(log, Entries::from(notes)).await
}

async fn save(
    session: &Session,
    log: &Arc<EventLog>,
    reader: &ChatReader,
    contact: &SaveContact,
) -> Result<trunkline_model::command::ContactView> {
    // One that is saved so already is left alone: each change costs the phone and every other device a step.
    let known = reader.contact(&contact.person).ok().filter(|known| {
        known.full_name.as_ref() == Some(&contact.full_name) && known.first_name == contact.first_name
    });
    if let Some(known) = known {
        return Ok(known);
    }
    let begun_ms = clock::wall_ms();
    let person = session.save_contact(contact).await.map_err(|error| session_failure(&error))?;
    let change = ContactChange::Saved {
        full_name: Some(contact.full_name.clone()),
        first_name: contact.first_name.clone(),
    };
    let changed = ContactChanged { person, change };
    durable(log, Entries::news(EventBody::ContactChanged(Box::new(changed)), begun_ms)).await?;
    reader.contact(&contact.person)
}

fn is_about_person(failure: &Failure) -> bool {
    let about = [SessionError::Invalid(String::new()).code(), SessionError::Refused(String::new()).code()];
    about.contains(&failure.code)
}
