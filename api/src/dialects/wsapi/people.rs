//! Contacts, users, the number itself.

use trunkline_model::command::{
    CheckedPerson, Command, ContactCommand, PresenceCommand, PrivacyCommand, ProfileChanges, ProfileCommand,
    Reply, SaveContact,
};
use trunkline_model::inbound::Party;
use trunkline_model::limits::{
    ABOUT_CHARS_MAX, CONTACT_NAME_CHARS_MAX, PEOPLE_PER_CHECK_MAX, PROFILE_NAME_CHARS_MAX,
};
use trunkline_model::{Address, ErrorCode, Failure};

use super::body::group::PictureBody;
use super::body::people::{
    CheckBody, ContactBody, NamesBody, OwnNameBody, OwnPresenceBody, OwnStatusBody, PrivacyBody, ProfileBody,
};
use super::groups::{jpeg, picture, picture_set};
use super::messages::held;
use super::shown::Identity;
use super::shown::people::{
    BusinessJson, CheckedJson, ContactJson, InWhatsAppJson, MeJson, PrivacyJson, UserJson,
};
use super::table::people::PeopleOperation;
use super::{Ask, given, jid, jid_in_path, phone_in_path, wrong};
use crate::act;
use crate::body::{Memory, RequestBody};
use crate::call::unexpected;
use crate::gateway::Gateway;
use crate::json::fields::{First, Problems};
use crate::limits::WSAPI_CHECKS_MAX;
use crate::reply::Answer;

pub(super) async fn answer<G: Gateway>(
    operation: PeopleOperation,
    ask: &Ask<'_, G>,
    body: RequestBody,
) -> Result<Answer, Failure> {
    use PeopleOperation as Op;
    match operation {
        Op::Contacts => {
            Ok(ask.show(&act::contacts(&ask.call).await?.iter().map(ContactJson::of).collect::<Vec<_>>()))
        }
        Op::Save => {
            let body: ContactBody = ask.call.body(body).await?;
            save(ask, jid("id", &body.id)?, body.full_name, body.first_name).await
        }
        Op::SaveNames => {
            let body: NamesBody = ask.call.body(body).await?;
            save(ask, jid_in_path(ask, "id")?, body.full_name, body.first_name).await
        }
        Op::Sync => sync(ask).await,
        Op::Contact => contact(ask, jid_in_path(ask, "id")?).await,
        Op::ContactPicture => picture(ask, jid_in_path(ask, "id")?).await,
        Op::ContactBusiness => business(ask, jid_in_path(ask, "id")?).await,
        Op::FollowPresence => follow(ask, jid_in_path(ask, "id")?).await,
        Op::Blocklist => match tell(ask, ContactCommand::ListBlocked).await? {
            Reply::People(people) => Ok(ask.show(&people.iter().map(Identity::of).collect::<Vec<_>>())),
            _ => Err(unexpected()),
        },
        Op::Block | Op::Unblock => {
            let command = ContactCommand::Block(jid_in_path(ask, "id")?, operation == Op::Block);
            ask.done(Command::Contact(command)).await
        }
        Op::Me => me(ask).await,
        Op::UpdateMe => {
            let (body, _memory): (ProfileBody, Memory) = held(ask, body).await?;
            update_me(ask, body).await
        }
        Op::SetName => {
            let OwnNameBody { name } = ask.call.body(body).await?;
            change_me(ask, Some(name), None).await
        }
        Op::SetStatus => {
            let OwnStatusBody { status } = ask.call.body(body).await?;
            change_me(ask, None, Some(status)).await
        }
        Op::SetPicture => {
            let (body, _memory): (PictureBody, Memory) = held(ask, body).await?;
            let command = Command::Profile(ProfileCommand::SetPicture(Some(jpeg("data", body.data)?)));
            let own = ask.instance().await?.linked.as_ref().and_then(|own| own.jid.parse().ok());
            let own = own.ok_or_else(|| Failure::new(ErrorCode::InstanceNotLinked, "device not paired"))?;
            picture_set(ask, command, own).await
        }
        Op::SetPresence => {
            let online = ask.call.body::<OwnPresenceBody>(body).await?.is_online()?;
            ask.done(Command::Presence(PresenceCommand::Set { online })).await
        }
        Op::Privacy => privacy(ask, PrivacyCommand::Get).await,
        Op::SetPrivacy => {
            let change = ask.call.body::<PrivacyBody>(body).await?.read()?;
            privacy(ask, PrivacyCommand::Update(vec![change])).await
        }
        Op::CheckMany => check_many(ask, ask.call.body(body).await?).await,
        Op::Check => {
            let checked = check(ask, vec![phone_in_path(ask)?]).await?;
            let is_in_whats_app = checked.first().is_some_and(|checked| checked.on_whatsapp);
            Ok(ask.show(&InWhatsAppJson { is_in_whats_app }))
        }
        Op::User => user(ask).await,
    }
}

async fn tell<G: Gateway>(ask: &Ask<'_, G>, command: ContactCommand) -> Result<Reply, Failure> {
    ask.tell(Command::Contact(command)).await
}

/// Somebody; whom the instance has not met has no name yet.
async fn contact<G: Gateway>(ask: &Ask<'_, G>, person: Address) -> Result<Answer, Failure> {
    match tell(ask, ContactCommand::Get(person.clone())).await {
        Ok(Reply::Contact(view)) => Ok(ask.show(&ContactJson::of(&view))),
        Ok(_) => Err(unexpected()),
        Err(failure) if failure.code == ErrorCode::ContactNotFound => {
            Ok(ask.show(&ContactJson::stranger(&Party::of_jid(&person.jid()))))
        }
        Err(failure) => Err(failure),
    }
}

async fn save<G: Gateway>(
    ask: &Ask<'_, G>,
    person: Address,
    full_name: String,
    first_name: Option<String>,
) -> Result<Answer, Failure> {
    let mut problems = Problems::default();
    problems.bound_chars("fullName", &full_name, CONTACT_NAME_CHARS_MAX);
    problems.bound_chars("firstName", first_name.as_deref().unwrap_or_default(), CONTACT_NAME_CHARS_MAX);
    if full_name.trim().is_empty() {
        problems.add("fullName", "is empty");
    }
    if !person.is_person() {
        problems.add("id", "is not a person");
    }
    let contact = SaveContact { person, full_name, first_name: given(first_name), to_address_book: true };
    let command = ContactCommand::Save(vec![problems.or(Some(contact))?]);
    let Reply::SavedContacts(saved) = tell(ask, command).await? else {
        return Err(unexpected());
    };
    match saved.into_iter().next().map(|saved| saved.outcome) {
        Some(Ok(_)) => Ok(ask.nothing()),
        Some(Err(detail)) => Err(Failure::new(ErrorCode::WhatsAppRefused, detail)),
        None => Err(unexpected()),
    }
}

/// Contacts follow what WhatsApp tells, as long as it is heard.
async fn sync<G: Gateway>(ask: &Ask<'_, G>) -> Result<Answer, Failure> {
    let view = ask.instance().await?;
    if !super::shown::session::is_connected(view.state) {
        let detail = "the instance is not connected, so nothing is heard of contacts";
        return Err(Failure::in_state(ErrorCode::InstanceState, view.state, detail));
    }
    Ok(ask.nothing())
}

/// What a business says of itself; who is none says nothing.
pub(super) async fn business<G: Gateway>(ask: &Ask<'_, G>, of: Address) -> Result<Answer, Failure> {
    let id = of.jid();
    match tell(ask, ContactCommand::GetBusiness(of)).await? {
        Reply::Business(Some(business)) => Ok(ask.show(&BusinessJson::of(&business))),
        Reply::Business(None) => Ok(ask.show(&BusinessJson::none(id))),
        _ => Err(unexpected()),
    }
}

/// Asks to be told when somebody comes and goes.
pub(super) async fn follow<G: Gateway>(ask: &Ask<'_, G>, person: Address) -> Result<Answer, Failure> {
    if !person.is_person() {
        return Err(wrong("id", "is not a person"));
    }
    ask.done(Command::Presence(PresenceCommand::Subscribe(vec![person]))).await
}

async fn me<G: Gateway>(ask: &Ask<'_, G>) -> Result<Answer, Failure> {
    let Reply::Profile(profile) = ask.tell(Command::Profile(ProfileCommand::Get)).await? else {
        return Err(unexpected());
    };
    let device = match ask.tell(Command::Profile(ProfileCommand::ListDevices)).await {
        Ok(Reply::Devices(devices)) => {
            devices.iter().find(|device| device.is_this).map(|device| device.number)
        }
        _ => None,
    };
    Ok(ask.show(&MeJson::of(&profile, device)))
}

async fn update_me<G: Gateway>(ask: &Ask<'_, G>, body: ProfileBody) -> Result<Answer, Failure> {
    let picture = body.picture.filter(|picture| !picture.0.is_empty());
    let picture = picture.map(|picture| jpeg("picture", picture)).transpose()?;
    if body.name.is_none() && body.status.is_none() && picture.is_none() {
        return Err(wrong("name", "is missing, and so are `status` and `picture`; give one of them"));
    }
    if body.name.is_some() || body.status.is_some() {
        change_me(ask, body.name, body.status).await?;
    }
    match picture {
        Some(picture) => ask.done(Command::Profile(ProfileCommand::SetPicture(Some(picture)))).await,
        None => Ok(ask.nothing()),
    }
}

async fn change_me<G: Gateway>(
    ask: &Ask<'_, G>,
    name: Option<String>,
    about: Option<String>,
) -> Result<Answer, Failure> {
    let mut problems = Problems::default();
    if name.as_ref().is_some_and(|name| name.trim().is_empty()) {
        problems.add("name", "is empty");
    }
    problems.bound_chars("name", name.as_deref().unwrap_or_default(), PROFILE_NAME_CHARS_MAX);
    problems.bound_chars("status", about.as_deref().unwrap_or_default(), ABOUT_CHARS_MAX);
    let changes = problems.or(Some(ProfileChanges { name, about }))?;
    ask.done(Command::Profile(ProfileCommand::Update(changes))).await
}

async fn privacy<G: Gateway>(ask: &Ask<'_, G>, command: PrivacyCommand) -> Result<Answer, Failure> {
    match ask.tell(Command::Privacy(command)).await? {
        Reply::Privacy(view) => Ok(ask.show(&PrivacyJson::of(&view))),
        _ => Err(unexpected()),
    }
}

async fn check<G: Gateway>(ask: &Ask<'_, G>, people: Vec<Address>) -> Result<Vec<CheckedPerson>, Failure> {
    match tell(ask, ContactCommand::Check(people)).await? {
        Reply::Checked(checked) => Ok(checked),
        _ => Err(unexpected()),
    }
}

async fn check_many<G: Gateway>(ask: &Ask<'_, G>, body: CheckBody) -> Result<Answer, Failure> {
    let First(phones) = body.phones;
    if phones.is_empty() || phones.len() > WSAPI_CHECKS_MAX {
        return Err(wrong("phones", format!("has not 1 to {WSAPI_CHECKS_MAX} numbers")));
    }
    let person = |phone: &String| phone.parse::<Address>().ok().filter(Address::is_person);
    let people: Vec<Option<Address>> = phones.iter().map(person).collect();
    let mut asked: Vec<Address> = Vec::with_capacity(people.len());
    for person in people.iter().flatten() {
        if !asked.contains(person) {
            asked.push(person.clone());
        }
    }
    let mut checked = Vec::with_capacity(asked.len());
    for some in asked.chunks(PEOPLE_PER_CHECK_MAX) {
        checked.extend(check(ask, some.to_vec()).await?);
    }
    Ok(ask.show(&answered(phones, &people, &checked)))
}

/// The questions with their answers. What is no number, and what WhatsApp does not answer, is not there.
fn answered(phones: Vec<String>, people: &[Option<Address>], checked: &[CheckedPerson]) -> Vec<CheckedJson> {
    let answer = |person: &Address| checked.iter().find(|checked| checked.query == *person);
    let shown = |(query, person): (String, &Option<Address>)| {
        CheckedJson::of(query, person.as_ref().and_then(answer))
    };
    phones.into_iter().zip(people).map(shown).collect()
}

async fn user<G: Gateway>(ask: &Ask<'_, G>) -> Result<Answer, Failure> {
    let phone = phone_in_path(ask)?;
    let checked = check(ask, vec![phone.clone()]).await?.into_iter().next();
    let Some(checked) = checked.filter(|checked| checked.on_whatsapp) else {
        return Ok(ask.show(&UserJson::nobody(&Party::of_jid(&phone.jid()))));
    };
    let about = match tell(ask, ContactCommand::GetAbout(phone.clone())).await? {
        Reply::About(about) => Some(about),
        _ => None,
    };
    let picture = match tell(ask, ContactCommand::GetPicture { of: phone, preview: false }).await? {
        Reply::Picture(picture) => picture,
        _ => None,
    };
    Ok(ask.show(&UserJson::of(&checked, about, picture)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two questions of which one is not answered: the answer went to the wrong one.
    #[test]
    fn each_number_has_its_own_answer() {
        let address = |phone: &str| phone.parse::<Address>().ok();
        let one = |phone: &str, on_whatsapp| CheckedPerson {
            query: address(phone).expect("a number"),
            person: Party::of_jid(&format!("{phone}@s.whatsapp.net")),
            on_whatsapp,
            is_business: false,
            checked_at_ms: 0,
        };
        let phones = ["4930901820", "5511912345678", "nobody", "5511912345678"].map(str::to_owned);
        let people: Vec<Option<Address>> = phones.iter().map(|phone| address(phone)).collect();
        let shown = answered(phones.to_vec(), &people, &[one("5511912345678", true)]);
        let shown = serde_json::to_value(&shown).expect("it is JSON");
        let there = |at: usize| (shown[at]["query"].as_str(), shown[at]["isInWhatsApp"].as_bool());
        assert_eq!(there(0), (Some("4930901820"), Some(false)));
        assert_eq!(there(1), (Some("5511912345678"), Some(true)));
        assert_eq!((there(2), there(3).1), ((Some("nobody"), Some(false)), Some(true)));
    }
}
