//! Messages that were sent, as they stand now.

use std::collections::VecDeque;

use trunkline_model::command::{Command, MessageView, Reply};
use trunkline_model::limits::PAGE_LIMIT_MAX;
use trunkline_model::message::{MessageStatus, SendMessage};
use trunkline_model::{ErrorCode, Failure, InstanceId, MessageId};

use super::asked;
use super::shown::SuccessJson;
use super::shown::message::{ItemJson, MessageJson, StatusJson, accepted_ms, kind, status as word};
use super::{lookup, wrong};
use crate::call::{Call, instance_in, message_in, unexpected};
use crate::dialects::Ask;
use crate::dialects::pages::{Numbered, Paginator, Walk};
use crate::gateway::Gateway;
use crate::limits::{DIALECT_LIST_MAX, WESSAAL_LISTED_INSTANCES_MAX};
use crate::reply::Answer;

/// The message in the path, and its instance.
async fn message<G: Gateway>(ask: &Ask<'_, G>) -> Result<(InstanceId, Box<MessageView>), Failure> {
    let missing = || Failure::new(ErrorCode::MessageNotFound, "Message not found");
    let id = ask.param("messageId")?.parse().ok().and_then(MessageId::from_u64).ok_or_else(missing)?;
    let owner = ask.call.owner_of(id).await;
    let owner = owner.map_err(|failure| match failure.code {
        ErrorCode::MessageNotFound => missing(),
        _ => failure,
    })?;
    Ok((owner, message_in(ask.call.command(owner, Command::GetMessage { id }).await?)?))
}

/// What messages of an instance say.
async fn bodies<G: Gateway>(
    call: &Call<'_, G>,
    instance: InstanceId,
    ids: Vec<MessageId>,
) -> Result<Vec<Option<SendMessage>>, Failure> {
    match call.command(instance, Command::GetBodies { ids }).await? {
        Reply::Bodies(bodies) => Ok(bodies),
        _ => Err(unexpected()),
    }
}

/// Whether failed messages were paid for, and so paid back.
async fn charges<G: Gateway>(ask: &Ask<'_, G>) -> Result<bool, Failure> {
    Ok(lookup::account(&ask.call).await?.credits)
}

pub(super) async fn status<G: Gateway>(ask: &Ask<'_, G>) -> Result<Answer, Failure> {
    let (_, view) = message(ask).await?;
    Ok(ask.show(&SuccessJson::of(StatusJson::of(&view, charges(ask).await?))))
}

pub(super) async fn get<G: Gateway>(ask: &Ask<'_, G>) -> Result<Answer, Failure> {
    let (instance, view) = message(ask).await?;
    let body = bodies(&ask.call, instance, vec![view.id]).await?.into_iter().next().flatten();
    let of = instance_in(ask.call.command(instance, Command::GetInstance).await?)?;
    let shown = MessageJson::of((&view, body.as_ref()), &of, charges(ask).await?);
    Ok(ask.show(&SuccessJson::of(shown)))
}

/// Which messages are listed.
struct Wanted {
    status: Option<String>,
    kind: Option<String>,
    charged: bool,
}

impl Wanted {
    fn holds(&self, view: &MessageView) -> bool {
        // What failed is asked for as such, whether or not it was paid back.
        let is_failed = |wanted: &str| wanted == "failed" && view.status == MessageStatus::Failed;
        let stands =
            |wanted: &String| is_failed(wanted) || word(view.status, self.charged) == wanted.as_str();
        self.status.as_ref().is_none_or(stands)
            && self.kind.as_ref().is_none_or(|wanted| kind(view) == wanted.as_str())
    }
}

pub(super) async fn list<G: Gateway>(ask: &mut Ask<'_, G>) -> Result<Answer, Failure> {
    let instances = instances(ask)?;
    let query = &ask.call.query;
    let window = asked(query);
    let given = |name: &str| query.get(name).filter(|text| !text.is_empty()).map(str::to_owned);
    let wanted = Wanted { status: given("status"), kind: given("type"), charged: charges(ask).await? };
    let walk = walk(&ask.call, instances, (&wanted, window)).await?;
    let mut said = said(&ask.call, &walk.kept).await?;
    let item = |view: &MessageView| {
        let body = said.iter_mut().find(|(id, _)| *id == view.id).and_then(|(_, body)| body.take());
        ItemJson::of(view, body.as_ref(), wanted.charged)
    };
    let data: Vec<ItemJson> = walk.kept.iter().map(item).collect();
    let page = Paginator::of(ask.row.path, (window, walk.total), data);
    Ok(ask.show(&SuccessJson::of(page)))
}

/// The instances whose messages are listed: that of `?instance=`, or all that exist for the key.
fn instances<G: Gateway>(ask: &mut Ask<'_, G>) -> Result<Vec<InstanceId>, Failure> {
    if let Some(named) = ask.call.query.get("instance").map(str::to_owned) {
        return Ok(vec![lookup::instance(ask, &named)?]);
    }
    let call = &ask.call;
    let all = call.front.gateway.instances_of(call.account()).into_iter().map(|(id, _)| id);
    let all: Vec<InstanceId> = all.filter(|id| call.principal.may_see(*id)).collect();
    if all.len() > WESSAAL_LISTED_INSTANCES_MAX {
        let most = WESSAAL_LISTED_INSTANCES_MAX;
        return Err(wrong(
            "instance",
            format!("field is required when there are more than {most} instances"),
        ));
    }
    Ok(all)
}

/// The messages of an instance, newest first, a part of them at a time.
struct Feed {
    instance: InstanceId,
    waiting: VecDeque<MessageView>,
    /// Where the next part begins; the outer `None` when there is none.
    next: Option<Option<MessageId>>,
}

impl Feed {
    async fn fill<G: Gateway>(&mut self, call: &Call<'_, G>) -> Result<(), Failure> {
        while self.waiting.is_empty()
            && let Some(before) = self.next
        {
            let command = Command::ListMessages { before, status: None, limit: PAGE_LIMIT_MAX };
            let Reply::Messages { messages, next } = call.command(self.instance, command).await? else {
                return Err(unexpected());
            };
            self.waiting.extend(messages);
            self.next = next.map(Some);
        }
        Ok(())
    }
}

/// The messages of some instances together, newest first, as far as the bound of all lists.
async fn walk<G: Gateway>(
    call: &Call<'_, G>,
    instances: Vec<InstanceId>,
    (wanted, window): (&Wanted, Numbered),
) -> Result<Walk<MessageView>, Failure> {
    let feed = |instance| Feed { instance, waiting: VecDeque::new(), next: Some(None) };
    let mut feeds: Vec<Feed> = instances.into_iter().map(feed).collect();
    let mut walk = Walk::new(window);
    for _ in 0..DIALECT_LIST_MAX {
        for feed in &mut feeds {
            feed.fill(call).await?;
        }
        let newest = feeds.iter_mut().max_by_key(|feed| feed.waiting.front().map(accepted_ms));
        let Some(view) = newest.and_then(|feed| feed.waiting.pop_front()) else { break };
        if wanted.holds(&view) {
            walk.push(view);
        }
    }
    Ok(walk)
}

/// What the messages of a page say: each instance is asked once.
async fn said<G: Gateway>(
    call: &Call<'_, G>,
    page: &[MessageView],
) -> Result<Vec<(MessageId, Option<SendMessage>)>, Failure> {
    let mut instances: Vec<InstanceId> = page.iter().map(|view| view.instance).collect();
    instances.sort_unstable();
    instances.dedup();
    let mut said = Vec::with_capacity(page.len());
    for instance in instances {
        let of_it = page.iter().filter(|view| view.instance == instance);
        let ids: Vec<MessageId> = of_it.map(|view| view.id).collect();
        said.extend(ids.iter().copied().zip(bodies(call, instance, ids.clone()).await?));
    }
    Ok(said)
}
