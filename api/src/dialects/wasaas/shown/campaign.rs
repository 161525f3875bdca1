//! Campaigns.

use schemars::JsonSchema;
use serde::Serialize;
use trunkline_model::command::Reach;
use trunkline_model::plan::CampaignRecord;

use crate::dialects::wasaas::session_id;
use crate::json::time::Time;

/// A campaign.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Campaign")]
pub(in crate::dialects::wasaas) struct CampaignJson {
    id: String,
    name: String,
    /// `draft`, `scheduled`, `running`, `paused`, `completed`, `failed` or `cancelled`.
    status: &'static str,
    session_id: Option<String>,
    message: MessageJson,
    total: u32,
    stats: StatsJson,
    created_at: Time,
    scheduled_at: Option<Time>,
    started_at: Option<Time>,
    completed_at: Option<Time>,
}

/// What a campaign sends.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "CampaignContent")]
struct MessageJson {
    #[serde(rename = "type")]
    kind: &'static str,
    text: String,
    media_url: Option<String>,
}

/// What became of a campaign's messages.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "CampaignStats")]
struct StatsJson {
    total: u32,
    pending: u32,
    /// Those that WhatsApp has.
    sent: u32,
    /// Of those; null in lists.
    delivered: Option<u32>,
    /// Of those; null in lists.
    read: Option<u32>,
    failed: u32,
    /// They do not want such messages.
    suppressed: u32,
    /// The campaign was ended before their turn.
    cancelled: u32,
}

impl CampaignJson {
    pub(in crate::dialects::wasaas) fn of(record: &CampaignRecord, reach: Option<Reach>) -> CampaignJson {
        let counts = record.counts;
        CampaignJson {
            id: record.id.to_string(),
            name: record.name.clone(),
            status: record.state.as_str(),
            session_id: record.instances.first().map(|id| session_id(*id)),
            message: MessageJson {
                kind: record.content.word(),
                text: record.content.body.clone(),
                media_url: record.content.media_url.clone(),
            },
            total: counts.total(),
            stats: StatsJson {
                total: counts.total(),
                pending: counts.pending + counts.under_way(),
                sent: counts.sent,
                delivered: reach.map(|reach| reach.delivered),
                read: reach.map(|reach| reach.read),
                failed: counts.failed,
                suppressed: counts.suppressed,
                cancelled: counts.cancelled,
            },
            created_at: Time(record.created_at_ms),
            scheduled_at: record.scheduled_at_ms.map(Time),
            started_at: record.started_at_ms.map(Time),
            completed_at: record.ended_at_ms.map(Time),
        }
    }
}

#[cfg(test)]
mod tests {
    use trunkline_model::plan::CampaignState;

    #[test]
    fn the_states_are_those_of_the_service() {
        let words = ["draft", "scheduled", "running", "paused", "completed", "failed", "cancelled"];
        for state in CampaignState::ALL {
            assert!(words.contains(&state.as_str()), "{state:?}");
        }
    }
}
