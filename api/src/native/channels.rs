//! Newsletters and status.

use hyper::StatusCode;
use trunkline_model::command::{Command, NewsletterCommand, NewsletterId, Reply, StatusCommand};
use trunkline_model::{ErrorCode, Failure};

use crate::body::RequestBody;
use crate::call::{Call, unexpected};
use crate::gateway::Gateway;
use crate::json::channel::{
    AudienceJson, CreateNewsletterBody, DeleteStatusBody, MuteBody, NewsletterJson, PostJson, ReactionBody,
    UpdateNewsletterBody, newsletter_id,
};
use crate::json::cursor::Cursor;
use crate::json::group::InviteBody;
use crate::json::{List, Page};
use crate::reply::{self, Answer};
use crate::route::ChannelOperation;

pub(super) async fn answer<G: Gateway>(
    operation: ChannelOperation,
    call: &Call<'_, G>,
    body: RequestBody,
) -> Result<Answer, Failure> {
    use ChannelOperation as Op;
    use NewsletterCommand as Ask;
    let command = match operation {
        Op::List => Ask::List,
        Op::Create => {
            let body: CreateNewsletterBody = call.body(body).await?;
            return show_as(StatusCode::CREATED, call, Command::Newsletter(body.read()?)).await;
        }
        Op::Preview => {
            let body: InviteBody = call.body(body).await?;
            Ask::Preview(body.read()?)
        }
        Op::Get => Ask::Get(newsletter(call)?),
        Op::Update => {
            let newsletter = newsletter(call)?;
            let body: UpdateNewsletterBody = call.body(body).await?;
            body.read(newsletter)?
        }
        Op::Delete => Ask::Delete(newsletter(call)?),
        Op::Follow | Op::Unfollow => {
            let newsletter = newsletter(call)?;
            call.no_body(body).await?;
            Ask::Follow { newsletter, follow: operation == Op::Follow }
        }
        Op::Mute => {
            let newsletter = newsletter(call)?;
            let MuteBody { muted } = call.body(body).await?;
            Ask::Mute { newsletter, mute: muted }
        }
        Op::Posts => posts(call)?,
        Op::React => {
            let (newsletter, post) = (newsletter(call)?, post(call)?);
            let body: ReactionBody = call.body(body).await?;
            body.read(newsletter, post)?
        }
        Op::StatusAudience => {
            return show_as(StatusCode::OK, call, Command::Status(StatusCommand::GetAudience)).await;
        }
        Op::DeleteStatus => {
            let wa_id = call.param("wa_message").ok_or_else(|| missing("a message"))?;
            let body: DeleteStatusBody = call.body(body).await?;
            return show_as(StatusCode::OK, call, Command::Status(body.read(wa_id)?)).await;
        }
    };
    show_as(StatusCode::OK, call, Command::Newsletter(command)).await
}

fn posts<G: Gateway>(call: &Call<'_, G>) -> Result<NewsletterCommand, Failure> {
    let newsletter = newsletter(call)?;
    let before = Cursor::of(&call.query, |cursor| match cursor {
        Cursor::Post(number) => Some(number),
        _ => None,
    })?;
    Ok(NewsletterCommand::Posts { newsletter, before, limit: call.query.limit()? })
}

async fn show_as<G: Gateway>(
    status: StatusCode,
    call: &Call<'_, G>,
    command: Command,
) -> Result<Answer, Failure> {
    Ok(match call.ask(command).await? {
        Reply::Done => reply::no_content(),
        Reply::Newsletter(view) => reply::json(status, &NewsletterJson::of(&view)),
        Reply::Newsletters(views) => {
            reply::json(status, &List { data: views.iter().map(NewsletterJson::of).collect::<Vec<_>>() })
        }
        Reply::NewsletterPosts { posts, next } => {
            let data: Vec<_> = posts.iter().map(PostJson::of).collect();
            let next_cursor = next.map(|number| Cursor::Post(number).encode());
            reply::json(status, &Page { data, next_cursor })
        }
        Reply::StatusAudience(lists) => {
            reply::json(status, &List { data: lists.iter().map(AudienceJson::of).collect::<Vec<_>>() })
        }
        _ => return Err(unexpected()),
    })
}

/// The newsletter in the path.
fn newsletter<G: Gateway>(call: &Call<'_, G>) -> Result<NewsletterId, Failure> {
    call.param("newsletter").as_deref().and_then(newsletter_id).ok_or_else(|| missing("a newsletter"))
}

/// The number of a post in the path.
fn post<G: Gateway>(call: &Call<'_, G>) -> Result<u64, Failure> {
    call.param("post").and_then(|number| number.parse().ok()).ok_or_else(|| missing("a post"))
}

fn missing(wanted: &str) -> Failure {
    let detail = format!("The path does not have the id of {wanted} where it should.");
    Failure::new(ErrorCode::WhatsAppNotFound, detail)
}
