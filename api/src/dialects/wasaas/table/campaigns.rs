//! Campaigns.

use crate::dialects::table::operations;
use crate::dialects::wasaas::body::campaign::CampaignBody;
use crate::dialects::wasaas::shown::campaign::CampaignJson;
use crate::dialects::wasaas::shown::session::RemovedJson;
use crate::dialects::wasaas::shown::{ListJson, SuccessJson};

operations! {
    /// Operations on campaigns.
    Wasaas ("wasaas") Campaign: CampaignOperation;
    Create: CampaignsWrite / Write, Account, {CampaignBody} => (SuccessJson<CampaignJson>), [], "Makes a campaign."
        { POST "/api/campaigns" 201 Reference }
    List: CampaignsRead / Read, Account, - => (ListJson<CampaignJson>), ["status", "page", "limit"],
        "Lists the campaigns."
        { GET "/api/campaigns" 200 Reference }
    Get: CampaignsRead / Read, Account, - => (SuccessJson<CampaignJson>), [],
        "Returns a campaign and what became of its messages."
        { GET "/api/campaigns/{id}" 200 Reference }
    Start: CampaignsWrite / Write, Account, - => (SuccessJson<CampaignJson>), [], "Starts a campaign."
        { POST "/api/campaigns/{id}/start" 200 Reference }
    Pause: CampaignsWrite / Write, Account, - => (SuccessJson<CampaignJson>), [], "Pauses a campaign."
        { POST "/api/campaigns/{id}/pause" 200 Inferred }
    Resume: CampaignsWrite / Write, Account, - => (SuccessJson<CampaignJson>), [], "Resumes a campaign."
        { POST "/api/campaigns/{id}/resume" 200 Inferred }
    Stop: CampaignsWrite / Write, Account, - => (SuccessJson<CampaignJson>), [], "Ends a campaign."
        { POST "/api/campaigns/{id}/stop" 200 Inferred }
    Update: CampaignsWrite / Write, Account, {CampaignBody} => (SuccessJson<CampaignJson>), [],
        "Changes a campaign that has not started; its session and its people stay."
        { PUT "/api/campaigns/{id}" 200 Inferred }
    Delete: CampaignsWrite / Write, Account, - => (SuccessJson<RemovedJson>), [],
        "Removes a campaign that is not running."
        { DELETE "/api/campaigns/{id}" 200 Inferred }
}
