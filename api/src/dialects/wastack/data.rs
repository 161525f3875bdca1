//! What a device knows of WhatsApp.

use trunkline_model::command::{
    ChatCommand, ChatFilter, CheckedPerson, Command, ContactCommand, GroupCommand, MessageQuery, Place,
    ProfileCommand, Reply, Span, StoredBody, StoredMessage,
};
use trunkline_model::limits::PAGE_LIMIT_MAX;
use trunkline_model::{Address, ErrorCode, Failure};

use super::body::contact::CheckBody;
use super::body::group::ChatBody;
use super::body::when::read_when;
use super::body::{anybody, person, text};
use super::ids::Named;
use super::shown::data::{ChatJson, CheckedJson, PersonJson, PhoneContactJson, ProfileJson};
use super::shown::group::GroupJson;
use super::shown::message::StoredJson;
use super::table::data::DataOperation;
use super::{Ask, device, numbered, show, show_page, target, wrong};
use crate::body::RequestBody;
use crate::call::unexpected;
use crate::dialects::pages::walk;
use crate::gateway::Gateway;
use crate::json::time::now_ms;
use crate::limits::{DIALECT_PARTS_MAX, WASTACK_PAGE_MAX};
use crate::reply::Answer;

/// Messages of a chat when the caller names no number.
const MESSAGES_DEFAULT: usize = 50;

pub(super) async fn answer<G: Gateway>(
    operation: DataOperation,
    ask: &mut Ask<'_, G>,
    body: RequestBody,
) -> Result<Answer, Failure> {
    use DataOperation as Op;
    if operation == Op::CheckMany {
        return check_many(ask, body.json(ask.call.headers).await?).await;
    }
    device(ask, None)?;
    match operation {
        Op::Chats => chats(ask).await,
        Op::Chat => {
            let view = chat(ask, ChatCommand::Get(in_path(ask)?)).await?;
            show(ask, view)
        }
        Op::Messages => messages(ask).await,
        Op::ChangeChat => {
            let body: ChatBody = body.json(ask.call.headers).await?;
            let at = in_path(ask)?;
            ask.tell(Command::Chat(Box::new(ChatCommand::Change(at.clone(), body.read()?)))).await?;
            let view = chat(ask, ChatCommand::Get(at)).await?;
            show(ask, view)
        }
        Op::Contacts => contacts(ask).await,
        Op::Person => somebody(ask).await,
        Op::Groups => match ask.tell(Command::Group(GroupCommand::List)).await? {
            Reply::Groups(groups) => show(ask, groups.iter().map(GroupJson::of).collect::<Vec<_>>()),
            _ => Err(unexpected()),
        },
        Op::Profile => match ask.tell(Command::Profile(ProfileCommand::Get)).await? {
            Reply::Profile(view) => show(ask, ProfileJson::of(&view)),
            _ => Err(unexpected()),
        },
        Op::Check => {
            let phone = ask.param("phone")?;
            let checked = check(ask, vec![person("phone", &phone)?]).await?;
            show(ask, CheckedJson::of(phone, checked.first()))
        }
        Op::Media => crate::native::media::download(&ask.call, Some(&ask.param("mediaId")?)).await,
        Op::CheckMany => Err(unexpected()),
    }
}

fn in_path<G: Gateway>(ask: &Ask<'_, G>) -> Result<Address, Failure> {
    anybody("chatId", &ask.param("chatId")?)
}

async fn chat<G: Gateway>(ask: &Ask<'_, G>, command: ChatCommand) -> Result<ChatJson, Failure> {
    match ask.tell(Command::Chat(Box::new(command))).await? {
        Reply::Chat(view) => Ok(ChatJson::of(&view, now_ms())),
        _ => Err(unexpected()),
    }
}

/// `?search=`, in lower case.
fn search<G: Gateway>(ask: &Ask<'_, G>) -> Option<String> {
    ask.call.query.get("search").map(str::to_lowercase).filter(|text| !text.is_empty())
}

async fn chats<G: Gateway>(ask: &Ask<'_, G>) -> Result<Answer, Failure> {
    let (asked, search, now_ms) = (numbered(ask)?, search(ask), now_ms());
    let unread = ask.call.query.flag("unread")?;
    let all = walk(DIALECT_PARTS_MAX, async |after| {
        let filter = ChatFilter { unread, ..ChatFilter::default() };
        let command = ChatCommand::List { after, filter, limit: PAGE_LIMIT_MAX };
        let Reply::Chats { chats, next } = ask.tell(Command::Chat(Box::new(command))).await? else {
            return Err(unexpected());
        };
        let chats = chats.iter().map(|chat| ChatJson::of(chat, now_ms));
        let found = chats.filter(|chat| search.as_ref().is_none_or(|text| chat.matches(text)));
        Ok((found.collect(), next))
    });
    let all = all.await?;
    let total = all.len();
    show_page(ask, (asked, total), asked.of(all))
}

/// Messages of a chat, newest first.
async fn messages<G: Gateway>(ask: &Ask<'_, G>) -> Result<Answer, Failure> {
    let query = &ask.call.query;
    let limit = query.read("limit", "is not a whole number from 1 on", |text| {
        text.parse::<usize>().ok().filter(|limit| *limit > 0)
    })?;
    let limit = limit.unwrap_or(MESSAGES_DEFAULT).min(WASTACK_PAGE_MAX);
    let chat = in_path(ask)?;
    let (until_ms, before_id) = match query.get("before") {
        None => (None, None),
        Some(before) => match Named::read(before) {
            Named::Message(id) => {
                let view = target::view(ask, id).await?;
                (None, Some(view.wa_id))
            }
            // A time looks like nothing else.
            Named::OnWhatsApp(text) => match read_when("before", &text, None) {
                Ok(until_ms) => (Some(until_ms), None),
                Err(_) => (None, Some(text)),
            },
            Named::Scheduled(_) => {
                return Err(wrong("before", "is neither a time nor a message of the chat"));
            }
        },
    };
    let span = Span { since_ms: None, until_ms };
    let found = before(ask, (&chat, span), before_id.as_deref(), limit).await?;
    let instance = ask.call.instance()?;
    show(ask, found.iter().map(|stored| StoredJson::of(instance, stored)).collect::<Vec<_>>())
}

/// The newest messages of a chat, or the newest before one of them.
async fn before<G: Gateway>(
    ask: &Ask<'_, G>,
    (chat, span): (&Address, Span),
    before_id: Option<&str>,
    limit: usize,
) -> Result<Vec<StoredMessage>, Failure> {
    let (mut found, mut after, mut passed) = (Vec::new(), None::<Place>, before_id.is_none());
    for _ in 0..DIALECT_PARTS_MAX {
        let query = MessageQuery { after: after.take(), span, limit: PAGE_LIMIT_MAX };
        let command = ChatCommand::ListMessages(chat.clone(), query);
        let Reply::StoredMessages { messages, next } = ask.tell(Command::Chat(Box::new(command))).await?
        else {
            return Err(unexpected());
        };
        for message in messages {
            if passed {
                found.push(message);
            } else {
                passed = before_id.is_some_and(|id| id == wa_id(&message));
            }
            if found.len() == limit {
                return Ok(found);
            }
        }
        match next {
            Some(next) => after = Some(next),
            None => break,
        }
    }
    Ok(found)
}

fn wa_id(stored: &StoredMessage) -> &str {
    match &stored.message {
        StoredBody::Received { message, .. } => &message.wa_id,
        StoredBody::Sent(view) => &view.wa_id,
    }
}

async fn contacts<G: Gateway>(ask: &Ask<'_, G>) -> Result<Answer, Failure> {
    let (asked, search) = (numbered(ask)?, search(ask));
    let all = walk(DIALECT_PARTS_MAX, async |after| {
        let command = ContactCommand::List { after, saved: None, limit: PAGE_LIMIT_MAX };
        let Reply::Contacts { contacts, next } = ask.tell(Command::Contact(command)).await? else {
            return Err(unexpected());
        };
        let people = contacts.iter().map(PhoneContactJson::of);
        let found = people.filter(|person| search.as_ref().is_none_or(|text| person.matches(text)));
        Ok((found.collect(), next))
    });
    let all = all.await?;
    let total = all.len();
    show_page(ask, (asked, total), asked.of(all))
}

async fn check<G: Gateway>(ask: &Ask<'_, G>, people: Vec<Address>) -> Result<Vec<CheckedPerson>, Failure> {
    match ask.tell(Command::Contact(ContactCommand::Check(people))).await? {
        Reply::Checked(checked) => Ok(checked),
        _ => Err(unexpected()),
    }
}

async fn somebody<G: Gateway>(ask: &Ask<'_, G>) -> Result<Answer, Failure> {
    let who = person("phone", &ask.param("phone")?)?;
    let checked = check(ask, vec![who.clone()]).await?.into_iter().next();
    let checked = checked
        .filter(|checked| checked.on_whatsapp)
        .ok_or_else(|| Failure::new(ErrorCode::ContactNotFound, "The number is not on WhatsApp."))?;
    let tell = async |command| ask.tell(Command::Contact(command)).await;
    let known = match tell(ContactCommand::Get(who.clone())).await {
        Ok(Reply::Contact(view)) => Some(view),
        _ => None,
    };
    let about = match tell(ContactCommand::GetAbout(who.clone())).await? {
        Reply::About(about) => Some(about),
        _ => None,
    };
    let picture = match tell(ContactCommand::GetPicture { of: who, preview: false }).await? {
        Reply::Picture(picture) => picture,
        _ => None,
    };
    show(ask, PersonJson::of(&checked, known.as_deref(), about, picture))
}

async fn check_many<G: Gateway>(ask: &mut Ask<'_, G>, mut body: CheckBody) -> Result<Answer, Failure> {
    device(ask, text(body.device()))?;
    let questions = body.read()?;
    let mut people: Vec<Address> = Vec::new();
    for person in questions.iter().filter_map(|(_, person)| person.as_ref()) {
        if !people.contains(person) {
            people.push(person.clone());
        }
    }
    let checked = if people.is_empty() { Vec::new() } else { check(ask, people).await? };
    let answer = |person: &Address| checked.iter().find(|checked| checked.query == *person);
    let shown = questions.into_iter().map(|(phone, person)| {
        // What is no number is on no WhatsApp.
        let found = person.as_ref().and_then(answer);
        CheckedJson::of(phone, found)
    });
    show(ask, shown.collect::<Vec<_>>())
}
