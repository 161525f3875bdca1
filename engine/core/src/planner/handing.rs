//! How a campaign hands messages to the outboxes of its instances, and what their answers mean for the people whom they are for.

use std::collections::HashMap;

use trunkline_model::command::SendRequest;
use trunkline_model::message::{Lane, SendMessage, SendOptions};
use trunkline_model::plan::{CampaignRecord, RecipientRecord, RecipientState};
use trunkline_model::{Address, ErrorCode, Failure, InstanceId};

use super::is_passing;
use super::runner::{Changes, Runner};
use crate::clock;
use crate::limits::{CAMPAIGN_BATCH, CAMPAIGN_INSTANCE_REST_MS};

impl Runner<'_> {
    /// Hands over those for whom an instance was chosen. Gives what changed, which is to be written.
    pub(super) async fn hand_over(&mut self, record: &CampaignRecord) -> Changes {
        let now_ms = clock::wall_ms();
        let (mut by_instance, mut changes) = (HashMap::<InstanceId, Vec<u32>>::new(), Changes::new());
        for (number, row) in &self.open {
            let Some(instance) = row.instance.filter(|_| row.state == RecipientState::Claimed) else {
                continue;
            };
            if !row.may_be_handed(now_ms) {
                // Whether the instance took it before this node stopped for so long is not known any more.
                let mut after = row.clone();
                after.refused("uncertain", now_ms);
                changes.push((*number, row.state, after));
            } else if self.feed.may_be_asked(instance, now_ms) {
                by_instance.entry(instance).or_default().push(*number);
            }
        }
        for (instance, numbers) in by_instance {
            for some in numbers.chunks(CAMPAIGN_BATCH) {
                changes.extend(self.hand_to(record, instance, some).await);
            }
        }
        changes
    }

    async fn hand_to(&mut self, record: &CampaignRecord, instance: InstanceId, numbers: &[u32]) -> Changes {
        let (mut changes, mut requests, mut asked) = (Changes::new(), Vec::new(), Vec::new());
        for number in numbers {
            let Some(row) = self.open.get(number) else { continue };
            match request(record, *number, row) {
                Ok(request) => {
                    requests.push(request);
                    asked.push(*number);
                }
                Err(error) => {
                    let mut after = row.clone();
                    after.refused(error, clock::wall_ms());
                    changes.push((*number, row.state, after));
                }
            }
        }
        self.asked.extend(&asked);
        let results = match self.planner.send(instance, requests).await {
            Ok(results) => results,
            Err(failure) => asked.iter().map(|_| Err(failure.clone())).collect(),
        };
        for (number, result) in asked.into_iter().zip(results) {
            let Some(row) = self.open.get(&number) else { continue };
            let (mut after, before, now_ms) = (row.clone(), row.state, clock::wall_ms());
            match result {
                Ok(view) => after.queued(view.id, now_ms),
                Err(failure) => {
                    if !self.heed(instance, &failure, &mut after, now_ms) {
                        continue;
                    }
                }
            }
            changes.push((number, before, after));
        }
        changes
    }

    /// What a refusal changes for somebody; gives whether anything.
    fn heed(
        &mut self,
        instance: InstanceId,
        failure: &Failure,
        after: &mut RecipientRecord,
        now_ms: i64,
    ) -> bool {
        match consequence(failure) {
            Consequence::Again => {
                let rest_ms = failure.retry_after_ms.and_then(|ms| i64::try_from(ms).ok());
                let rest_ms = rest_ms.unwrap_or(CAMPAIGN_INSTANCE_REST_MS);
                self.feed.rest(instance, now_ms.saturating_add(rest_ms));
                return false;
            }
            Consequence::Elsewhere => {
                self.feed.rest(instance, now_ms.saturating_add(CAMPAIGN_INSTANCE_REST_MS));
                after.released(now_ms);
            }
            Consequence::Gone => {
                self.feed.gone(instance);
                after.refused("instance_gone", now_ms);
            }
            Consequence::Refused => after.refused(failure.code.as_str(), now_ms),
        }
        true
    }
}

/// What a refusal means for the one whose message was refused.
#[derive(Debug, PartialEq, Eq)]
enum Consequence {
    /// The same instance is asked again.
    Again,
    /// The instance certainly has no such message: another one may be asked.
    Elsewhere,
    /// The instance is gone, and whether it sent the message before is not known.
    Gone,
    /// No instance will take it.
    Refused,
}

fn consequence(failure: &Failure) -> Consequence {
    match failure.code {
        // An instance that took the message under this key before says so first.
        ErrorCode::InstanceNotLinked | ErrorCode::InstanceState => Consequence::Elsewhere,
        ErrorCode::InstanceNotFound => Consequence::Gone,
        _ if is_passing(failure) => Consequence::Again,
        _ => Consequence::Refused,
    }
}

/// The message of somebody, the same whenever it is made: its key stands for its content.
fn request(record: &CampaignRecord, number: u32, row: &RecipientRecord) -> Result<SendRequest, &'static str> {
    let content = record.content.render(&row.variables).map_err(|problems| {
        let too_long = problems.iter().any(|problem| problem.field == "variables");
        if too_long { "text_too_long" } else { "variable_missing" }
    })?;
    let message = SendMessage {
        to: Address::Phone(row.phone.clone()),
        content,
        quote: None,
        mentions: Vec::new(),
        options: SendOptions::default(),
        lane: Lane::Bulk,
        metadata: Some(format!(r#"{{"campaign":"{}","recipient":{number}}}"#, record.id)),
    };
    Ok(SendRequest { message, idempotency_key: Some(RecipientRecord::key(record.id, number)) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_instance_that_certainly_has_no_message_gives_its_people_back() {
        let check = |failure: Failure, expected: Consequence| {
            assert_eq!(consequence(&failure), expected, "{failure}");
        };
        let plain = |code| Failure::new(code, "");
        check(plain(ErrorCode::InstanceNotLinked), Consequence::Elsewhere);
        check(plain(ErrorCode::InstanceState), Consequence::Elsewhere);
        check(plain(ErrorCode::InstanceNotFound), Consequence::Gone);
        check(plain(ErrorCode::Timeout), Consequence::Again);
        check(Failure::busy("", 1), Consequence::Again);
        check(plain(ErrorCode::RecipientSuppressed), Consequence::Refused);
        check(plain(ErrorCode::IdempotencyConflict), Consequence::Refused);
        // Its earlier request is on its way to the disk.
        let being_accepted = Failure { retry_after_ms: Some(1), ..plain(ErrorCode::IdempotencyConflict) };
        check(being_accepted, Consequence::Again);
    }
}
