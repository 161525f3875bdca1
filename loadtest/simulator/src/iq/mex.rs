//! GraphQL over IQs: persisted queries by their numbers, which differ between clients.

use serde_json::{Value, json};
use wacore_binary::Jid;

use super::groups::community;
use super::{Answer, IqError, Request};
use crate::stanza::{attr, bytes, leaf};
use crate::world::newsletters::{Newsletter, Reader};
use crate::world::{AccountId, World};

type Resolver = fn(&mut World, AccountId, &Value) -> Result<Value, IqError>;

/// Numbers of a query, the name of its result, and what answers it.
const QUERIES: &[(&[&str], &str, Resolver)] = &[
    (&["25149874324715067", "8823471724422422"], "xwa2_newsletter_create", create),
    (&["27456920720571478", "6563316087068696"], "xwa2_newsletter", metadata),
    (&["25399611239711790"], "xwa2_newsletter_subscribed", subscribed),
    (&["24404358912487870"], "xwa2_newsletter_join_v2", follow),
    (&["9767147403369991"], "xwa2_newsletter_leave_v2", unfollow),
    (&["24250201037901610"], "xwa2_newsletter_update", update),
    (&["30062808666639665"], "xwa2_newsletter_delete_v2", delete),
    (&["31938993655691868"], "xwa2_newsletter_update_user_setting", set_muted),
    (&["29766401636284406"], "xwa2_newsletter_mute_v2", mute),
    (&["9864994326891137"], "xwa2_newsletter_unmute_v2", unmute),
    (&["9783111038412085"], "xwa2_newsletter_subscribers", count_subscribers),
    (&["23983697327930364"], "xwa2_fetch_account_reachout_timelock", reachout_timelock),
    (&["24503548349331633"], "xwa2_message_capping_info", capping),
    (&["9935467776504344"], "xwa2_group_query_by_id", sub_groups),
    (&["24079399904996141"], "xwa2_group_query_by_id", sub_group_counts),
];

/// `<query query_id>{"variables":{…}}</query>` → `<result>{"data":{…}}</result>`.
pub(super) fn query(world: &mut World, request: &Request<'_>) -> Result<Answer, IqError> {
    let node = request.child()?;
    let id = attr(node, "query_id").unwrap_or_default();
    let asked: Value = serde_json::from_slice(&bytes(node)).map_err(|_| IqError::BAD_REQUEST)?;
    let Some((_, name, resolve)) = QUERIES.iter().find(|(ids, ..)| ids.contains(&&*id)) else {
        world.counters.count_unknown_iq(format!("w:mex get {id}"));
        return Err(IqError::NOT_IMPLEMENTED);
    };
    let answer = match resolve(world, request.from.account, &asked["variables"]) {
        Ok(value) => json!({"data": {*name: value}}),
        Err(IqError { code, text }) => {
            world.counters.iq_errors += 1;
            let extensions = json!({"error_code": code, "is_summary": false, "is_retryable": false, "severity": "CRITICAL"});
            json!({"data": null, "errors": [{"message": text, "extensions": extensions}]})
        }
    };
    Ok(Answer::one(leaf("result", answer.to_string())))
}

fn text<'v>(value: &'v Value, field: &str) -> Option<&'v str> {
    value[field].as_str()
}

/// The newsletter that the variables name.
fn named<'w>(world: &'w mut World, variables: &Value) -> Result<&'w mut Newsletter, IqError> {
    let id =
        text(variables, "newsletter_id").and_then(|id| id.parse::<Jid>().ok()).ok_or(IqError::BAD_REQUEST)?;
    world.newsletters.get_mut(&id.user).ok_or(IqError::NOT_FOUND)
}

fn owned<'w>(world: &'w mut World, by: AccountId, variables: &Value) -> Result<&'w mut Newsletter, IqError> {
    let newsletter = named(world, variables)?;
    let is_owner = newsletter.readers.get(&by) == Some(&Reader::Owner);
    if is_owner { Ok(newsletter) } else { Err(IqError::FORBIDDEN) }
}

fn jid(newsletter: &Newsletter) -> String {
    Jid::newsletter(newsletter.id.as_str()).to_string()
}

fn describe(newsletter: &Newsletter, reader: AccountId) -> Value {
    let role = match newsletter.readers.get(&reader) {
        Some(Reader::Owner) => "owner",
        Some(Reader::Subscriber) => "subscriber",
        None => "guest",
    };
    let mute = if newsletter.muted.contains(&reader) { "ON" } else { "OFF" };
    let since = newsletter.created_s.to_string();
    let described = |text: &str| json!({"id": since, "text": text, "update_time": since});
    json!({
        "id": jid(newsletter),
        "state": {"type": "active"},
        "thread_metadata": {
            "creation_time": since,
            "name": described(&newsletter.name),
            "description": described(newsletter.description.as_deref().unwrap_or_default()),
            "invite": newsletter.invite,
            "subscribers_count": newsletter.readers.len().to_string(),
            "verification": "UNVERIFIED",
            "picture": {"id": "0", "type": "IMAGE", "direct_path": ""},
            "preview": {"id": "0", "type": "PREVIEW", "direct_path": ""},
            "settings": {"reaction_codes": {"value": "ALL"}},
        },
        "viewer_metadata": {
            "role": role,
            "mute": mute,
            "settings": [{"type": "MUTE_FOLLOWER_ACTIVITY", "value": mute}],
        },
    })
}

fn state(newsletter: &Newsletter, kind: &str) -> Value {
    json!({"id": jid(newsletter), "state": {"type": kind}})
}

fn create(world: &mut World, by: AccountId, variables: &Value) -> Result<Value, IqError> {
    let input = &variables["input"];
    let name = text(input, "name").filter(|name| !name.is_empty()).ok_or(IqError::BAD_REQUEST)?.to_owned();
    let id = format!("1204{:014}", rand::Rng::next_u64(&mut world.rng) % 100_000_000_000_000);
    let invite = format!("0029Va{:016}", rand::Rng::next_u64(&mut world.rng) % 10_000_000_000_000_000);
    let mut newsletter = Newsletter::new(id, name, by, invite, world.now_s());
    newsletter.description = text(input, "description").map(str::to_owned);
    let described = describe(&newsletter, by);
    if world.newsletters.insert(newsletter) { Ok(described) } else { Err(IqError::TOO_MUCH) }
}

fn metadata(world: &mut World, by: AccountId, variables: &Value) -> Result<Value, IqError> {
    let input = &variables["input"];
    let key = text(input, "key").ok_or(IqError::BAD_REQUEST)?;
    let found = match text(input, "type") {
        Some("INVITE") => world.newsletters.by_invite(key),
        Some("JID") => key.parse::<Jid>().ok().and_then(|jid| world.newsletters.get(&jid.user)),
        _ => return Err(IqError::BAD_REQUEST),
    };
    Ok(describe(found.ok_or(IqError::NOT_FOUND)?, by))
}

fn subscribed(world: &mut World, by: AccountId, _: &Value) -> Result<Value, IqError> {
    Ok(world.newsletters.of(by).into_iter().map(|newsletter| describe(newsletter, by)).collect())
}

fn follow(world: &mut World, by: AccountId, variables: &Value) -> Result<Value, IqError> {
    let newsletter = named(world, variables)?;
    newsletter.readers.entry(by).or_insert(Reader::Subscriber);
    Ok(state(newsletter, "active"))
}

fn unfollow(world: &mut World, by: AccountId, variables: &Value) -> Result<Value, IqError> {
    let newsletter = named(world, variables)?;
    if newsletter.readers.get(&by) == Some(&Reader::Owner) {
        return Err(IqError::FORBIDDEN);
    }
    newsletter.readers.remove(&by);
    newsletter.muted.remove(&by);
    Ok(state(newsletter, "active"))
}

fn update(world: &mut World, by: AccountId, variables: &Value) -> Result<Value, IqError> {
    let newsletter = owned(world, by, variables)?;
    if let Some(name) = text(&variables["updates"], "name") {
        newsletter.name = name.to_owned();
    }
    if let Some(description) = text(&variables["updates"], "description") {
        newsletter.description = Some(description.to_owned());
    }
    Ok(describe(newsletter, by))
}

fn delete(world: &mut World, by: AccountId, variables: &Value) -> Result<Value, IqError> {
    let id = owned(world, by, variables)?.id.clone();
    let deleted = world.newsletters.remove(&id).ok_or(IqError::NOT_FOUND)?;
    Ok(state(&deleted, "deleted"))
}

fn set_muted(world: &mut World, by: AccountId, variables: &Value) -> Result<Value, IqError> {
    let input = &variables["input"];
    let on = match text(input, "value") {
        Some("ON") => true,
        Some("OFF") => false,
        _ => return Err(IqError::BAD_REQUEST),
    };
    keep_muted(world, by, input, on)
}

fn mute(world: &mut World, by: AccountId, variables: &Value) -> Result<Value, IqError> {
    keep_muted(world, by, variables, true)
}

fn unmute(world: &mut World, by: AccountId, variables: &Value) -> Result<Value, IqError> {
    keep_muted(world, by, variables, false)
}

fn keep_muted(world: &mut World, by: AccountId, variables: &Value, on: bool) -> Result<Value, IqError> {
    let newsletter = named(world, variables)?;
    if !newsletter.readers.contains_key(&by) {
        return Err(IqError::FORBIDDEN);
    }
    if on {
        newsletter.muted.insert(by)
    } else {
        newsletter.muted.remove(&by)
    };
    Ok(state(newsletter, "active"))
}

fn count_subscribers(world: &mut World, _: AccountId, variables: &Value) -> Result<Value, IqError> {
    Ok(json!({"subscribers": named(world, variables)?.readers.len()}))
}

fn reachout_timelock(world: &mut World, by: AccountId, _: &Value) -> Result<Value, IqError> {
    Ok(world.reachout_json(by))
}

fn capping(world: &mut World, by: AccountId, _: &Value) -> Result<Value, IqError> {
    Ok(world.new_chats_json(by))
}

fn sub_groups(world: &mut World, by: AccountId, variables: &Value) -> Result<Value, IqError> {
    let id = text(variables, "group_id").and_then(|id| id.parse::<Jid>().ok()).ok_or(IqError::BAD_REQUEST)?;
    community::as_json(world, by, &id.user)
}

fn sub_group_counts(world: &mut World, by: AccountId, variables: &Value) -> Result<Value, IqError> {
    let id = text(&variables["input"], "group_jid").and_then(|id| id.parse::<Jid>().ok());
    community::as_json(world, by, &id.ok_or(IqError::BAD_REQUEST)?.user)
}
