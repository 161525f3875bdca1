//! Newsletters and status.

use trunkline_model::Failure;
use trunkline_model::command::{
    Command, NewsletterCommand, NewsletterId, NewsletterView, Reply, StatusCommand,
};
use trunkline_model::limits::{
    NEWSLETTER_DESCRIPTION_CHARS_MAX, NEWSLETTER_NAME_CHARS_MAX, PAGE_LIMIT_DEFAULT,
};
use trunkline_model::message::{Audience, MediaKind};

use super::body::channel::{
    CreateBody, MuteBody, StatusMediaBody, StatusTextBody, SubscriptionBody, UpdateBody,
};
use super::body::group::code;
use super::messages::{held, send};
use super::shown::IdJson;
use super::shown::channel::{AudienceJson, NewsletterJson, PostJson};
use super::table::channels::ChannelOperation;
use super::{Ask, given, wrong};
use crate::body::{Memory, RequestBody};
use crate::call::unexpected;
use crate::gateway::Gateway;
use crate::json::channel::newsletter_id;
use crate::json::fields::Problems;
use crate::reply::Answer;

pub(super) async fn answer<G: Gateway>(
    operation: ChannelOperation,
    ask: &Ask<'_, G>,
    body: RequestBody,
) -> Result<Answer, Failure> {
    use ChannelOperation as Op;
    use NewsletterCommand as Tell;
    match operation {
        Op::List => match tell(ask, Tell::List).await? {
            Reply::Newsletters(views) => {
                Ok(ask.show(&views.iter().map(NewsletterJson::of).collect::<Vec<_>>()))
            }
            _ => Err(unexpected()),
        },
        Op::Create => create(ask, ask.call.body(body).await?).await,
        Op::Preview => {
            let view = view(ask, Tell::Preview(code("code", &ask.param("code")?)?)).await?;
            Ok(ask.show(&NewsletterJson::of(&view)))
        }
        Op::Get => Ok(ask.show(&NewsletterJson::of(&*view(ask, Tell::Get(id(ask)?)).await?))),
        Op::Update => {
            let body: UpdateBody = ask.call.body(body).await?;
            check(body.name.as_deref(), body.description.as_deref())?;
            let command =
                Tell::Update { newsletter: id(ask)?, name: body.name, description: body.description };
            ask.done(Command::Newsletter(command)).await
        }
        Op::Delete => ask.done(Command::Newsletter(Tell::Delete(id(ask)?))).await,
        Op::Posts => {
            let command = Tell::Posts { newsletter: id(ask)?, before: None, limit: PAGE_LIMIT_DEFAULT };
            match tell(ask, command).await? {
                Reply::NewsletterPosts { posts, .. } => {
                    Ok(ask.show(&posts.iter().map(PostJson::of).collect::<Vec<_>>()))
                }
                _ => Err(unexpected()),
            }
        }
        Op::Subscription => {
            let SubscriptionBody { subscribed } = ask.call.body(body).await?;
            let command = Tell::Follow { newsletter: id(ask)?, follow: subscribed };
            ask.done(Command::Newsletter(command)).await
        }
        Op::Mute => {
            let body: MuteBody = ask.call.body(body).await?;
            let command = Tell::Mute { newsletter: id(ask)?, mute: body.mute.unwrap_or(false) };
            ask.done(Command::Newsletter(command)).await
        }
        Op::StatusPrivacy => match ask.tell(Command::Status(StatusCommand::GetAudience)).await? {
            Reply::StatusAudience(lists) => {
                Ok(ask.show(&lists.iter().map(AudienceJson::of).collect::<Vec<_>>()))
            }
            _ => Err(unexpected()),
        },
        Op::StatusText => send(ask, ask.call.body::<StatusTextBody>(body).await?.read()?).await,
        Op::StatusImage => status_file(ask, body, MediaKind::Image).await,
        Op::StatusVideo => status_file(ask, body, MediaKind::Video).await,
        Op::StatusAudio => status_file(ask, body, MediaKind::Audio).await,
        Op::DeleteStatus => {
            let command =
                StatusCommand::Delete { wa_id: ask.param("messageId")?, audience: Audience::Contacts };
            ask.done(Command::Status(command)).await
        }
    }
}

async fn tell<G: Gateway>(ask: &Ask<'_, G>, command: NewsletterCommand) -> Result<Reply, Failure> {
    ask.tell(Command::Newsletter(command)).await
}

async fn view<G: Gateway>(
    ask: &Ask<'_, G>,
    command: NewsletterCommand,
) -> Result<Box<NewsletterView>, Failure> {
    match tell(ask, command).await? {
        Reply::Newsletter(view) => Ok(view),
        _ => Err(unexpected()),
    }
}

/// The newsletter in the path.
fn id<G: Gateway>(ask: &Ask<'_, G>) -> Result<NewsletterId, Failure> {
    let text = ask.param("id")?;
    let whole = text.contains('@').then(|| newsletter_id(&text)).flatten();
    whole.ok_or_else(|| {
        wrong("id", "invalid JID; give that of a newsletter, as in 120363021033254949@newsletter")
    })
}

fn check(name: Option<&str>, description: Option<&str>) -> Result<(), Failure> {
    let mut problems = Problems::default();
    if name.is_some_and(|name| name.trim().is_empty()) {
        problems.add("name", "is empty");
    }
    problems.bound_chars("name", name.unwrap_or_default(), NEWSLETTER_NAME_CHARS_MAX);
    problems.bound_chars("description", description.unwrap_or_default(), NEWSLETTER_DESCRIPTION_CHARS_MAX);
    problems.or(Some(()))
}

async fn create<G: Gateway>(ask: &Ask<'_, G>, body: CreateBody) -> Result<Answer, Failure> {
    if given(body.picture).is_some() {
        return Err(wrong("picture", "cannot be set here; leave it out"));
    }
    let description = given(body.description);
    check(Some(&body.name), description.as_deref())?;
    let view = view(ask, NewsletterCommand::Create { name: body.name, description }).await?;
    Ok(ask.show(&IdJson { id: view.jid.clone() }))
}

async fn status_file<G: Gateway>(
    ask: &Ask<'_, G>,
    body: RequestBody,
    kind: MediaKind,
) -> Result<Answer, Failure> {
    let (body, _memory): (StatusMediaBody, Memory) = held(ask, body).await?;
    send(ask, body.read(kind)?).await
}
