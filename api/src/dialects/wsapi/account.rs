//! The instance of the first generation, and the account's instances of the hosted service.

use serde_json::{Map, Value};
use trunkline_model::account::InstanceDefaults;
use trunkline_model::command::{AccountCommand, AccountReply, Command, InstanceView, UpdateInstance};
use trunkline_model::instance::InstanceState;
use trunkline_model::limits::METADATA_BYTES_MAX;
use trunkline_model::{ErrorCode, Failure, FieldError, InstanceId, Scope};

use super::body::instance::{AccountSettingsBody, DefaultsBody, LegacySettingsBody, RenameBody};
use super::config::{self, Change};
use super::error::without_conflict;
use super::instances::{named, restart};
use super::paging::{Paging, malformed, time, word};
use super::shown::instance::{
    AccountDetailJson, AccountInstanceJson, DESCRIPTION, DISPLAY_NAME, DefaultsJson, InstanceDetailsJson,
    LegacySettingsJson, metadata, standing,
};
use super::table::account::AccountOperation;
use super::{Ask, given, keys, wrong};
use crate::act;
use crate::body::RequestBody;
use crate::call::{instance_in, unexpected};
use crate::gateway::Gateway;
use crate::json::fields::Problems;
use crate::limits::DIALECT_LIST_MAX;
use crate::reply::Answer;

pub(super) async fn answer<G: Gateway>(
    operation: AccountOperation,
    ask: &Ask<'_, G>,
    body: RequestBody,
) -> Result<Answer, Failure> {
    done(operation, ask, body).await.map_err(without_conflict)
}

async fn done<G: Gateway>(
    operation: AccountOperation,
    ask: &Ask<'_, G>,
    body: RequestBody,
) -> Result<Answer, Failure> {
    use AccountOperation as Op;
    match operation {
        Op::Settings => settings(ask).await,
        Op::SetSettings => set_settings(ask, ask.call.body(body).await?).await,
        Op::RestartThis => {
            act::order(&ask.call, ask.call.instance()?, Command::Restart).await?;
            Ok(ask.nothing())
        }
        Op::Details => Ok(ask.show(&InstanceDetailsJson::of(&*ask.instance().await?))),
        Op::List => list(ask).await,
        Op::Get => {
            let view = named(ask).await?;
            let config = config::read(&ask.call, &view).await?;
            let has_key = keys::instances_with_keys(&ask.call).await?.contains(&view.id);
            Ok(ask.show(&AccountDetailJson::of(&view, &config, has_key)))
        }
        Op::Rename => {
            let body: RenameBody = body.json(ask.call.headers).await?;
            if body.name.is_empty() {
                return Err(wrong("name", "is empty"));
            }
            describe(ask, &*named(ask).await?, Described { name: Some(body.name), text: None }).await?;
            Ok(ask.nothing())
        }
        Op::Configure => configure(ask, body.json(ask.call.headers).await?).await,
        Op::Restart => restart(ask).await,
        Op::RenewThisKey => Ok(ask.show(&keys::renew(&ask.call, &*ask.instance().await?, None).await?)),
        Op::RenewKey => Ok(ask.show(&keys::renew(&ask.call, &*named(ask).await?, None).await?)),
        Op::Defaults => {
            let sees = Scope::WebhooksWrite.is_granted_by(&ask.call.principal.scopes);
            Ok(ask.show(&DefaultsJson::of(&*defaults_of(ask).await?, sees)))
        }
        Op::SetDefaults => set_defaults(ask, body.json(ask.call.headers).await?).await,
    }
}

async fn settings<G: Gateway>(ask: &Ask<'_, G>) -> Result<Answer, Failure> {
    let view = ask.instance().await?;
    Ok(ask.show(&LegacySettingsJson::of(&view, &config::read(&ask.call, &view).await?)))
}

/// What people read of an instance: its id stays what it is.
struct Described {
    name: Option<String>,
    text: Option<String>,
}

impl Described {
    /// The instance's metadata with it; `None` where nothing is said.
    ///
    /// # Errors
    /// `VALIDATION` when there is no room for it.
    fn beside(self, view: &InstanceView) -> Result<Option<String>, Failure> {
        if self.name.is_none() && self.text.is_none() {
            return Ok(None);
        }
        let mut all: Map<String, Value> = metadata(view);
        let said = [(DISPLAY_NAME, self.name), (DESCRIPTION, self.text)];
        all.extend(said.into_iter().filter_map(|(member, text)| Some((member.to_owned(), text?.into()))));
        let text = Value::Object(all).to_string();
        let mut problems = Problems::default();
        problems.bound("description", &text, METADATA_BYTES_MAX);
        problems.or(Some(Some(text)))
    }
}

async fn describe<G: Gateway>(
    ask: &Ask<'_, G>,
    view: &InstanceView,
    described: Described,
) -> Result<(), Failure> {
    if let Some(metadata) = described.beside(view)? {
        let update = UpdateInstance { metadata: Some(Some(metadata)), ..UpdateInstance::default() };
        act::order(&ask.call, view.id, Command::UpdateInstance(Box::new(update))).await?;
    }
    Ok(())
}

async fn set_settings<G: Gateway>(ask: &Ask<'_, G>, body: LegacySettingsBody) -> Result<Answer, Failure> {
    let mut change = Change {
        webhook_url: pulled(body.webhook_url, body.pull_mode)?,
        event_filters: body.event_filters,
        auth_header: body.webhook_auth_header,
        auth_value: body.webhook_auth_value,
        ..Change::default()
    };
    change.check()?;
    let view = ask.instance().await?;
    let described = || Described { name: given(body.name.clone()), text: body.description.clone() };
    // Before anything is changed.
    described().beside(&view)?;
    config::change(&ask.call, &view, change).await?;
    describe(ask, &view, described()).await?;
    settings(ask).await
}

/// Events are come for where they are sent nowhere, so one excludes the other.
fn pulled(webhook_url: Option<String>, pull_mode: Option<bool>) -> Result<Option<String>, Failure> {
    match (webhook_url, pull_mode) {
        (Some(url), Some(true)) if !url.is_empty() => {
            Err(wrong("pullMode", "stands beside a `webhookUrl`; give one of them"))
        }
        (_, Some(true)) => Ok(Some(String::new())),
        (url, _) => Ok(url),
    }
}

async fn configure<G: Gateway>(ask: &Ask<'_, G>, body: AccountSettingsBody) -> Result<Answer, Failure> {
    let mut change = Change {
        webhook_url: pulled(body.webhook_url, body.pull_mode)?,
        signing_secret: body.event_signing_secret,
        event_filters: body.event_filters,
        history_sync: body.history_sync,
        ..Change::default()
    };
    change.check()?;
    config::change(&ask.call, &*named(ask).await?, change).await?;
    Ok(ask.nothing())
}

/// What a list leaves out.
struct Wanted {
    from_ms: Option<i64>,
    to_ms: Option<i64>,
    status: Option<String>,
}

impl Wanted {
    /// Whether an instance in this state is in it.
    fn stands(&self, state: InstanceState) -> bool {
        self.status.as_deref().is_none_or(|status| standing(state) == status)
    }
}

/// The account's instances that the query asks for, a page of them.
pub(super) async fn list<G: Gateway>(ask: &Ask<'_, G>) -> Result<Answer, Failure> {
    let query = &ask.call.query;
    let paging = Paging::of(query)?;
    let wanted = Wanted {
        from_ms: time(query, "createdFrom")?,
        to_ms: time(query, "createdTo")?,
        status: word(query, "status"),
    };
    let (views, total_count) = if wanted.from_ms.is_some() || wanted.to_ms.is_some() {
        by_time(ask, &wanted, paging.place()).await?
    } else {
        by_id(ask, &wanted, paging.place()).await?
    };
    let keyed = keys::instances_with_keys(&ask.call).await?;
    let items = views.iter().map(|view| AccountInstanceJson::of(view, keyed.contains(&view.id))).collect();
    Ok(ask.show(&paging.page(items, total_count)))
}

/// A page, of which nobody else is asked, and how many there are in all.
async fn by_id<G: Gateway>(
    ask: &Ask<'_, G>,
    wanted: &Wanted,
    (skipped, most): (usize, usize),
) -> Result<(Vec<InstanceView>, usize), Failure> {
    let mut ids = ask.call.front.gateway.instances_of(ask.call.account());
    ids.retain(|(id, state)| ask.call.principal.may_see(*id) && wanted.stands(*state));
    let mut views = Vec::with_capacity(most);
    for (id, _) in ids.iter().skip(skipped).take(most) {
        match view(ask, *id).await {
            Ok(view) => views.push(*view),
            // Deleted meanwhile.
            Err(failure) if failure.code == ErrorCode::InstanceNotFound => {}
            Err(failure) => return Err(failure),
        }
    }
    Ok((views, ids.len()))
}

async fn view<G: Gateway>(ask: &Ask<'_, G>, id: InstanceId) -> Result<Box<InstanceView>, Failure> {
    instance_in(ask.call.command(id, Command::GetInstance).await?)
}

/// The same by when they were made, which each has to be asked.
async fn by_time<G: Gateway>(
    ask: &Ask<'_, G>,
    wanted: &Wanted,
    (skipped, most): (usize, usize),
) -> Result<(Vec<InstanceView>, usize), Failure> {
    if ask.call.front.gateway.instances_of(ask.call.account()).len() > DIALECT_LIST_MAX {
        let detail = format!("is not answered for more than {DIALECT_LIST_MAX} instances");
        return Err(malformed("createdFrom", &detail));
    }
    let mut views = act::all(&ask.call).await?;
    views.retain(|view| {
        wanted.from_ms.is_none_or(|from_ms| view.created_at_ms >= from_ms)
            && wanted.to_ms.is_none_or(|to_ms| view.created_at_ms <= to_ms)
            && wanted.stands(view.state)
    });
    let total = views.len();
    Ok((views.into_iter().skip(skipped).take(most).collect(), total))
}

/// What new instances begin with.
async fn defaults_of<G: Gateway>(ask: &Ask<'_, G>) -> Result<Box<InstanceDefaults>, Failure> {
    match ask.call.of_account(AccountCommand::GetInstanceDefaults).await? {
        AccountReply::InstanceDefaults(defaults) => Ok(defaults),
        _ => Err(unexpected()),
    }
}

async fn set_defaults<G: Gateway>(ask: &Ask<'_, G>, body: DefaultsBody) -> Result<Answer, Failure> {
    let mut change = Change {
        webhook_url: pulled(body.default_webhook_url, body.default_pull_mode).map_err(of_defaults)?,
        signing_secret: body.default_signing_secret,
        event_filters: body.default_event_filters,
        history_sync: body.default_history_sync,
        ..Change::default()
    };
    change.check().map_err(of_defaults)?;
    change.permit(&ask.call, None)?;
    let mut defaults = *defaults_of(ask).await?;
    config::begin_with(&mut defaults, change);
    let command = AccountCommand::SetInstanceDefaults(Box::new(defaults));
    ask.call.of_account(command).await.map_err(of_defaults)?;
    Ok(ask.nothing())
}

/// A refusal with the names that fields have among the defaults.
fn of_defaults(failure: Failure) -> Failure {
    if failure.code != ErrorCode::Validation {
        return failure;
    }
    let named = |field: FieldError| {
        let name = match field.field.rsplit('.').next() {
            Some("url") => "WebhookUrl".to_owned(),
            _ => {
                let mut letters = field.field.chars();
                letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect()
            }
        };
        FieldError::new(format!("default{name}"), field.message)
    };
    Failure::invalid(failure.fields.into_iter().map(named).collect())
}
