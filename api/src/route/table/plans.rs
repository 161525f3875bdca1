//! Templates, the address book, the suppression list, one-time passwords, campaigns, schedules.

use crate::json::message::MessageJson;
use crate::json::plan::book::{BookContactJson, ContactBody, ContactChange};
use crate::json::plan::campaign::{
    AddBody, AddedJson, CampaignBody, CampaignChange, CampaignJson, RecipientJson, StartBody,
};
use crate::json::plan::import::ReportJson;
use crate::json::plan::otp::{FindBody, OtpBody, OtpJson, VerificationJson, VerifyBody};
use crate::json::plan::schedule::{RunJson, ScheduleBody, ScheduleChange, ScheduleJson};
use crate::json::plan::suppression::{PutSettings, SuppressBody, SuppressionJson, SuppressionSettingsJson};
use crate::json::plan::template::{
    PreviewBody, RenderedJson, SendTemplateBody, TemplateBody, TemplateChange, TemplateJson,
};
use crate::json::{List, Page};

super::operations! {
    /// Operations on what an account plans.
    Plan: PlanOperation, TABLE;
    CreateTemplate: POST "/v1/templates", "templates.create", TemplatesWrite / Write,
        {long TemplateBody} => (201 TemplateJson<'_>), [],
        "Makes a template: a text with variables, or a file with such a text under it.";
    ListTemplates: GET "/v1/templates", "templates.list", TemplatesRead / Read,
        - => (200 Page<TemplateJson<'_>>), ["limit", "cursor", "active"],
        "Lists the account's templates.";
    GetTemplate: GET "/v1/templates/{template}", "templates.get", TemplatesRead / Read,
        - => (200 TemplateJson<'_>), [],
        "Returns one template.";
    UpdateTemplate: PATCH "/v1/templates/{template}", "templates.update", TemplatesWrite / Write,
        {long TemplateChange} => (200 TemplateJson<'_>), [],
        "Changes a template; campaigns that were made of it keep what it said.";
    DeleteTemplate: DELETE "/v1/templates/{template}", "templates.delete", TemplatesWrite / Write,
        - => (204), [],
        "Deletes a template.";
    PreviewTemplate: POST "/v1/templates/{template}/preview", "templates.preview", TemplatesRead / Read,
        {long PreviewBody} => (200 RenderedJson<'_>), [],
        "Returns what a template sends for these values.";
    SendTemplate: POST "/v1/templates/{template}/send", "templates.send", MessagesSend / Send,
        {long SendTemplateBody} => (202 MessageJson<'_>), [],
        "Accepts a template with its values for sending; it is on disk before the answer.";
    CreateContact: POST "/v1/contacts", "address_book.create", BookWrite / Write,
        {ContactBody} => (201 BookContactJson<'_>), [],
        "Adds somebody to the account's address book.";
    ImportContacts: POST "/v1/contacts/import", "address_book.import", BookWrite / Write,
        {rows} => (200 ReportJson), [],
        "Reads a list of contacts (columns `phone`, `name`, `email`, `notes`, `tags`, `custom.…`), completing those who are there.";
    ListContacts: GET "/v1/contacts", "address_book.list", BookRead / Read,
        - => (200 Page<BookContactJson<'_>>), ["limit", "cursor", "search", "tag"],
        "Lists or searches the address book.";
    GetContact: GET "/v1/contacts/{contact}", "address_book.get", BookRead / Read,
        - => (200 BookContactJson<'_>), [],
        "Returns somebody of the address book.";
    UpdateContact: PATCH "/v1/contacts/{contact}", "address_book.update", BookWrite / Write,
        {ContactChange} => (200 BookContactJson<'_>), [],
        "Changes somebody of the address book.";
    DeleteContact: DELETE "/v1/contacts/{contact}", "address_book.delete", BookWrite / Write,
        - => (204), [],
        "Removes somebody from the address book; campaigns that he is in keep him.";
    AddSuppressions: POST "/v1/suppressions", "suppressions.add", BookWrite / Write,
        {SuppressBody} => (200 List<SuppressionJson<'_>>), [],
        "Puts people on the suppression list: bulk messages do not reach them any more.";
    ListSuppressions: GET "/v1/suppressions", "suppressions.list", BookRead / Read,
        - => (200 Page<SuppressionJson<'_>>), ["limit", "cursor"],
        "Lists who is on the suppression list.";
    GetSuppression: GET "/v1/suppressions/{person}", "suppressions.get", BookRead / Read,
        - => (200 SuppressionJson<'_>), [],
        "Returns somebody of the suppression list.";
    RemoveSuppression: DELETE "/v1/suppressions/{person}", "suppressions.remove", BookWrite / Write,
        - => (204), [],
        "Takes somebody off the suppression list.";
    GetSuppressionSettings: GET "/v1/suppression-settings", "suppressions.settings", BookRead / Read,
        - => (200 SuppressionSettingsJson), [],
        "Returns the words with which people opt out, and the lanes that respect the list.";
    PutSuppressionSettings: PUT "/v1/suppression-settings", "suppressions.settings_put", BookWrite / Write,
        {PutSettings} => (200 SuppressionSettingsJson), [],
        "Says with which words people opt out, and which lanes respect the list.";
    CreateOtp: POST "/v1/otps", "otps.create", MessagesSend / Send,
        {OtpBody} => (202 OtpJson<'_>), [],
        "Makes a one-time password and accepts it for sending, in a lane before all others; no answer has it.";
    GetOtp: GET "/v1/otps/{otp}", "otps.get", MessagesRead / Read,
        - => (200 OtpJson<'_>), [],
        "Returns where a one-time password stands.";
    VerifyOtp: POST "/v1/otps/{otp}/verify", "otps.verify", MessagesSend / Write,
        {VerifyBody} => (200 VerificationJson), [],
        "Tries a one-time password; the attempt is on disk before the answer.";
    ResendOtp: POST "/v1/otps/{otp}/resend", "otps.resend", MessagesSend / Send,
        {} => (202 OtpJson<'_>), [],
        "Sends another password in the place of one; attempts go on counting.";
    CancelOtp: POST "/v1/otps/{otp}/cancel", "otps.cancel", MessagesSend / Write,
        {} => (200 OtpJson<'_>), [],
        "Takes a one-time password back.";
    CreateCampaign: POST "/v1/campaigns", "campaigns.create", CampaignsWrite / Write,
        {long CampaignBody} => (201 CampaignJson<'_>), [],
        "Makes a campaign: one message to many people, each of them once, over one or several instances.";
    ListCampaigns: GET "/v1/campaigns", "campaigns.list", CampaignsRead / Read,
        - => (200 Page<CampaignJson<'_>>), ["limit", "cursor", "stage"],
        "Lists the account's campaigns.";
    GetCampaign: GET "/v1/campaigns/{campaign}", "campaigns.get", CampaignsRead / Read,
        - => (200 CampaignJson<'_>), [],
        "Returns one campaign, with what became of its messages so far.";
    UpdateCampaign: PATCH "/v1/campaigns/{campaign}", "campaigns.update", CampaignsWrite / Write,
        {CampaignChange} => (200 CampaignJson<'_>), [],
        "Changes a campaign that has not started.";
    DeleteCampaign: DELETE "/v1/campaigns/{campaign}", "campaigns.delete", CampaignsWrite / Write,
        - => (204), [],
        "Deletes a campaign that is not under way.";
    StartCampaign: POST "/v1/campaigns/{campaign}/start", "campaigns.start", CampaignsWrite / Write,
        {StartBody} => (200 CampaignJson<'_>), [],
        "Starts a campaign, now or at a time.";
    PauseCampaign: POST "/v1/campaigns/{campaign}/pause", "campaigns.pause", CampaignsWrite / Write,
        {} => (200 CampaignJson<'_>), [],
        "Pauses a campaign; messages that are in an outbox already still go.";
    ResumeCampaign: POST "/v1/campaigns/{campaign}/resume", "campaigns.resume", CampaignsWrite / Write,
        {} => (200 CampaignJson<'_>), [],
        "Lets a paused campaign go on.";
    CancelCampaign: POST "/v1/campaigns/{campaign}/cancel", "campaigns.cancel", CampaignsWrite / Write,
        {} => (200 CampaignJson<'_>), [],
        "Ends a campaign; messages that are in an outbox already still go.";
    ListRecipients: GET "/v1/campaigns/{campaign}/recipients", "campaigns.recipients", CampaignsRead / Read,
        - => (200 Page<RecipientJson<'_>>), ["limit", "cursor", "stage"],
        "Lists the people of a campaign, and what became of each one's message.";
    AddRecipients: POST "/v1/campaigns/{campaign}/recipients", "campaigns.add_recipients", CampaignsWrite / Write,
        {long AddBody} => (200 AddedJson), [],
        "Adds people to a campaign that has not started; who is in it already stays as he is.";
    ImportRecipients: POST "/v1/campaigns/{campaign}/recipients/import", "campaigns.import_recipients", CampaignsWrite / Write,
        {rows} => (200 ReportJson), [],
        "Reads a list of recipients: column `phone`, every other one a variable.";
    CreateSchedule: POST "/v1/schedules", "schedules.create", MessagesSend / Send,
        {long ScheduleBody} => (201 ScheduleJson<'_>), [],
        "Schedules a message, once or again and again.";
    ListSchedules: GET "/v1/schedules", "schedules.list", MessagesRead / Read,
        - => (200 Page<ScheduleJson<'_>>), ["limit", "cursor", "stage"],
        "Lists the account's schedules.";
    GetSchedule: GET "/v1/schedules/{schedule}", "schedules.get", MessagesRead / Read,
        - => (200 ScheduleJson<'_>), [],
        "Returns one schedule.";
    ScheduleRuns: GET "/v1/schedules/{schedule}/runs", "schedules.runs", MessagesRead / Read,
        - => (200 List<RunJson<'_>>), ["limit"],
        "Lists the newest runs of a schedule, newest first; a hundred of them are kept.";
    PauseSchedule: POST "/v1/schedules/{schedule}/pause", "schedules.pause", MessagesSend / Write,
        {} => (200 ScheduleJson<'_>), [],
        "Lets a schedule do nothing.";
    ResumeSchedule: POST "/v1/schedules/{schedule}/resume", "schedules.resume", MessagesSend / Write,
        {} => (200 ScheduleJson<'_>), [],
        "Lets a paused schedule go on with the next time from now.";
    RunSchedule: POST "/v1/schedules/{schedule}/run", "schedules.run", MessagesSend / Send,
        {} => (200 ScheduleJson<'_>), [],
        "Lets a schedule run now, beside its times.";
    CancelSchedule: POST "/v1/schedules/{schedule}/cancel", "schedules.cancel", MessagesSend / Write,
        {} => (200 ScheduleJson<'_>), [],
        "Ends a schedule.";
    FindOtp: POST "/v1/otps/find", "otps.find", MessagesRead / Read,
        {FindBody} => (200 OtpJson<'_>), [],
        "Returns the newest one-time password for somebody and a purpose.";
    UpdateSchedule: PATCH "/v1/schedules/{schedule}", "schedules.update", MessagesSend / Write,
        {long ScheduleChange} => (200 ScheduleJson<'_>), [],
        "Changes a schedule that is not over; what it said of times is replaced whole.";
}
