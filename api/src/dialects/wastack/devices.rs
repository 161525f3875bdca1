//! Devices.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hyper::StatusCode;
use trunkline_model::command::{Command, CreateInstance, Expiring, InstanceView, UpdateInstance};
use trunkline_model::instance::InstanceState;
use trunkline_model::{ErrorCode, Failure, InstanceId};

use super::body::device::{CreateBody, PairBody, UpdateBody};
use super::body::{anybody, needed};
use super::shown::DeletedJson;
use super::shown::device::{CodeJson, DeviceJson, QrJson, StatusJson, status_word};
use super::shown::message::StateJson;
use super::table::devices::DeviceOperation;
use super::{Ask, device, ids, numbered, show, show_page, wrong};
use crate::act;
use crate::body::RequestBody;
use crate::call::{instance_in, unexpected};
use crate::dialects::pairing::{code_to_scan, code_to_type, dashed};
use crate::gateway::Gateway;
use crate::json::time::{Time, now_ms};
use crate::qr::{self, Format};
use crate::reply::{self, Answer};

pub(super) async fn answer<G: Gateway>(
    operation: DeviceOperation,
    ask: &mut Ask<'_, G>,
    body: RequestBody,
) -> Result<Answer, Failure> {
    use DeviceOperation as Op;
    match operation {
        Op::List => return list(ask).await,
        Op::Create => return create(ask, body.json(ask.call.headers).await?).await,
        _ => {}
    }
    let instance = device(ask, None)?;
    match operation {
        Op::List | Op::Create => Err(unexpected()),
        Op::Get => shown(ask, &*ask.instance().await?),
        Op::Status => show(ask, StatusJson::of(&*ask.instance().await?, now_ms())),
        Op::Update => update(ask, instance, body.json(ask.call.headers).await?).await,
        Op::Delete => {
            act::delete(&ask.call, instance).await?;
            show(ask, DeletedJson::of(ids::device(instance)))
        }
        Op::Qr => qr_code(ask).await,
        Op::PairingCode => pairing_code(ask, body.json(ask.call.headers).await?).await,
        Op::Connect => order(ask, Command::Connect).await,
        Op::Disconnect => order(ask, Command::Disconnect).await,
        Op::Restart => order(ask, Command::Restart).await,
        Op::Logout => order(ask, Command::Logout).await,
    }
}

fn shown<G: Gateway>(ask: &Ask<'_, G>, view: &InstanceView) -> Result<Answer, Failure> {
    show(ask, DeviceJson::of(view, now_ms()))
}

/// A page of the devices that exist for the caller, in the order of their ids.
async fn list<G: Gateway>(ask: &Ask<'_, G>) -> Result<Answer, Failure> {
    let call = &ask.call;
    let asked = numbered(ask)?;
    let status = call.query.get("status");
    let wanted = |(id, state): &(InstanceId, InstanceState)| {
        call.principal.may_see(*id) && status.is_none_or(|status| status == status_word(*state))
    };
    let all: Vec<_> = call.front.gateway.instances_of(call.account()).into_iter().filter(wanted).collect();
    let total = all.len();
    let (mut devices, now_ms) = (Vec::new(), now_ms());
    for (id, _) in asked.of(all) {
        match call.command(id, Command::GetInstance).await {
            Ok(reply) => devices.push(DeviceJson::of(&*instance_in(reply)?, now_ms)),
            // Deleted meanwhile.
            Err(failure) if failure.code == ErrorCode::InstanceNotFound => {}
            Err(failure) => return Err(failure),
        }
    }
    show_page(ask, (asked, total), devices)
}

async fn create<G: Gateway>(ask: &Ask<'_, G>, body: CreateBody) -> Result<Answer, Failure> {
    let metadata = body.read()?.beside(None)?;
    let wanted = CreateInstance { metadata, ..CreateInstance::default() };
    shown(ask, &act::create(&ask.call, wanted).await?)
}

async fn update<G: Gateway>(
    ask: &Ask<'_, G>,
    instance: InstanceId,
    body: UpdateBody,
) -> Result<Answer, Failure> {
    let (about, settings) = body.read();
    let view = ask.instance().await?;
    let metadata = about.beside(view.metadata.as_deref())?;
    if let Some(settings) = settings {
        ask.tell(Command::UpdateSettings(Box::new(settings))).await?;
    }
    let Some(metadata) = metadata else { return shown(ask, &view) };
    let update = UpdateInstance { metadata: Some(Some(metadata)), ..UpdateInstance::default() };
    let order = Command::UpdateInstance(Box::new(update));
    shown(ask, &*act::order(&ask.call, instance, order).await?)
}

async fn order<G: Gateway>(ask: &Ask<'_, G>, order: Command) -> Result<Answer, Failure> {
    let view = act::order(&ask.call, ask.call.instance()?, order).await?;
    show(ask, StateJson { status: status_word(view.state).to_owned() })
}

async fn qr_code<G: Gateway>(ask: &Ask<'_, G>) -> Result<Answer, Failure> {
    let as_picture = ask.call.query.read("format", "is neither json nor png", |word| match word {
        "json" => Some(false),
        "png" => Some(true),
        _ => None,
    })?;
    let Expiring { text, expires_at_ms } = code_to_scan(ask, &*ask.instance().await?).await?;
    let picture = qr::draw(&text, Format::Png)?;
    if as_picture == Some(true) {
        return Ok(reply::bytes(StatusCode::OK, "image/png", picture));
    }
    let qr_image = format!("data:image/png;base64,{}", STANDARD.encode(picture));
    show(ask, QrJson { qr: text, qr_image, expires_at: Time(expires_at_ms), status: "qr" })
}

async fn pairing_code<G: Gateway>(ask: &Ask<'_, G>, mut body: PairBody) -> Result<Answer, Failure> {
    let phone = anybody("phone", &needed("phone", body.phone())?)?;
    let phone = phone.phone().ok_or_else(|| wrong("phone", "is not a phone number"))?.to_owned();
    let code = code_to_type(ask, &*ask.instance().await?, &phone).await?;
    show(ask, CodeJson { code: dashed(&code.text), expires_at: Time(code.expires_at_ms) })
}
