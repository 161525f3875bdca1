//! What an account plans.

mod campaigns;
mod import;
mod messages;
mod people;

use std::str::FromStr;

use trunkline_model::{ErrorCode, Failure};

use crate::body::RequestBody;
use crate::call::Call;
use crate::gateway::Gateway;
use crate::reply::Answer;
use crate::route::PlanOperation;

pub(super) async fn answer<G: Gateway>(
    operation: PlanOperation,
    call: &Call<'_, G>,
    body: RequestBody,
) -> Result<Answer, Failure> {
    use PlanOperation as Op;
    match operation {
        Op::CreateTemplate => messages::create_template(call, body).await,
        Op::ListTemplates => messages::list_templates(call).await,
        Op::GetTemplate => messages::get_template(call).await,
        Op::UpdateTemplate => messages::update_template(call, body).await,
        Op::DeleteTemplate => messages::delete_template(call).await,
        Op::PreviewTemplate => messages::preview_template(call, body).await,
        Op::SendTemplate => messages::send_template(call, body).await,
        Op::CreateContact => people::create(call, body).await,
        Op::ImportContacts => import::contacts(call, body).await,
        Op::ListContacts => people::list(call).await,
        Op::GetContact => people::get(call).await,
        Op::UpdateContact => people::update(call, body).await,
        Op::DeleteContact => people::delete(call).await,
        Op::AddSuppressions => people::suppress(call, body).await,
        Op::ListSuppressions => people::list_suppressed(call).await,
        Op::GetSuppression => people::get_suppressed(call).await,
        Op::RemoveSuppression => people::unsuppress(call).await,
        Op::GetSuppressionSettings => people::suppression_settings(call).await,
        Op::PutSuppressionSettings => people::put_suppression_settings(call, body).await,
        Op::CreateOtp => messages::create_otp(call, body).await,
        Op::FindOtp => messages::find_otp(call, body).await,
        Op::UpdateSchedule => messages::update_schedule(call, body).await,
        Op::VerifyOtp => messages::verify_otp(call, body).await,
        Op::GetOtp | Op::ResendOtp | Op::CancelOtp => messages::otp(operation, call, body).await,
        Op::CreateCampaign => campaigns::create(call, body).await,
        Op::ListCampaigns => campaigns::list(call).await,
        Op::GetCampaign => campaigns::get(call).await,
        Op::UpdateCampaign => campaigns::update(call, body).await,
        Op::DeleteCampaign => campaigns::delete(call).await,
        Op::StartCampaign => campaigns::start(call, body).await,
        Op::PauseCampaign | Op::ResumeCampaign | Op::CancelCampaign => {
            campaigns::step(operation, call, body).await
        }
        Op::ListRecipients => campaigns::recipients(call).await,
        Op::AddRecipients => campaigns::add(call, body).await,
        Op::ImportRecipients => import::recipients(call, body).await,
        Op::CreateSchedule => messages::create_schedule(call, body).await,
        Op::ListSchedules => messages::list_schedules(call).await,
        Op::ScheduleRuns => messages::runs(call).await,
        Op::GetSchedule | Op::PauseSchedule | Op::ResumeSchedule | Op::RunSchedule | Op::CancelSchedule => {
            messages::schedule(operation, call, body).await
        }
    }
}

/// The id in the path; `code` is said when it is not even the form of one.
fn id<G: Gateway, I: FromStr>(call: &Call<'_, G>, name: &str, code: ErrorCode) -> Result<I, Failure> {
    let parsed = call.param(name).and_then(|text| text.parse().ok());
    parsed.ok_or_else(|| Failure::new(code, "This account has none with that id."))
}

/// `?stage=`, read by `read`.
fn stage<G: Gateway, T>(
    call: &Call<'_, G>,
    read: impl FnOnce(&str) -> Option<T>,
) -> Result<Option<T>, Failure> {
    call.query.read("stage", "is no state of these", read)
}
