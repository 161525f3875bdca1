//! Campaigns.

use trunkline_model::command::{
    BookCommand, CampaignCommand, NewCampaign, NewRecipient, PlanCommand, PlanReply,
};
use trunkline_model::limits::PAGE_LIMIT_MAX;
use trunkline_model::plan::CampaignState;
use trunkline_model::{CampaignId, ErrorCode, Failure};

use super::body::campaign::{CampaignBody, Wanted};
use super::contacts::of_book;
use super::pages::{PaginationJson, window};
use super::shown::campaign::CampaignJson;
use super::shown::session::RemovedJson;
use super::shown::{ListJson, SuccessJson};
use super::table::campaigns::CampaignOperation;
use super::wrong;
use crate::body::{Memory, RequestBody};
use crate::call::unexpected;
use crate::dialects::Ask;
use crate::dialects::pages::Walk;
use crate::gateway::Gateway;
use crate::limits::BATCH_JSON_BYTES_MAX;
use crate::reply::Answer;

pub(super) async fn answer<G: Gateway>(
    operation: CampaignOperation,
    ask: &Ask<'_, G>,
    body: RequestBody,
) -> Result<Answer, Failure> {
    use CampaignOperation as Op;
    let command = match operation {
        Op::Create => {
            let (body, _memory): (CampaignBody, Memory) =
                body.held_json(ask.call.headers, BATCH_JSON_BYTES_MAX).await?;
            return create(ask, body.read()?).await;
        }
        Op::List => return list(ask).await,
        Op::Update => {
            let id = id(ask)?;
            let body: CampaignBody = body.json(ask.call.headers).await?;
            let (update, scheduled_at_ms) = body.update()?;
            let updated = tell(ask, CampaignCommand::Update(id, update)).await?;
            match scheduled_at_ms {
                Some(at_ms) => CampaignCommand::Start(id, Some(at_ms)),
                None => return show(ask, updated),
            }
        }
        Op::Delete => {
            let id = id(ask)?;
            tell(ask, CampaignCommand::Delete(id)).await?;
            return Ok(ask.show(&SuccessJson::of(RemovedJson::of(id.to_string()))));
        }
        Op::Get => CampaignCommand::Get(id(ask)?),
        Op::Start => CampaignCommand::Start(id(ask)?, None),
        Op::Pause => CampaignCommand::Pause(id(ask)?),
        Op::Resume => CampaignCommand::Resume(id(ask)?),
        Op::Stop => CampaignCommand::Cancel(id(ask)?),
    };
    show(ask, tell(ask, command).await?)
}

async fn tell<G: Gateway>(ask: &Ask<'_, G>, command: CampaignCommand) -> Result<PlanReply, Failure> {
    ask.call.plans(PlanCommand::Campaign(Box::new(command))).await
}

/// The campaign in the path.
fn id<G: Gateway>(ask: &Ask<'_, G>) -> Result<CampaignId, Failure> {
    let missing = |_| Failure::new(ErrorCode::CampaignNotFound, "There is no campaign with that id.");
    ask.param("id")?.parse().map_err(missing)
}

fn show<G: Gateway>(ask: &Ask<'_, G>, reply: PlanReply) -> Result<Answer, Failure> {
    match reply {
        PlanReply::Campaign(record, reach) => {
            Ok(ask.show(&SuccessJson::of(CampaignJson::of(&record, reach))))
        }
        _ => Err(unexpected()),
    }
}

/// Makes a campaign, and says when it starts where that is wished. One that cannot be scheduled is not left behind.
async fn create<G: Gateway>(ask: &Ask<'_, G>, wanted: Wanted) -> Result<Answer, Failure> {
    let no_session = || Failure::new(ErrorCode::InstanceNotFound, "There is no session with that id.");
    let instance = ask.call.resolve(&wanted.session).ok_or_else(no_session)?;
    let bare = |phone: String| NewRecipient { phone, variables: std::collections::BTreeMap::new() };
    let mut recipients: Vec<NewRecipient> = wanted.phones.iter().cloned().map(bare).collect();
    for (index, contact) in wanted.contacts.iter().enumerate() {
        match of_book(ask, BookCommand::Get(*contact)).await {
            Ok(PlanReply::Contact(record)) => {
                let variables = record.about.variables();
                recipients.push(NewRecipient { phone: record.about.phone, variables });
            }
            Ok(_) => return Err(unexpected()),
            Err(failure) if failure.code == ErrorCode::ContactNotFound => {
                return Err(wrong(&format!("contactIds.{index}"), "is no contact of this account"));
            }
            Err(failure) => return Err(failure),
        }
    }
    let new = NewCampaign {
        name: wanted.name,
        content: Some(wanted.content),
        template: None,
        instances: vec![instance],
        per_minute: wanted.per_minute,
        recipients,
        tags: wanted.tags,
        metadata: None,
    };
    let made = tell(ask, CampaignCommand::Create(new)).await?;
    let Some(at_ms) = wanted.scheduled_at_ms else { return show(ask, made) };
    let PlanReply::Campaign(record, _) = made else { return Err(unexpected()) };
    match tell(ask, CampaignCommand::Start(record.id, Some(at_ms))).await {
        Ok(scheduled) => show(ask, scheduled),
        Err(failure) => {
            tell(ask, CampaignCommand::Delete(record.id)).await?;
            Err(failure)
        }
    }
}

async fn list<G: Gateway>(ask: &Ask<'_, G>) -> Result<Answer, Failure> {
    let query = &ask.call.query;
    let state = match query.get("status").filter(|word| !word.is_empty()) {
        Some(word) => {
            Some(CampaignState::parse(word).ok_or_else(|| wrong("status", "is no state of a campaign"))?)
        }
        None => None,
    };
    let window = window(query);
    let (mut walk, mut after) = (Walk::new(window), None);
    loop {
        let command = CampaignCommand::List { after, state, limit: PAGE_LIMIT_MAX };
        let PlanReply::Campaigns(records, next) = tell(ask, command).await? else { return Err(unexpected()) };
        records.iter().for_each(|record| walk.push(CampaignJson::of(record, None)));
        after = next;
        if after.is_none() || walk.is_over() {
            break;
        }
    }
    let pagination = PaginationJson::of(window, walk.total);
    Ok(ask.show(&ListJson::of(walk.kept, pagination)))
}
