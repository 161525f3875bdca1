//! Sessions: instances, each with a key and a webhook of its own.

use serde_json::{Map, Value};
use trunkline_model::command::{
    Command, CreateInstance, InstanceView, ProfileCommand, Reply, UpdateInstance,
};
use trunkline_model::limits::METADATA_BYTES_MAX;
use trunkline_model::settings::{InstanceSettings, SettingsUpdate};
use trunkline_model::{Failure, InstanceId};

use super::body::session::{ConnectBody, Marks, PhoneBody, SessionBody, SessionWish, WebhookBody};
use super::shown::Success;
use super::shown::session::{
    CodeJson, LOGGED, NAME, NewKeyJson, OwnJson, PHONE_NUMBER, PROTECTED, SessionJson, StatusJson,
    WebhookJson, metadata,
};
use super::table::sessions::SessionOperation;
use super::{Ask, config, keys, logs, no_session, own_session, pairing};
use crate::act;
use crate::body::RequestBody;
use crate::call::{Call, instance_in, unexpected};
use crate::dialects::pairing::code_to_type;
use crate::gateway::Gateway;
use crate::json::fields::Problems;
use crate::reply::Answer;

pub(super) async fn answer<G: Gateway>(
    operation: SessionOperation,
    ask: &Ask<'_, G>,
    body: RequestBody,
) -> Result<Answer, Failure> {
    use SessionOperation as Op;
    match operation {
        Op::List => {
            let mut shown = Vec::new();
            for view in &act::all(&ask.call).await? {
                shown.push(SessionJson::of(view, &config::read(&ask.call, view.id).await?, None));
            }
            Ok(ask.show(&Success::of(shown)))
        }
        Op::Create => create(ask, body.json(ask.call.headers).await?).await,
        Op::Get => {
            let session = session(&*named(ask).await?, &ask.call).await?;
            Ok(ask.show(&Success::of(session)))
        }
        Op::Update => update(ask, body.json(ask.call.headers).await?).await,
        Op::Delete => delete(ask).await,
        Op::Connect => {
            let ConnectBody { qr_as_image } = body.json_or_default().await?;
            let progress = pairing::connect(ask, id(ask)?, qr_as_image.unwrap_or(false)).await?;
            Ok(ask.show(&Success::of(progress)))
        }
        Op::Disconnect => order(ask, Command::Disconnect).await,
        Op::Restart => order(ask, Command::Restart).await,
        Op::Qr => Ok(ask.show(&Success::of(pairing::code_to_scan(ask, id(ask)?).await?))),
        Op::PairingCode => {
            let phone = body.json::<PhoneBody>(ask.call.headers).await?.read()?;
            let view = named(ask).await?;
            let code = code_to_type(ask, &view, &phone).await?;
            Ok(ask.show(&Success::of(CodeJson::of(&code.text))))
        }
        Op::RegenerateKey => {
            let view = named(ask).await?;
            let (key, secret) = keys::make_for(&ask.call, view.id, &label(&view)).await?;
            keys::revoke_all_of(&ask.call, view.id, Some(key)).await?;
            Ok(ask.show(&NewKeyJson::of(&secret)))
        }
        Op::MessageLogs => logs::messages(ask, &*named(ask).await?).await,
        Op::SessionLogs => logs::session(ask, &*named(ask).await?).await,
        Op::Webhook => webhook(ask, id(ask)?).await,
        Op::SetWebhook => {
            let session = id(ask)?;
            let wish = body.json::<WebhookBody>(ask.call.headers).await?.read()?;
            config::change(&ask.call, session, wish).await?;
            webhook(ask, session).await
        }
        Op::Status => match own_session(&ask.call.principal) {
            Some(session) => {
                let (view, hook) = (look(&ask.call, session).await?, config::read(&ask.call, session).await?);
                Ok(ask.show(&StatusJson::of(&view, &hook)))
            }
            None => Ok(ask.show(&StatusJson::of_all(&act::all(&ask.call).await?))),
        },
        Op::User => match ask.tell(Command::Profile(ProfileCommand::Get)).await? {
            Reply::Profile(profile) => Ok(ask.show(&Success::of(OwnJson::of(&profile)))),
            _ => Err(unexpected()),
        },
    }
}

/// The session in the path.
fn id<G: Gateway>(ask: &Ask<'_, G>) -> Result<InstanceId, Failure> {
    ask.call.resolve(&ask.param("id")?).ok_or_else(no_session)
}

async fn look<G: Gateway>(call: &Call<'_, G>, session: InstanceId) -> Result<Box<InstanceView>, Failure> {
    instance_in(call.command(session, Command::GetInstance).await?)
}

/// The session in the path as it stands.
async fn named<G: Gateway>(ask: &Ask<'_, G>) -> Result<Box<InstanceView>, Failure> {
    look(&ask.call, id(ask)?).await
}

/// A session as it is shown.
async fn session<G: Gateway>(view: &InstanceView, call: &Call<'_, G>) -> Result<SessionJson, Failure> {
    let settings = settings_in(call.command(view.id, Command::GetSettings).await?)?;
    Ok(SessionJson::of(view, &config::read(call, view.id).await?, Some(&settings)))
}

fn settings_in(reply: Reply) -> Result<Box<InstanceSettings>, Failure> {
    match reply {
        Reply::Settings(settings) => Ok(settings),
        _ => Err(unexpected()),
    }
}

/// What the key of a session is called.
fn label(view: &InstanceView) -> String {
    let name = metadata(view).get(NAME).and_then(Value::as_str).map(str::to_owned);
    name.unwrap_or_else(|| view.id.to_string())
}

/// Metadata with what is to be remembered; `None` where nothing is.
fn marked(mut all: Map<String, Value>, marks: Marks) -> Result<Option<String>, Failure> {
    let said: [(&str, Option<Value>); 4] = [
        (NAME, marks.name.map(Value::from)),
        (PHONE_NUMBER, marks.phone_number.map(Value::from)),
        (PROTECTED, marks.account_protection.map(Value::from)),
        (LOGGED, marks.log_messages.map(Value::from)),
    ];
    if said.iter().all(|(_, value)| value.is_none()) {
        return Ok(None);
    }
    all.extend(said.into_iter().filter_map(|(member, value)| Some((member.to_owned(), value?))));
    let text = Value::Object(all).to_string();
    let mut problems = Problems::default();
    problems.bound("name", &text, METADATA_BYTES_MAX);
    problems.or(Some(Some(text)))
}

async fn create<G: Gateway>(ask: &Ask<'_, G>, body: SessionBody) -> Result<Answer, Failure> {
    let call = &ask.call;
    let SessionWish { marks, hook, settings } = body.read(true)?;
    config::permit(call, None, &hook)?;
    keys::permit(call)?;
    let metadata = marked(Map::new(), marks)?;
    let made = act::create(call, CreateInstance { metadata, ..CreateInstance::default() }).await?;
    let furnished = async {
        config::change(call, made.id, hook).await?;
        behave(call, made.id, settings).await?;
        // The key is last: once it is made nothing fails that would leave one behind which nobody saw.
        let shown = session(&made, call).await?;
        let (_, key) = keys::make_for(call, made.id, &label(&made)).await?;
        Ok(shown.with_key(&key))
    };
    match furnished.await {
        Ok(shown) => Ok(ask.show(&Success::of(shown))),
        Err(failure) => {
            // Half of it would be in the caller's way when it tries again.
            if let Err(left) = act::delete(call, made.id).await {
                tracing::warn!(session = %made.id, failure = %left, "a session that could not be set up is left");
            }
            Err(failure)
        }
    }
}

/// Changes how a session behaves by itself, where anything is said of that.
async fn behave<G: Gateway>(
    call: &Call<'_, G>,
    session: InstanceId,
    settings: SettingsUpdate,
) -> Result<(), Failure> {
    if settings != SettingsUpdate::default() {
        settings_in(call.command(session, Command::UpdateSettings(Box::new(settings))).await?)?;
    }
    Ok(())
}

async fn update<G: Gateway>(ask: &Ask<'_, G>, body: SessionBody) -> Result<Answer, Failure> {
    let call = &ask.call;
    let SessionWish { marks, hook, settings } = body.read(false)?;
    let view = named(ask).await?;
    let metadata = marked(metadata(&view), marks)?;
    // What may still be refused is first, and only one of the two is looked at by somebody else: the address of a webhook is checked
    // where it was read, that of a proxy by the engine.
    config::permit(call, Some(view.id), &hook)?;
    behave(call, view.id, settings).await?;
    config::change(call, view.id, hook).await?;
    if let Some(metadata) = metadata {
        let update = UpdateInstance { metadata: Some(Some(metadata)), ..UpdateInstance::default() };
        let order = Command::UpdateInstance(Box::new(update));
        act::order(call, view.id, order).await?;
    }
    let view = look(call, view.id).await?;
    Ok(ask.show(&Success::of(session(&view, call).await?)))
}

async fn delete<G: Gateway>(ask: &Ask<'_, G>) -> Result<Answer, Failure> {
    let session = id(ask)?;
    act::delete(&ask.call, session).await?;
    keys::forget(&ask.call, session).await;
    Ok(ask.show(&Success::of(())))
}

async fn order<G: Gateway>(ask: &Ask<'_, G>, order: Command) -> Result<Answer, Failure> {
    let view = act::order(&ask.call, id(ask)?, order).await?;
    Ok(ask.show(&Success::of(pairing::progress(view.state))))
}

async fn webhook<G: Gateway>(ask: &Ask<'_, G>, session: InstanceId) -> Result<Answer, Failure> {
    Ok(ask.show(&Success::of(WebhookJson::of(config::read(&ask.call, session).await?))))
}
