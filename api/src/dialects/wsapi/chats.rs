//! Chats.

use std::collections::HashMap;

use trunkline_model::Failure;
use trunkline_model::chat::ChatChange;
use trunkline_model::command::{ChatCommand, ChatFilter, Command, ContactView, PresenceCommand, Reply};
use trunkline_model::limits::PAGE_LIMIT_MAX;

use super::body::chat::{
    ArchiveBody, EphemeralBody, HistoryBody, MuteBody, PinChatBody, PresenceBody, ReadChatBody,
};
use super::groups::picture;
use super::people::{business, follow};
use super::shown::chat::ChatJson;
use super::shown::id_of;
use super::shown::session::ProgressJson;
use super::table::chats::ChatOperation;
use super::{Ask, anybody, jid_in_path, wrong};
use crate::act;
use crate::body::RequestBody;
use crate::call::unexpected;
use crate::gateway::Gateway;
use crate::json::time::now_ms;
use crate::limits::DIALECT_LIST_MAX;
use crate::reply::Answer;

pub(super) async fn answer<G: Gateway>(
    operation: ChatOperation,
    ask: &Ask<'_, G>,
    body: RequestBody,
) -> Result<Answer, Failure> {
    use ChatOperation as Op;
    match operation {
        Op::List => list(ask).await,
        Op::Get => get(ask).await,
        Op::Delete => act(ask, ChatChange::Deleted).await,
        Op::Clear => act(ask, ChatChange::Cleared).await,
        Op::Picture => picture(ask, jid_in_path(ask, "chatId")?).await,
        Op::Business => business(ask, jid_in_path(ask, "chatId")?).await,
        Op::FollowPresence => follow(ask, jid_in_path(ask, "chatId")?).await,
        Op::Presence => {
            let activity = ask.call.body::<PresenceBody>(body).await?.read()?;
            let chat = jid_in_path(ask, "chatId")?;
            ask.done(Command::Presence(PresenceCommand::Show { chat, activity })).await
        }
        Op::Ephemeral => {
            let seconds = ask.call.body::<EphemeralBody>(body).await?.seconds()?;
            change(ask, ChatChange::Disappearing(seconds)).await
        }
        Op::Mute => {
            let mute = ask.call.body::<MuteBody>(body).await?.read(now_ms())?;
            change(ask, ChatChange::Muted(mute)).await
        }
        Op::Pin => {
            let body: PinChatBody = ask.call.body(body).await?;
            change(ask, ChatChange::Pinned(body.pinned.unwrap_or(false))).await
        }
        Op::Archive => {
            let body: ArchiveBody = ask.call.body(body).await?;
            change(ask, ChatChange::Archived(body.archived.unwrap_or(false))).await
        }
        Op::Read => {
            let body: ReadChatBody = ask.call.body(body).await?;
            change(ask, ChatChange::Read(body.read.unwrap_or(false))).await
        }
        Op::History => history(ask, ask.call.body(body).await?).await,
    }
}

async fn tell<G: Gateway>(ask: &Ask<'_, G>, command: ChatCommand) -> Result<Reply, Failure> {
    ask.tell(Command::Chat(Box::new(command))).await
}

/// All chats, up to a bound, each with the names of who it is with.
async fn list<G: Gateway>(ask: &Ask<'_, G>) -> Result<Answer, Failure> {
    let mut chats = Vec::new();
    let mut after = None;
    while chats.len() < DIALECT_LIST_MAX {
        let command = ChatCommand::List { after, filter: ChatFilter::default(), limit: PAGE_LIMIT_MAX };
        let Reply::Chats { chats: page, next } = tell(ask, command).await? else {
            return Err(unexpected());
        };
        chats.extend(page);
        match next {
            Some(place) => after = Some(place),
            None => break,
        }
    }
    let people = act::contacts(&ask.call).await?;
    let people: HashMap<String, &ContactView> =
        people.iter().map(|person| (id_of(&person.person), person)).collect();
    let now_ms = now_ms();
    let shown = chats.iter().map(|chat| ChatJson::of(chat, people.get(&id_of(&chat.chat)).copied(), now_ms));
    Ok(ask.show(&shown.collect::<Vec<_>>()))
}

async fn get<G: Gateway>(ask: &Ask<'_, G>) -> Result<Answer, Failure> {
    let chat = jid_in_path(ask, "chatId")?;
    let Reply::Chat(view) = tell(ask, ChatCommand::Get(chat.clone())).await? else {
        return Err(unexpected());
    };
    // Somebody may be written to whom nothing is known of.
    let person = if chat.is_person() {
        let command = trunkline_model::command::ContactCommand::Get(chat);
        match ask.tell(Command::Contact(command)).await {
            Ok(Reply::Contact(person)) => Some(person),
            _ => None,
        }
    } else {
        None
    };
    Ok(ask.show(&ChatJson::of(&view, person.as_deref(), now_ms())))
}

async fn change<G: Gateway>(ask: &Ask<'_, G>, change: ChatChange) -> Result<Answer, Failure> {
    tell(ask, ChatCommand::Change(jid_in_path(ask, "chatId")?, vec![change])).await?;
    Ok(ask.nothing())
}

async fn act<G: Gateway>(ask: &Ask<'_, G>, change: ChatChange) -> Result<Answer, Failure> {
    tell(ask, ChatCommand::Act(jid_in_path(ask, "chatId")?, change)).await?;
    Ok(ask.nothing())
}

async fn history<G: Gateway>(ask: &Ask<'_, G>, body: HistoryBody) -> Result<Answer, Failure> {
    let messages = body.count()?;
    if body.last_message_id.is_empty() {
        return Err(wrong("lastMessageId", "is empty"));
    }
    anybody("lastMessageSenderId", &body.last_message_sender_id)?;
    tell(ask, ChatCommand::RequestHistory { chat: jid_in_path(ask, "chatId")?, messages }).await?;
    Ok(ask.show(&ProgressJson { status: "requested" }))
}
