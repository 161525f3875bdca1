//! Chats, their messages, labels.

use hyper::StatusCode;
use trunkline_model::chat::ChatChange;
use trunkline_model::command::{ChatCommand, ChatFilter, Command, MessageQuery, MessageSearch, Reply, Span};
use trunkline_model::limits::SEARCH_TEXT_CHARS_MAX;
use trunkline_model::{Address, ErrorCode, Failure};

use crate::body::RequestBody;
use crate::call::{Call, unexpected};
use crate::gateway::Gateway;
use crate::json::chat::{
    ChatJson, CreateLabelBody, HistoryBody, HistoryJson, LabelJson, MessageRefBody, RetentionBody,
    RetentionJson, StarBody, StoredMessageJson, UpdateChatBody, UpdateLabelBody, label_id,
};
use crate::json::place::PlaceIn;
use crate::json::time::parse_time;
use crate::json::{List, Page};
use crate::reply::{self, Answer};
use crate::route::ChatOperation;

pub(super) async fn answer<G: Gateway>(
    operation: ChatOperation,
    call: &Call<'_, G>,
    body: RequestBody,
) -> Result<Answer, Failure> {
    use ChatOperation as Op;
    match operation {
        Op::List => list(call).await,
        Op::Get => show(call, ChatCommand::Get(chat(call)?)).await,
        Op::Update => {
            let chat = chat(call)?;
            let body: UpdateChatBody = call.body(body).await?;
            show(call, ChatCommand::Change(chat, body.read()?)).await
        }
        Op::Delete => show(call, ChatCommand::Act(chat(call)?, ChatChange::Deleted)).await,
        Op::Clear => {
            let chat = chat(call)?;
            call.no_body(body).await?;
            show(call, ChatCommand::Act(chat, ChatChange::Cleared)).await
        }
        Op::Messages => {
            let command = ChatCommand::ListMessages(chat(call)?, messages(call, PlaceIn::Messages)?);
            stored(call, command, PlaceIn::Messages).await
        }
        Op::Star => {
            let chat = chat(call)?;
            let body: StarBody = call.body(body).await?;
            let (message, on) = body.read(&chat)?;
            show(call, ChatCommand::Act(chat, ChatChange::Starred { message, on })).await
        }
        Op::DeleteMessage => {
            let chat = chat(call)?;
            let body: MessageRefBody = call.body(body).await?;
            let message = body.read(&chat)?;
            show(call, ChatCommand::Act(chat, ChatChange::MessageDeleted(message))).await
        }
        Op::History => history(call, body).await,
        Op::AddLabel => {
            let (chat, label) = (chat(call)?, label(call)?);
            call.no_body(body).await?;
            show(call, ChatCommand::Change(chat, vec![ChatChange::Labelled { label, on: true }])).await
        }
        Op::RemoveLabel => {
            let change = ChatChange::Labelled { label: label(call)?, on: false };
            show(call, ChatCommand::Change(chat(call)?, vec![change])).await
        }
        Op::Search => search(call).await,
        Op::ListLabels => show(call, ChatCommand::ListLabels).await,
        Op::CreateLabel => {
            let body: CreateLabelBody = call.body(body).await?;
            show_as(StatusCode::CREATED, call, ChatCommand::CreateLabel(body.read()?)).await
        }
        Op::UpdateLabel => {
            let label = label(call)?;
            let body: UpdateLabelBody = call.body(body).await?;
            show(call, ChatCommand::UpdateLabel(label, body.read()?)).await
        }
        Op::DeleteLabel => show(call, ChatCommand::DeleteLabel(label(call)?)).await,
        Op::GetRetention => show(call, ChatCommand::GetRetention).await,
        Op::SetRetention => {
            let body: RetentionBody = call.body(body).await?;
            show(call, ChatCommand::SetRetention(body.read()?)).await
        }
    }
}

async fn list<G: Gateway>(call: &Call<'_, G>) -> Result<Answer, Failure> {
    let label = call.query.read("label", "is not the id of a label", label_id)?;
    let filter =
        ChatFilter { archived: call.query.flag("archived")?, unread: call.query.flag("unread")?, label };
    let (after, limit) = (PlaceIn::Chats.of(&call.query)?, call.query.limit()?);
    let command = ChatCommand::List { after, filter, limit };
    let Reply::Chats { chats, next } = ask(call, command).await? else { return Err(unexpected()) };
    let next_cursor = next.map(|place| PlaceIn::Chats.encode(&place));
    Ok(reply::json(StatusCode::OK, &Page { data: chats.iter().map(ChatJson::of).collect(), next_cursor }))
}

async fn search<G: Gateway>(call: &Call<'_, G>) -> Result<Answer, Failure> {
    let expected = format!("is not a text of 1 to {SEARCH_TEXT_CHARS_MAX} characters");
    let text = call.query.read("text", &expected, |text| {
        let text = text.trim();
        let fits = !text.is_empty() && text.chars().count() <= SEARCH_TEXT_CHARS_MAX;
        fits.then(|| text.to_owned())
    })?;
    let chat = call.query.read("chat", "names no chat", |text| text.parse::<Address>().ok())?;
    let list = if chat.is_some() { PlaceIn::Messages } else { PlaceIn::Search };
    let query = messages(call, list)?;
    stored(call, ChatCommand::Search(MessageSearch { text, chat, query }), list).await
}

fn messages<G: Gateway>(call: &Call<'_, G>, list: PlaceIn) -> Result<MessageQuery, Failure> {
    let time =
        |name| call.query.read(name, "is not a time in RFC 3339, as in 2026-01-31T09:30:00Z", parse_time);
    let span = Span { since_ms: time("since")?, until_ms: time("until")? };
    Ok(MessageQuery { after: list.of(&call.query)?, span, limit: call.query.limit()? })
}

async fn stored<G: Gateway>(
    call: &Call<'_, G>,
    command: ChatCommand,
    list: PlaceIn,
) -> Result<Answer, Failure> {
    let instance = call.instance()?;
    let Reply::StoredMessages { messages, next } = ask(call, command).await? else {
        return Err(unexpected());
    };
    let data = messages.iter().map(|message| StoredMessageJson::of(instance, message)).collect();
    let next_cursor = next.map(|place| list.encode(&place));
    Ok(reply::json(StatusCode::OK, &Page { data, next_cursor }))
}

async fn history<G: Gateway>(call: &Call<'_, G>, body: RequestBody) -> Result<Answer, Failure> {
    let chat = chat(call)?;
    let body: HistoryBody = call.body(body).await?;
    let messages = body.read()?;
    match ask(call, ChatCommand::RequestHistory { chat, messages }).await? {
        Reply::HistoryRequested => {
            Ok(reply::json(StatusCode::ACCEPTED, &HistoryJson { requested_messages: messages }))
        }
        _ => Err(unexpected()),
    }
}

fn chat<G: Gateway>(call: &Call<'_, G>) -> Result<Address, Failure> {
    let address = call.param("chat").and_then(|text| text.parse::<Address>().ok());
    address.filter(|address| *address != Address::Status).ok_or_else(|| {
        Failure::new(ErrorCode::ChatNotFound, "The path does not have the id of a chat where it should.")
    })
}

fn label<G: Gateway>(call: &Call<'_, G>) -> Result<String, Failure> {
    call.param("label").as_deref().and_then(label_id).ok_or_else(|| {
        Failure::new(ErrorCode::LabelNotFound, "The path does not have the id of a label where it should.")
    })
}

async fn ask<G: Gateway>(call: &Call<'_, G>, command: ChatCommand) -> Result<Reply, Failure> {
    call.ask(Command::Chat(Box::new(command))).await
}

async fn show<G: Gateway>(call: &Call<'_, G>, command: ChatCommand) -> Result<Answer, Failure> {
    show_as(StatusCode::OK, call, command).await
}

/// Gives the instance a command and shows whatever it answers with.
async fn show_as<G: Gateway>(
    status: StatusCode,
    call: &Call<'_, G>,
    command: ChatCommand,
) -> Result<Answer, Failure> {
    Ok(match ask(call, command).await? {
        Reply::Done => reply::no_content(),
        Reply::Chat(view) => reply::json(status, &ChatJson::of(&view)),
        Reply::Labels(views) => {
            reply::json(status, &List { data: views.iter().map(LabelJson::of).collect::<Vec<_>>() })
        }
        Reply::Label(view) => reply::json(status, &LabelJson::of(&view)),
        Reply::Retention(retention_days) => reply::json(status, &RetentionJson { retention_days }),
        _ => return Err(unexpected()),
    })
}
