//! Credits.

use hyper::StatusCode;
use trunkline_model::command::{AccountCommand as Ask, AccountReply};
use trunkline_model::credit::PocketKind;
use trunkline_model::{AccountId, Failure};

use super::send::{IDEMPOTENCY_REPLAYED, idempotency_key};
use crate::body::RequestBody;
use crate::call::{Call, unexpected};
use crate::gateway::Gateway;
use crate::json::Page;
use crate::json::credit::{AddCreditsBody, CreditEntryJson, CreditsJson};
use crate::json::cursor::Cursor;
use crate::reply::{self, Answer};

pub(super) async fn get<G: Gateway>(call: &Call<'_, G>, account: AccountId) -> Result<Answer, Failure> {
    show(call.of(account, Ask::GetCredits).await?)
}

pub(super) async fn entries<G: Gateway>(call: &Call<'_, G>) -> Result<Answer, Failure> {
    let limit = call.query.limit()?;
    let before = Cursor::of(&call.query, |cursor| match cursor {
        Cursor::Credit(number) => Some(number),
        _ => None,
    })?;
    let pocket = call.query.read("pocket", "is neither `whatsapp` nor `sms`", PocketKind::parse)?;
    let pocket = pocket.unwrap_or(PocketKind::Whatsapp);
    let ask = Ask::ListCredits { pocket, before, limit };
    let AccountReply::CreditEntries(entries, more) = call.of_account(ask).await? else {
        return Err(unexpected());
    };
    let next_cursor = entries.last().filter(|_| more).map(|last| Cursor::Credit(last.number).encode());
    let data = entries.iter().map(CreditEntryJson::of).collect();
    Ok(reply::json(StatusCode::OK, &Page { data, next_cursor }))
}

pub(super) async fn add<G: Gateway>(
    call: &Call<'_, G>,
    body: RequestBody,
    account: AccountId,
) -> Result<Answer, Failure> {
    let idempotency_key = idempotency_key(call.headers)?;
    let body: AddCreditsBody = body.json(call.headers).await?;
    show(call.of(account, Ask::AddCredits(body.read(idempotency_key)?)).await?)
}

fn show(reply: AccountReply) -> Result<Answer, Failure> {
    let AccountReply::Credits(view) = reply else { return Err(unexpected()) };
    let mut answer = reply::json(StatusCode::OK, &CreditsJson::of(&view));
    if view.replayed {
        reply::set(&mut answer, IDEMPOTENCY_REPLAYED, "true");
    }
    Ok(answer)
}
