//! Contacts: the account's address book.

use hyper::StatusCode;
use trunkline_model::command::{BookCommand, Imported, PlanCommand, PlanReply};
use trunkline_model::limits::{CONTACT_SEARCH_BYTES_MAX, CONTACTS_PER_IMPORT_BATCH, PAGE_LIMIT_MAX};
use trunkline_model::{ContactId, ErrorCode, Failure};

use super::body::contact::{ContactBody, ContactsBody, Given};
use super::pages::{PaginationJson, window};
use super::shown::contact::{ContactJson, ImportErrorJson, ImportJson};
use super::shown::session::RemovedJson;
use super::shown::{ListJson, SuccessJson};
use super::table::contacts::ContactOperation;
use super::wrong;
use crate::body::{Memory, RequestBody};
use crate::call::unexpected;
use crate::dialects::Ask;
use crate::dialects::in_full;
use crate::dialects::pages::Walk;
use crate::gateway::Gateway;
use crate::limits::{BATCH_JSON_BYTES_MAX, DIALECT_PARTS_MAX};
use crate::reply::{self, Answer};

pub(super) async fn answer<G: Gateway>(
    operation: ContactOperation,
    ask: &Ask<'_, G>,
    body: RequestBody,
) -> Result<Answer, Failure> {
    use ContactOperation as Op;
    match operation {
        Op::List => list(ask).await,
        Op::Create => {
            let (body, _memory): (ContactsBody, Memory) =
                body.held_json(ask.call.headers, BATCH_JSON_BYTES_MAX).await?;
            match body.read()? {
                Given::One(contact) => show(ask, BookCommand::Create(contact.create()?)).await,
                Given::Many(contacts) => import(ask, contacts).await,
            }
        }
        Op::Get => show(ask, BookCommand::Get(id(ask)?)).await,
        Op::Update => {
            let id = id(ask)?;
            let body: ContactsBody = body.json(ask.call.headers).await?;
            show(ask, BookCommand::Update(id, body.into_one().update()?)).await
        }
        Op::Delete => {
            let id = id(ask)?;
            of_book(ask, BookCommand::Delete(id)).await?;
            Ok(ask.show(&SuccessJson::of(RemovedJson::of(id.to_string()))))
        }
    }
}

pub(super) async fn of_book<G: Gateway>(
    ask: &Ask<'_, G>,
    command: BookCommand,
) -> Result<PlanReply, Failure> {
    ask.call.plans(PlanCommand::Book(Box::new(command))).await
}

/// The contact in the path.
fn id<G: Gateway>(ask: &Ask<'_, G>) -> Result<ContactId, Failure> {
    let missing = |_| Failure::new(ErrorCode::ContactNotFound, "There is no contact with that id.");
    ask.param("id")?.parse().map_err(missing)
}

async fn show<G: Gateway>(ask: &Ask<'_, G>, command: BookCommand) -> Result<Answer, Failure> {
    let reply = of_book(ask, command).await.map_err(|mut failure| {
        for field in failure.fields.iter_mut().filter(|field| field.field == "custom") {
            "customFields".clone_into(&mut field.field);
        }
        failure
    });
    match reply? {
        PlanReply::Contact(record) => Ok(ask.show(&SuccessJson::of(ContactJson::of(&record)))),
        _ => Err(unexpected()),
    }
}

async fn list<G: Gateway>(ask: &Ask<'_, G>) -> Result<Answer, Failure> {
    let query = &ask.call.query;
    let given = |name: &str| -> Result<Option<String>, Failure> {
        let text = query.get(name).map(str::trim).filter(|text| !text.is_empty());
        if text.is_some_and(|text| text.len() > CONTACT_SEARCH_BYTES_MAX) {
            return Err(wrong(name, format!("has more than {CONTACT_SEARCH_BYTES_MAX} bytes")));
        }
        Ok(text.map(str::to_owned))
    };
    let (window, search, tag) = (window(query), given("search")?, given("tag")?);
    let (mut walk, mut after) = (Walk::new(window), None);
    // A search looks at far more than it finds: so many looks are all that one request may cost.
    for _ in 0..DIALECT_PARTS_MAX {
        let (search, tag) = (search.clone(), tag.clone());
        let command = BookCommand::List { after, search, tag, limit: PAGE_LIMIT_MAX };
        let PlanReply::Contacts(records, next) = of_book(ask, command).await? else {
            return Err(unexpected());
        };
        records.iter().for_each(|record| walk.push(ContactJson::of(record)));
        after = next;
        if after.is_none() {
            break;
        }
    }
    let pagination = PaginationJson::of(window, walk.total);
    Ok(ask.show(&ListJson::of(walk.kept, pagination)))
}

/// Adds people, or completes those who are there; what is wrong with one does not keep the others out.
async fn import<G: Gateway>(ask: &Ask<'_, G>, contacts: Vec<ContactBody>) -> Result<Answer, Failure> {
    let mut import = ImportJson::default();
    let mut people = Vec::new();
    for (index, contact) in contacts.into_iter().enumerate() {
        match contact.create() {
            Ok(contact) => people.push((index, contact)),
            Err(failure) => refuse(&mut import, index, &failure),
        }
    }
    for batch in people.chunks(CONTACTS_PER_IMPORT_BATCH) {
        let command = BookCommand::Import(batch.iter().map(|(_, contact)| contact.clone()).collect());
        let PlanReply::Imported(results) = of_book(ask, command).await? else { return Err(unexpected()) };
        for ((index, _), result) in batch.iter().zip(results) {
            match result {
                Ok(imported) => {
                    import.imported += 1;
                    import.updated += usize::from(imported == Imported::Updated);
                }
                Err(failure) => refuse(&mut import, *index, &failure),
            }
        }
    }
    import.errors.sort_by_key(|error| error.index);
    // The row's own status is that of one contact.
    Ok(reply::json(StatusCode::OK, &SuccessJson::of(import)))
}

fn refuse(import: &mut ImportJson, index: usize, failure: &Failure) {
    import.skipped += 1;
    import.errors.push(ImportErrorJson { index, error: in_full(failure) });
}
