//! People.

use hyper::StatusCode;
use trunkline_model::command::{Command, ContactCommand, Reply};
use trunkline_model::{Address, ErrorCode, Failure};

use crate::body::RequestBody;
use crate::call::{Call, unexpected};
use crate::gateway::Gateway;
use crate::json::contact::{
    AboutJson, BusinessJson, CheckBody, CheckedJson, ContactJson, PersonPictureJson, SaveBody, SavedJson,
    SyncBody,
};
use crate::json::party::Person;
use crate::json::place::PlaceIn;
use crate::json::{List, Page};
use crate::reply::{self, Answer};
use crate::route::ContactOperation;

pub(super) async fn answer<G: Gateway>(
    operation: ContactOperation,
    call: &Call<'_, G>,
    body: RequestBody,
) -> Result<Answer, Failure> {
    use ContactOperation as Op;
    match operation {
        Op::List => list(call).await,
        Op::Sync => {
            let body: SyncBody = call.body(body).await?;
            show(call, ContactCommand::Save(body.read()?)).await
        }
        Op::Get => show(call, ContactCommand::Get(person(call)?)).await,
        Op::Save => save(call, body).await,
        Op::Block => block(call, body, true).await,
        Op::Unblock => block(call, body, false).await,
        Op::Blocklist => show(call, ContactCommand::ListBlocked).await,
        Op::Picture => {
            let preview = call.query.flag("preview")?.unwrap_or(false);
            show(call, ContactCommand::GetPicture { of: whose(call)?, preview }).await
        }
        Op::About => show(call, ContactCommand::GetAbout(person(call)?)).await,
        Op::Business => show(call, ContactCommand::GetBusiness(person(call)?)).await,
        Op::Check => {
            let body: CheckBody = call.body(body).await?;
            show(call, ContactCommand::Check(body.read()?)).await
        }
        Op::Resolve => resolve(call).await,
    }
}

async fn list<G: Gateway>(call: &Call<'_, G>) -> Result<Answer, Failure> {
    let (after, saved, limit) =
        (PlaceIn::Contacts.of(&call.query)?, call.query.flag("saved")?, call.query.limit()?);
    let command = ContactCommand::List { after, saved, limit };
    let Reply::Contacts { contacts, next } = call.ask(Command::Contact(command)).await? else {
        return Err(unexpected());
    };
    let next_cursor = next.map(|place| PlaceIn::Contacts.encode(&place));
    Ok(reply::json(
        StatusCode::OK,
        &Page { data: contacts.iter().map(ContactJson::of).collect(), next_cursor },
    ))
}

async fn save<G: Gateway>(call: &Call<'_, G>, body: RequestBody) -> Result<Answer, Failure> {
    let person = person(call)?;
    let body: SaveBody = call.body(body).await?;
    let command = ContactCommand::Save(vec![body.read(person)?]);
    let Reply::SavedContacts(saved) = call.ask(Command::Contact(command)).await? else {
        return Err(unexpected());
    };
    match saved.first().map(|saved| &saved.outcome) {
        Some(Ok(view)) => Ok(reply::json(StatusCode::OK, &ContactJson::of(view))),
        Some(Err(detail)) => Err(Failure::new(ErrorCode::WhatsAppRefused, detail.clone())),
        None => Err(unexpected()),
    }
}

async fn block<G: Gateway>(call: &Call<'_, G>, body: RequestBody, on: bool) -> Result<Answer, Failure> {
    let person = person(call)?;
    call.no_body(body).await?;
    show(call, ContactCommand::Block(person, on)).await
}

async fn resolve<G: Gateway>(call: &Call<'_, G>) -> Result<Answer, Failure> {
    let command = ContactCommand::Resolve(person(call)?);
    let Reply::Checked(checked) = call.ask(Command::Contact(command)).await? else {
        return Err(unexpected());
    };
    let checked = checked.first().ok_or_else(|| {
        Failure::new(ErrorCode::ContactNotFound, "WhatsApp says nothing about anybody of that name.")
    })?;
    Ok(reply::json(StatusCode::OK, &CheckedJson::of(checked)))
}

fn person<G: Gateway>(call: &Call<'_, G>) -> Result<Address, Failure> {
    whose(call).and_then(|address| if address.is_person() { Ok(address) } else { Err(nobody()) })
}

/// Somebody with a picture: a person or a group.
fn whose<G: Gateway>(call: &Call<'_, G>) -> Result<Address, Failure> {
    let address = call.param("person").and_then(|text| text.parse::<Address>().ok());
    address.filter(|address| *address != Address::Status).ok_or_else(nobody)
}

fn nobody() -> Failure {
    Failure::new(ErrorCode::ContactNotFound, "The path does not name a person where it should.")
}

/// Gives the instance a command and shows whatever it answers with.
async fn show<G: Gateway>(call: &Call<'_, G>, command: ContactCommand) -> Result<Answer, Failure> {
    let status = StatusCode::OK;
    Ok(match call.ask(Command::Contact(command)).await? {
        Reply::Done => reply::no_content(),
        Reply::Contact(view) => reply::json(status, &ContactJson::of(&view)),
        Reply::SavedContacts(saved) => {
            reply::json(status, &List { data: saved.iter().map(SavedJson::of).collect::<Vec<_>>() })
        }
        Reply::People(people) => {
            reply::json(status, &List { data: people.iter().map(Person::of).collect::<Vec<_>>() })
        }
        Reply::Picture(picture) => reply::json(status, &PersonPictureJson::of(picture.as_ref())),
        Reply::About(about) => reply::json(status, &AboutJson::of(&about)),
        Reply::Business(Some(business)) => reply::json(status, &BusinessJson::of(&business)),
        Reply::Business(None) => {
            return Err(Failure::new(ErrorCode::WhatsAppNotFound, "This is no business."));
        }
        Reply::Checked(checked) => {
            reply::json(status, &List { data: checked.iter().map(CheckedJson::of).collect::<Vec<_>>() })
        }
        _ => return Err(unexpected()),
    })
}
