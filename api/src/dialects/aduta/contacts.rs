//! People.

use trunkline_model::command::{CheckedPerson, Command, ContactCommand, PictureView, Reply};
use trunkline_model::inbound::Party;
use trunkline_model::{Address, ErrorCode, Failure};

use super::body::people::ContactBody;
use super::pages::ListJson;
use super::shown::contact::{ContactJson, ImageJson, LidJson, PnJson, SavedJson, WhatsAppJson};
use super::shown::{Said, Success, id_of, lid_of};
use super::table::contacts::ContactOperation;
use super::{Ask, person, wrong};
use crate::act;
use crate::body::RequestBody;
use crate::call::unexpected;
use crate::gateway::Gateway;
use crate::reply::Answer;

pub(super) async fn answer<G: Gateway>(
    operation: ContactOperation,
    ask: &Ask<'_, G>,
    body: RequestBody,
) -> Result<Answer, Failure> {
    use ContactOperation as Op;
    match operation {
        Op::List => {
            let shown = act::contacts(&ask.call).await?.iter().map(ContactJson::of).collect();
            Ok(ask.show(&Success::of(ListJson::of(&ask.call.query, shown)?)))
        }
        Op::Save => save(ask, ask.call.body(body).await?).await,
        Op::Get => get(ask).await,
        Op::Check => {
            let checked = check(ask, in_path(ask, "phone")?).await?;
            Ok(ask.show(&Success::of(WhatsAppJson::of(checked.as_ref()))))
        }
        Op::Picture => {
            let picture = picture(ask, in_path(ask, "phone")?).await?;
            Ok(ask.show(&Success::of(ImageJson::of(picture))))
        }
        Op::Block | Op::Unblock => {
            let block = operation == Op::Block;
            tell(ask, ContactCommand::Block(in_path(ask, "phone")?, block)).await?;
            let message = if block { "The contact is blocked." } else { "The contact is no longer blocked." };
            Ok(ask.show(&Success::of(Said { message })))
        }
        Op::Lid => {
            let of = in_path(ask, "phone")?;
            let lid = names(ask, &of).await?.as_ref().and_then(lid_of);
            Ok(ask.show(&Success::of(LidJson { pn: of.jid(), lid })))
        }
        Op::Pn => {
            let of = lid_in_path(ask)?;
            let known = names(ask, &of).await?.filter(|known| known.phone.is_some());
            let pn = known.as_ref().map(id_of);
            Ok(ask.show(&Success::of(PnJson { lid: of.jid(), pn })))
        }
    }
}

async fn tell<G: Gateway>(ask: &Ask<'_, G>, command: ContactCommand) -> Result<Reply, Failure> {
    ask.tell(Command::Contact(command)).await
}

/// The person in the path: a phone number or a WhatsApp id.
fn in_path<G: Gateway>(ask: &Ask<'_, G>, name: &str) -> Result<Address, Failure> {
    person(name, &ask.param(name)?)
}

/// The id in the path that hides a number, with or without its server's part.
fn lid_in_path<G: Gateway>(ask: &Ask<'_, G>) -> Result<Address, Failure> {
    let text = ask.param("lid")?;
    let whole = if text.contains('@') { text } else { format!("{text}@lid") };
    match whole.parse() {
        Ok(lid @ Address::Lid(_)) => Ok(lid),
        _ => Err(wrong("lid", "is not an id such as 100000012345678@lid")),
    }
}

async fn save<G: Gateway>(ask: &Ask<'_, G>, body: ContactBody) -> Result<Answer, Failure> {
    let contact = body.read()?;
    let shown = SavedJson { jid: contact.person.jid(), full_name: contact.full_name.clone() };
    let Reply::SavedContacts(saved) = tell(ask, ContactCommand::Save(vec![contact])).await? else {
        return Err(unexpected());
    };
    match saved.into_iter().next().map(|saved| saved.outcome) {
        Some(Ok(_)) => Ok(ask.show(&Success::of(shown))),
        Some(Err(detail)) => Err(Failure::new(ErrorCode::WhatsAppRefused, detail)),
        None => Err(unexpected()),
    }
}

/// What WhatsApp says of a number; `None` when it says nothing.
async fn check<G: Gateway>(ask: &Ask<'_, G>, of: Address) -> Result<Option<CheckedPerson>, Failure> {
    match tell(ask, ContactCommand::Check(vec![of])).await? {
        Reply::Checked(checked) => Ok(checked.into_iter().next()),
        _ => Err(unexpected()),
    }
}

/// Every name of somebody.
async fn resolve<G: Gateway>(ask: &Ask<'_, G>, of: Address) -> Result<Option<CheckedPerson>, Failure> {
    match tell(ask, ContactCommand::Resolve(of)).await? {
        Reply::Checked(checked) => Ok(checked.into_iter().next()),
        _ => Err(unexpected()),
    }
}

/// The names of somebody: as they are known here, or else as WhatsApp tells them.
async fn names<G: Gateway>(ask: &Ask<'_, G>, of: &Address) -> Result<Option<Party>, Failure> {
    match tell(ask, ContactCommand::Get(of.clone())).await {
        Ok(Reply::Contact(view)) if !view.person.lacks_a_name() => return Ok(Some(view.person)),
        Ok(Reply::Contact(_)) => {}
        Ok(_) => return Err(unexpected()),
        Err(failure) if failure.code == ErrorCode::ContactNotFound => {}
        Err(failure) => return Err(failure),
    }
    Ok(resolve(ask, of.clone()).await?.map(|known| known.person))
}

/// Where a picture is, if there is one.
pub(super) async fn picture<G: Gateway>(
    ask: &Ask<'_, G>,
    of: Address,
) -> Result<Option<PictureView>, Failure> {
    match tell(ask, ContactCommand::GetPicture { of, preview: false }).await? {
        Reply::Picture(picture) => Ok(picture),
        _ => Err(unexpected()),
    }
}

/// Somebody, with what is known of them here and what they show of themselves.
async fn get<G: Gateway>(ask: &Ask<'_, G>) -> Result<Answer, Failure> {
    let of = in_path(ask, "phone")?;
    let met = match tell(ask, ContactCommand::Get(of.clone())).await {
        Ok(Reply::Contact(view)) => Some(view),
        Ok(_) => return Err(unexpected()),
        Err(failure) if failure.code == ErrorCode::ContactNotFound => None,
        Err(failure) => return Err(failure),
    };
    let known = resolve(ask, of.clone()).await?;
    let exists = known.as_ref().is_some_and(|known| known.on_whatsapp);
    let shown = match (&met, &known) {
        (Some(view), _) => ContactJson::of(view),
        (None, Some(known)) => ContactJson::stranger(known),
        (None, None) => return Err(Failure::new(ErrorCode::ContactNotFound, "Nobody has this number.")),
    };
    if !exists {
        return Ok(ask.show(&Success::of(shown.with(false, None, None))));
    }
    let about = match tell(ask, ContactCommand::GetAbout(of.clone())).await? {
        Reply::About(about) => Some(about),
        _ => None,
    };
    let picture = picture(ask, of).await?;
    Ok(ask.show(&Success::of(shown.with(true, about, picture))))
}
