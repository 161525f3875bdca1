//! The number itself: profile, privacy, presence, limits, calls.

use hyper::StatusCode;
use trunkline_model::command::{
    CallCommand, Command, PresenceCommand, PrivacyCommand, ProfileCommand, Reply,
};
use trunkline_model::{Address, ErrorCode, Failure};

use crate::body::RequestBody;
use crate::call::{Call, unexpected};
use crate::gateway::Gateway;
use crate::json::List;
use crate::json::channel::{CallLinkBody, CallLinkJson, RejectCallBody};
use crate::json::profile::{
    ActivityBody, DeviceJson, FollowBody, LimitsJson, PictureJson, PresenceBody, PrivacyJson, ProfileJson,
    UpdatePrivacyBody, UpdateProfileBody,
};
use crate::native::groups::picture;
use crate::reply::{self, Answer};
use crate::route::ProfileOperation;

pub(super) async fn answer<G: Gateway>(
    operation: ProfileOperation,
    call: &Call<'_, G>,
    body: RequestBody,
) -> Result<Answer, Failure> {
    use ProfileOperation as Op;
    let command = match operation {
        Op::Get => Command::Profile(ProfileCommand::Get),
        Op::Update => {
            let body: UpdateProfileBody = call.body(body).await?;
            Command::Profile(ProfileCommand::Update(body.read()?))
        }
        Op::GetPicture => Command::Profile(ProfileCommand::GetPicture),
        Op::SetPicture => {
            let picture = picture(call, body).await?;
            Command::Profile(ProfileCommand::SetPicture(Some(picture.to_vec())))
        }
        Op::RemovePicture => Command::Profile(ProfileCommand::SetPicture(None)),
        Op::ListDevices => Command::Profile(ProfileCommand::ListDevices),
        Op::GetPrivacy => Command::Privacy(PrivacyCommand::Get),
        Op::UpdatePrivacy => {
            let body: UpdatePrivacyBody = call.body(body).await?;
            Command::Privacy(PrivacyCommand::Update(body.read()?))
        }
        Op::SetPresence => {
            let body: PresenceBody = call.body(body).await?;
            Command::Presence(body.read())
        }
        Op::FollowPresence => {
            let body: FollowBody = call.body(body).await?;
            Command::Presence(body.read()?)
        }
        Op::UnfollowPresence => Command::Presence(PresenceCommand::Unsubscribe(person(call)?)),
        Op::ShowActivity => {
            let chat = chat(call)?;
            let body: ActivityBody = call.body(body).await?;
            Command::Presence(body.read(chat)?)
        }
        Op::GetLimits => Command::GetLimits,
        Op::RejectCall => {
            let ringing = call.param("call").ok_or_else(|| nobody("a call"))?;
            let body: RejectCallBody = call.body(body).await?;
            Command::Call(body.read(ringing)?)
        }
        Op::CreateCallLink => {
            let CallLinkBody { video } = call.body(body).await?;
            Command::Call(CallCommand::CreateLink { video })
        }
    };
    show(call.ask(command).await?)
}

fn show(reply: Reply) -> Result<Answer, Failure> {
    let ok = StatusCode::OK;
    Ok(match reply {
        Reply::Done => reply::no_content(),
        Reply::Profile(view) => reply::json(ok, &ProfileJson::of(&view)),
        Reply::Picture(Some(view)) => reply::json(ok, &PictureJson::of(&view)),
        Reply::Devices(devices) => {
            reply::json(ok, &List { data: devices.iter().map(DeviceJson::of).collect::<Vec<_>>() })
        }
        Reply::Privacy(view) => reply::json(ok, &PrivacyJson::of(&view)),
        Reply::Limits(view) => reply::json(ok, &LimitsJson::of(&view)),
        Reply::CallLink(link) => reply::json(StatusCode::CREATED, &CallLinkJson::of(&link)),
        _ => return Err(unexpected()),
    })
}

/// The person in the path.
fn person<G: Gateway>(call: &Call<'_, G>) -> Result<Address, Failure> {
    let named = call.param("person").and_then(|text| text.parse::<Address>().ok());
    named.filter(Address::is_person).ok_or_else(|| nobody("a person"))
}

/// The chat in the path: a person or a group.
fn chat<G: Gateway>(call: &Call<'_, G>) -> Result<Address, Failure> {
    let named = call.param("chat").and_then(|text| text.parse::<Address>().ok());
    let fits = |chat: &Address| chat.is_person() || matches!(chat, Address::Group(_));
    named.filter(fits).ok_or_else(|| nobody("a person or group"))
}

fn nobody(wanted: &str) -> Failure {
    let detail = format!("The path does not have the id of {wanted} where it should.");
    Failure::new(ErrorCode::WhatsAppNotFound, detail)
}
