//! Sessions: instances, their pairing, and the hook that a session is made with.

use serde_json::json;
use trunkline_model::command::{Command, CreateInstance, EndpointCommand};
use trunkline_model::delivery::{HookChange, HookId};
use trunkline_model::instance::InstanceState;
use trunkline_model::{Dialect, Failure, InstanceId, Scope};

use super::body::session::{NewSession, PairingBody, SessionBody};
use super::pages::{PaginationJson, window_or_all};
use super::shown::session::{NAME, PairingJson, RemovedJson, SessionJson, status};
use super::shown::{ListJson, SuccessJson};
use super::table::sessions::SessionOperation;
use super::{session, session_id, webhooks};
use crate::act;
use crate::body::RequestBody;
use crate::call::{Call, pairing_in};
use crate::dialects::admit::also;
use crate::dialects::pages::Walk;
use crate::dialects::{Ask, pairing};
use crate::gateway::Gateway;
use crate::json::time::now_ms;
use crate::limits::WASAAS_WEBHOOK_TIMEOUT_MS;
use crate::native::media;
use crate::reply::Answer;

pub(super) async fn answer<G: Gateway>(
    operation: SessionOperation,
    ask: &mut Ask<'_, G>,
    body: RequestBody,
) -> Result<Answer, Failure> {
    use SessionOperation as Op;
    match operation {
        Op::Create => {
            let body: SessionBody = body.json(ask.call.headers).await?;
            create(ask, body.read()?).await
        }
        Op::List => list(ask).await,
        Op::Get => {
            named(ask)?;
            get(ask).await
        }
        Op::Delete => {
            let id = named(ask)?;
            act::delete(&ask.call, id).await?;
            Ok(ask.show(&SuccessJson::of(RemovedJson::of(session_id(id)))))
        }
        Op::Restart => order(ask, Command::Restart).await,
        Op::Logout => order(ask, Command::Logout).await,
        Op::Media => {
            named(ask)?;
            media::download(&ask.call, Some(&ask.param("mediaId")?)).await
        }
        Op::Pair => {
            named(ask)?;
            let body: PairingBody = body.json(ask.call.headers).await?;
            let phone = body.read()?;
            let code = code_to_type(ask, &phone).await?;
            Ok(ask.show(&SuccessJson::of(PairingJson::of(code, phone))))
        }
    }
}

/// Takes the session in the path.
fn named<G: Gateway>(ask: &mut Ask<'_, G>) -> Result<InstanceId, Failure> {
    let id = ask.param("id")?;
    session(ask, &id)
}

async fn order<G: Gateway>(ask: &mut Ask<'_, G>, order: Command) -> Result<Answer, Failure> {
    let id = named(ask)?;
    let view = act::order(&ask.call, id, order).await?;
    Ok(ask.show(&SuccessJson::of(SessionJson::of(&view))))
}

/// Makes a session and connects it. One that could not be set up is not left behind.
async fn create<G: Gateway>(ask: &mut Ask<'_, G>, wanted: NewSession) -> Result<Answer, Failure> {
    let NewSession { name, webhook_url, phone } = wanted;
    if webhook_url.is_some() {
        also(&ask.call.principal, Scope::WebhooksWrite)?;
    }
    let metadata = Some(json!({ NAME: name }).to_string());
    let made = act::create(&ask.call, CreateInstance { metadata, ..CreateInstance::default() }).await?;
    if let Err(failure) = set_up(&ask.call, made.id, webhook_url).await {
        act::delete(&ask.call, made.id).await?;
        return Err(failure);
    }
    session(ask, &made.id.to_string())?;
    // The session is there; without a code the phone can still scan one, or another one is asked for.
    let code = match phone {
        Some(phone) => code_to_type(ask, &phone).await.ok(),
        None => None,
    };
    let view = ask.instance().await?;
    Ok(ask.show(&SuccessJson::of(SessionJson::of(&view).with_code(code))))
}

async fn set_up<G: Gateway>(
    call: &Call<'_, G>,
    id: InstanceId,
    webhook_url: Option<String>,
) -> Result<(), Failure> {
    if let Some(url) = webhook_url {
        let change = HookChange {
            url: Some(url),
            secret: None,
            events: None,
            headers: None,
            timeout_ms: WASAAS_WEBHOOK_TIMEOUT_MS,
            schedule: webhooks::SCHEDULE,
            enabled: true,
        };
        let hook = HookId { instance: id, dialect: Dialect::Wasaas };
        let changed = call.endpoints(EndpointCommand::ChangeHook(hook, Box::new(change))).await;
        changed.map_err(|failure| webhooks::in_our_words(failure, "webhookUrl"))?;
    }
    act::order(call, id, Command::Connect).await.map(drop)
}

async fn get<G: Gateway>(ask: &Ask<'_, G>) -> Result<Answer, Failure> {
    let view = ask.instance().await?;
    // Who scans it takes the session: it is shown to those who may link one.
    let may_link = Scope::InstancesWrite.is_granted_by(&ask.call.principal.scopes);
    let code = match view.state {
        InstanceState::AwaitingScan if may_link => pairing_in(ask.tell(Command::GetPairing).await?)?.qr,
        _ => None,
    };
    let code = code.filter(|code| code.expires_at_ms > now_ms());
    let shown = SessionJson::of(&view).with_qr(code.as_ref().map(|code| code.text.as_str()))?;
    Ok(ask.show(&SuccessJson::of(shown)))
}

async fn list<G: Gateway>(ask: &Ask<'_, G>) -> Result<Answer, Failure> {
    let query = &ask.call.query;
    let window = window_or_all(query);
    let wanted = query.get("status").filter(|word| !word.is_empty());
    let mut walk = Walk::new(window);
    for view in act::all(&ask.call).await? {
        if wanted.is_none_or(|wanted| status(view.state) == wanted) {
            walk.push(SessionJson::of(&view));
        }
    }
    let pagination = PaginationJson::of(window, walk.total);
    Ok(ask.show(&ListJson::of(walk.kept, pagination)))
}

/// The 8-character code for a number, in digits.
async fn code_to_type<G: Gateway>(ask: &Ask<'_, G>, phone: &str) -> Result<String, Failure> {
    let code = pairing::code_to_type(ask, &*ask.instance().await?, phone).await;
    code.map(|code| code.text).map_err(pairing::as_malformed)
}
