//! One-time passwords.

use trunkline_model::command::{OtpCommand, PlanCommand, PlanReply, TypedCode};
use trunkline_model::plan::{OtpOutcome, OtpRecord, OtpState};
use trunkline_model::{ErrorCode, Failure, OtpId};

use super::body::otp::{ResendBody, SendBody, VerifyBody};
use super::body::{needed, person, text};
use super::shown::otp::{OtpJson, SentJson, VerifiedJson};
use super::table::otp::OtpOperation;
use super::{Ask, device, show, target, wrong};
use crate::body::RequestBody;
use crate::call::unexpected;
use crate::gateway::Gateway;
use crate::reply::Answer;

pub(super) async fn answer<G: Gateway>(
    operation: OtpOperation,
    ask: &mut Ask<'_, G>,
    body: RequestBody,
) -> Result<Answer, Failure> {
    use OtpOperation as Op;
    match operation {
        Op::Send => {
            let mut body: SendBody = body.json(ask.call.headers).await?;
            let instance = device(ask, text(body.device()))?;
            let record = otp(ask, OtpCommand::Create(body.read(instance)?)).await?;
            show(ask, SentJson::of(&record))
        }
        Op::Verify => verify(ask, body.json(ask.call.headers).await?).await,
        Op::Resend => {
            let mut body: ResendBody = body.json(ask.call.headers).await?;
            let id = seen(ask, &needed("otpId", body.id())?).await?.id;
            show(ask, SentJson::of(&*otp(ask, OtpCommand::Resend(id)).await?))
        }
        Op::Get => shown(ask, &*seen(ask, &ask.param("otpId")?).await?).await,
        Op::Cancel => {
            let id = seen(ask, &ask.param("otpId")?).await?.id;
            let record = otp(ask, OtpCommand::Cancel(id)).await?;
            shown(ask, &record).await
        }
    }
}

async fn tell<G: Gateway>(ask: &Ask<'_, G>, command: OtpCommand) -> Result<PlanReply, Failure> {
    ask.call.plans(PlanCommand::Otp(Box::new(command))).await
}

async fn otp<G: Gateway>(ask: &Ask<'_, G>, command: OtpCommand) -> Result<Box<OtpRecord>, Failure> {
    match tell(ask, command).await? {
        PlanReply::Otp(record) => Ok(record),
        _ => Err(unexpected()),
    }
}

fn no_otp() -> Failure {
    Failure::new(ErrorCode::OtpNotFound, "OTP not found")
}

/// A password whose instance exists for the caller.
fn of_caller<G: Gateway>(ask: &Ask<'_, G>, record: Box<OtpRecord>) -> Result<Box<OtpRecord>, Failure> {
    if ask.call.principal.may_see(record.instance) { Ok(record) } else { Err(no_otp()) }
}

async fn seen<G: Gateway>(ask: &Ask<'_, G>, text: &str) -> Result<Box<OtpRecord>, Failure> {
    let id: OtpId = text.parse().map_err(|_| no_otp())?;
    of_caller(ask, otp(ask, OtpCommand::Get(id)).await?)
}

async fn shown<G: Gateway>(ask: &Ask<'_, G>, record: &OtpRecord) -> Result<Answer, Failure> {
    let delivery = match record.message {
        // Messages go in time; what is left of a password then is where it stood.
        Some(message) => target::view(ask, message).await.ok().map(|view| view.status),
        None => None,
    };
    show(ask, OtpJson::of(record, delivery))
}

async fn verify<G: Gateway>(ask: &Ask<'_, G>, mut body: VerifyBody) -> Result<Answer, Failure> {
    let code = needed("code", body.code())?;
    if code.len() > 64 {
        return Err(wrong("code", "is longer than 64 bytes"));
    }
    let record = match text(body.id()) {
        Some(id) => seen(ask, &id).await?,
        None => {
            let phone = text(body.phone())
                .ok_or_else(|| wrong("otpId", "is missing, and so is `phone`; give one of them"))?;
            let find = OtpCommand::Find { to: person("phone", &phone)?, purpose: text(body.purpose()) };
            of_caller(ask, otp(ask, find).await?)?
        }
    };
    match tell(ask, OtpCommand::Verify(record.id, TypedCode(code))).await? {
        PlanReply::OtpChecked(OtpOutcome::Verified, record) => show(ask, VerifiedJson::of(&record)),
        PlanReply::OtpChecked(outcome, _) => Err(refusal(outcome)),
        _ => Err(unexpected()),
    }
}

/// Why a password was not taken, in the service's words.
fn refusal(outcome: OtpOutcome) -> Failure {
    let (code, detail) = match outcome {
        OtpOutcome::Verified => return unexpected(),
        OtpOutcome::Wrong(_) => (ErrorCode::MalformedRequest, "Invalid OTP"),
        OtpOutcome::Over(OtpState::Expired) => (ErrorCode::MalformedRequest, "OTP expired"),
        OtpOutcome::Over(OtpState::Failed) => (ErrorCode::TooManyRequests, "Too many attempts"),
        OtpOutcome::Over(OtpState::Verified) => (ErrorCode::MalformedRequest, "OTP already used"),
        OtpOutcome::Over(_) => (ErrorCode::MalformedRequest, "OTP cancelled"),
    };
    Failure::new(code, detail)
}

#[cfg(test)]
mod tests {
    use super::super::error;
    use super::*;

    #[test]
    fn what_is_not_taken_has_the_services_words_and_status() {
        let check = |outcome, status: u16, detail: &str| {
            let failure = refusal(outcome);
            assert_eq!(
                (error::answer(&failure).status().as_u16(), failure.detail.as_str()),
                (status, detail)
            );
        };
        check(OtpOutcome::Wrong(4), 400, "Invalid OTP");
        check(OtpOutcome::Wrong(0), 400, "Invalid OTP");
        check(OtpOutcome::Over(OtpState::Expired), 400, "OTP expired");
        check(OtpOutcome::Over(OtpState::Failed), 429, "Too many attempts");
        check(OtpOutcome::Over(OtpState::Verified), 400, "OTP already used");
    }
}
