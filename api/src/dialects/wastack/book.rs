//! The address book.

use std::collections::BTreeMap;

use trunkline_model::command::{BookCommand, Command, ContactCommand, Imported, PlanCommand, PlanReply};
use trunkline_model::limits::{CONTACT_SEARCH_BYTES_MAX, CONTACTS_PER_IMPORT_BATCH, PAGE_LIMIT_MAX};
use trunkline_model::plan::{ContactRecord, NewContact};
use trunkline_model::{Address, ContactId, ErrorCode, Failure, Scope};

use super::body::contact::{ContactBody, ContactsBody, DeviceBody};
use super::body::text;
use super::shown::DeletedJson;
use super::shown::contact::{BlockedJson, ContactJson, ImportErrorJson, ImportedJson};
use super::table::book::ContactOperation;
use super::{Ask, device, maybe, numbered, show, show_page};
use crate::body::{Memory, RequestBody};
use crate::call::unexpected;
use crate::dialects::admit::also;
use crate::dialects::pages::walk;
use crate::gateway::Gateway;
use crate::limits::{BATCH_JSON_BYTES_MAX, DIALECT_PARTS_MAX};
use crate::reply::Answer;

pub(super) async fn answer<G: Gateway>(
    operation: ContactOperation,
    ask: &mut Ask<'_, G>,
    body: RequestBody,
) -> Result<Answer, Failure> {
    use ContactOperation as Op;
    match operation {
        Op::List => list(ask).await,
        Op::Create => {
            let body: ContactBody = body.json(ask.call.headers).await?;
            show(ask, ContactJson::of(&*contact(ask, BookCommand::Create(body.read()?)).await?))
        }
        Op::Bulk => bulk(ask, body).await,
        Op::Get => show(ask, ContactJson::of(&*contact(ask, BookCommand::Get(id(ask)?)).await?)),
        Op::Update => {
            let body: ContactBody = body.json(ask.call.headers).await?;
            let command = BookCommand::Update(id(ask)?, body.changes()?);
            show(ask, ContactJson::of(&*contact(ask, command).await?))
        }
        Op::Delete => match tell(ask, BookCommand::Delete(id(ask)?)).await? {
            PlanReply::Done => show(ask, DeletedJson::of(id(ask)?.to_string())),
            _ => Err(unexpected()),
        },
        Op::Block => block(ask, body, true).await,
        Op::Unblock => block(ask, body, false).await,
    }
}

fn id<G: Gateway>(ask: &Ask<'_, G>) -> Result<ContactId, Failure> {
    let none = || Failure::new(ErrorCode::ContactNotFound, "Contact not found.");
    ask.param("contactId")?.parse().map_err(|_| none())
}

async fn tell<G: Gateway>(ask: &Ask<'_, G>, command: BookCommand) -> Result<PlanReply, Failure> {
    ask.call.plans(PlanCommand::Book(Box::new(command))).await
}

async fn contact<G: Gateway>(ask: &Ask<'_, G>, command: BookCommand) -> Result<Box<ContactRecord>, Failure> {
    match tell(ask, command).await? {
        PlanReply::Contact(record) => Ok(record),
        _ => Err(unexpected()),
    }
}

async fn list<G: Gateway>(ask: &Ask<'_, G>) -> Result<Answer, Failure> {
    let asked = numbered(ask)?;
    let read = |name| {
        let expected = format!("has not 1 to {CONTACT_SEARCH_BYTES_MAX} bytes");
        let short =
            |text: &str| (1..=CONTACT_SEARCH_BYTES_MAX).contains(&text.len()).then(|| text.to_owned());
        ask.call.query.read(name, &expected, short)
    };
    let (search, tag) = (read("search")?, read("tag")?);
    let all = walk(DIALECT_PARTS_MAX, async |after| {
        let (search, tag) = (search.clone(), tag.clone());
        match tell(ask, BookCommand::List { after, search, tag, limit: PAGE_LIMIT_MAX }).await? {
            PlanReply::Contacts(records, next) => Ok((records, next)),
            _ => Err(unexpected()),
        }
    });
    let all = all.await?;
    let total = all.len();
    show_page(ask, (asked, total), asked.of(all.iter()).into_iter().map(ContactJson::of).collect())
}

async fn bulk<G: Gateway>(ask: &Ask<'_, G>, body: RequestBody) -> Result<Answer, Failure> {
    let (body, _memory): (ContactsBody, Memory) =
        body.held_json(ask.call.headers, BATCH_JSON_BYTES_MAX).await?;
    let (mut good, mut report) = (Vec::new(), BTreeMap::new());
    for (index, read) in body.read()?.into_iter().enumerate() {
        match read {
            Ok(contact) => good.push((index, contact)),
            Err(failure) => drop(report.insert(index, Err(failure))),
        }
    }
    for some in good.chunks(CONTACTS_PER_IMPORT_BATCH) {
        import(ask, some, &mut report).await?;
    }
    let mut shown = ImportedJson::default();
    for (index, outcome) in report {
        match outcome {
            Ok(Imported::Created) => shown.created += 1,
            Ok(Imported::Updated) => shown.updated += 1,
            Err(failure) => shown.errors.push(ImportErrorJson { index, error: failure.detail }),
        }
    }
    shown.failed = shown.errors.len();
    show(ask, shown)
}

/// Adds some people, and notes what became of each.
async fn import<G: Gateway>(
    ask: &Ask<'_, G>,
    some: &[(usize, NewContact)],
    report: &mut BTreeMap<usize, Result<Imported, Failure>>,
) -> Result<(), Failure> {
    let people = some.iter().map(|(_, contact)| contact.clone()).collect();
    match tell(ask, BookCommand::Import(people)).await? {
        PlanReply::Imported(outcomes) => {
            let places = some.iter().map(|(index, _)| *index);
            report.extend(places.zip(outcomes));
            Ok(())
        }
        _ => Err(unexpected()),
    }
}

async fn block<G: Gateway>(
    ask: &mut Ask<'_, G>,
    body: RequestBody,
    blocked: bool,
) -> Result<Answer, Failure> {
    let mut body: DeviceBody = maybe(ask, body).await?;
    device(ask, text(body.device()))?;
    also(&ask.call.principal, Scope::BookRead)?;
    let record = contact(ask, BookCommand::Get(id(ask)?)).await?;
    let phone = record.about.phone;
    let person = Address::Phone(phone.clone());
    ask.tell(Command::Contact(ContactCommand::Block(person, blocked))).await?;
    show(ask, BlockedJson { id: record.id.to_string(), phone, blocked })
}
