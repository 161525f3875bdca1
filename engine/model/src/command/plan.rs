//! What front ends ask of an account's plans: templates, address book, suppression list, one-time passwords, campaigns, schedules.

use std::collections::BTreeMap;

use super::Place;
use crate::address::Address;
use crate::failure::Failure;
use crate::id::{CampaignId, ContactId, InstanceId, OtpId, ScheduleId};
use crate::message::{Content, MessageStatus, SendMessage};
use crate::plan::{
    CampaignRecord, CampaignState, ContactRecord, NewContact, OtpOutcome, OtpRecord, OtpRules,
    RecipientRecord, RecipientState, RunRecord, ScheduleRecord, ScheduleState, SuppressionRecord,
    SuppressionSettings, TemplateContent, TemplateRecord, Timing,
};

/// A command to an account's plans.
#[derive(Debug, Clone, PartialEq)]
pub enum PlanCommand {
    /// Something about templates.
    Template(Box<TemplateCommand>),
    /// Something about the address book.
    Book(Box<BookCommand>),
    /// Something about the suppression list.
    Suppression(SuppressionCommand),
    /// Something about one-time passwords.
    Otp(Box<OtpCommand>),
    /// Something about campaigns.
    Campaign(Box<CampaignCommand>),
    /// Something about schedules.
    Schedule(Box<ScheduleCommand>),
}

/// Something about templates. A template is named by its id or its name.
#[derive(Debug, Clone, PartialEq)]
pub enum TemplateCommand {
    /// Makes one. Answered by [`PlanReply::Template`].
    Create(NewTemplate),
    /// A page, in the order of ids. Answered by [`PlanReply::Templates`].
    List {
        /// Where the page begins.
        after: Option<Place>,
        /// Only those that may be sent, or may not.
        active: Option<bool>,
        /// At most so many.
        limit: usize,
    },
    /// One of them. Answered by [`PlanReply::Template`].
    Get(String),
    /// Changes one. Answered by [`PlanReply::Template`].
    Update(String, UpdateTemplate),
    /// Removes one. Answered by [`PlanReply::Done`].
    Delete(String),
    /// What it sends for these values. Answered by [`PlanReply::Rendered`].
    Render {
        /// Which.
        template: String,
        /// Values of its variables.
        variables: BTreeMap<String, String>,
        /// Whether it has to be active.
        to_send: bool,
    },
}

/// A template that is to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewTemplate {
    /// Its name.
    pub name: String,
    /// What it sends.
    pub content: TemplateContent,
    /// What it is for.
    pub category: Option<String>,
    /// Whether it may be sent.
    pub active: bool,
    /// The caller's own JSON object.
    pub metadata: Option<String>,
}

/// Changes to a template: `None` leaves a field as it is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UpdateTemplate {
    /// New name.
    pub name: Option<String>,
    /// New kind of content: of a file, or `None` for a text.
    pub kind: Option<Option<crate::message::MediaKind>>,
    /// New text.
    pub body: Option<String>,
    /// New address of the file.
    pub media_url: Option<Option<String>>,
    /// New name of the document.
    pub file_name: Option<Option<String>>,
    /// New purpose.
    pub category: Option<Option<String>>,
    /// Whether it may be sent.
    pub active: Option<bool>,
    /// New metadata.
    pub metadata: Option<Option<String>>,
}

/// Something about the address book.
#[derive(Debug, Clone, PartialEq)]
pub enum BookCommand {
    /// Adds somebody. Answered by [`PlanReply::Contact`].
    Create(NewContact),
    /// Adds people, or completes those who are there by phone number. Answered by [`PlanReply::Imported`].
    Import(Vec<NewContact>),
    /// A page. Answered by [`PlanReply::Contacts`].
    List {
        /// Where the page begins.
        after: Option<Place>,
        /// Beginning of a word of the name, of the number or of the e-mail address.
        search: Option<String>,
        /// Only with this tag.
        tag: Option<String>,
        /// At most so many.
        limit: usize,
    },
    /// Somebody. Answered by [`PlanReply::Contact`].
    Get(ContactId),
    /// Changes somebody. Answered by [`PlanReply::Contact`].
    Update(ContactId, UpdateContact),
    /// Removes somebody. Answered by [`PlanReply::Done`].
    Delete(ContactId),
}

/// Changes to a contact: `None` leaves a field as it is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UpdateContact {
    /// Digits of the new number.
    pub phone: Option<String>,
    /// New name.
    pub name: Option<Option<String>>,
    /// New e-mail address.
    pub email: Option<Option<String>>,
    /// New notes.
    pub notes: Option<Option<String>>,
    /// New tags, all of them.
    pub tags: Option<std::collections::BTreeSet<String>>,
    /// New fields of its own, all of them.
    pub custom: Option<BTreeMap<String, String>>,
}

/// What became of somebody of an import.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Imported {
    /// He is new.
    Created,
    /// He was there, and what was given was written over it.
    Updated,
}

/// Something about the suppression list.
#[derive(Debug, Clone, PartialEq)]
pub enum SuppressionCommand {
    /// Puts people on it. Answered by [`PlanReply::Suppressions`].
    Add {
        /// Who.
        people: Vec<Address>,
        /// The caller's words on it.
        note: Option<String>,
    },
    /// Takes somebody off it. Answered by [`PlanReply::Done`].
    Remove(Address),
    /// Whether somebody is on it. Answered by [`PlanReply::Suppressions`] with one, or an error.
    Get(Address),
    /// A page. Answered by [`PlanReply::Suppressions`].
    List {
        /// Where the page begins.
        after: Option<Place>,
        /// At most so many.
        limit: usize,
    },
    /// How the account goes about it. Answered by [`PlanReply::SuppressionSettings`].
    GetSettings,
    /// Changes that. Answered by [`PlanReply::SuppressionSettings`].
    SetSettings(SuppressionSettings),
    /// Somebody wrote a word of the list. Answered by [`PlanReply::Done`], once it is on disk.
    OptOut {
        /// Digits of his number, where known.
        phone: Option<String>,
        /// His LID, where known.
        lid: Option<String>,
        /// Who heard it.
        instance: InstanceId,
    },
}

/// What somebody typed as a one-time password. Nothing shows it.
#[derive(Clone, PartialEq, Eq)]
pub struct TypedCode(pub String);

impl std::fmt::Debug for TypedCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TypedCode")
    }
}

/// Something about one-time passwords.
#[derive(Debug, Clone, PartialEq)]
pub enum OtpCommand {
    /// Makes and sends one. Answered by [`PlanReply::Otp`].
    Create(NewOtp),
    /// One of them. Answered by [`PlanReply::Otp`].
    Get(OtpId),
    /// The newest one for somebody and a purpose. Answered by [`PlanReply::Otp`].
    Find {
        /// Who got it.
        to: Address,
        /// What it is for, as it was said when it was made.
        purpose: Option<String>,
    },
    /// Tries a password. Answered by [`PlanReply::OtpChecked`].
    Verify(OtpId, TypedCode),
    /// Sends another one in its place. Answered by [`PlanReply::Otp`].
    Resend(OtpId),
    /// Takes it back. Answered by [`PlanReply::Otp`].
    Cancel(OtpId),
}

/// A one-time password that is to be made.
#[derive(Clone, PartialEq, Eq)]
pub struct NewOtp {
    /// Who sends it.
    pub instance: InstanceId,
    /// Who gets it.
    pub to: Address,
    /// What it is for.
    pub purpose: Option<String>,
    /// The text around it.
    pub text: String,
    /// Its rules.
    pub rules: OtpRules,
    /// The caller's own password; one is made where there is none.
    pub code: Option<String>,
    /// The caller's own JSON object.
    pub metadata: Option<String>,
}

impl std::fmt::Debug for NewOtp {
    /// Without the password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewOtp")
            .field("instance", &self.instance)
            .field("rules", &self.rules)
            .finish_non_exhaustive()
    }
}

/// Something about campaigns.
#[derive(Debug, Clone, PartialEq)]
pub enum CampaignCommand {
    /// Makes one. Answered by [`PlanReply::Campaign`].
    Create(NewCampaign),
    /// A page, in the order of ids. Answered by [`PlanReply::Campaigns`].
    List {
        /// Where the page begins.
        after: Option<Place>,
        /// Only in this state.
        state: Option<CampaignState>,
        /// At most so many.
        limit: usize,
    },
    /// One of them, with what became of its messages since. Answered by [`PlanReply::Campaign`].
    Get(CampaignId),
    /// Changes one that has not started. Answered by [`PlanReply::Campaign`].
    Update(CampaignId, UpdateCampaign),
    /// Removes one that is not running, with its people. Answered by [`PlanReply::Done`].
    Delete(CampaignId),
    /// Starts it, now or at a time in milliseconds since the Unix epoch. Answered by [`PlanReply::Campaign`].
    Start(CampaignId, Option<i64>),
    /// Pauses it. Answered by [`PlanReply::Campaign`].
    Pause(CampaignId),
    /// Resumes it. Answered by [`PlanReply::Campaign`].
    Resume(CampaignId),
    /// Ends it. Answered by [`PlanReply::Campaign`].
    Cancel(CampaignId),
    /// Adds people. Answered by [`PlanReply::Added`].
    Add(CampaignId, Vec<NewRecipient>),
    /// Adds everybody of the address book with one of these tags. Answered by [`PlanReply::Added`], without a list.
    AddTagged(CampaignId, Vec<String>),
    /// A page of its people. Answered by [`PlanReply::Recipients`].
    Recipients {
        /// Whose.
        id: CampaignId,
        /// Numbers from this one on.
        from: u32,
        /// Only in this state.
        state: Option<RecipientState>,
        /// At most so many.
        limit: usize,
    },
}

/// A campaign that is to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewCampaign {
    /// What people call it.
    pub name: String,
    /// What is sent, unless it is a template.
    pub content: Option<TemplateContent>,
    /// The template, by id or name.
    pub template: Option<String>,
    /// Who sends.
    pub instances: Vec<InstanceId>,
    /// Most messages a minute of each instance.
    pub per_minute: Option<u32>,
    /// The first people.
    pub recipients: Vec<NewRecipient>,
    /// Everybody of the address book with one of these tags as well.
    pub tags: Vec<String>,
    /// The caller's own JSON object.
    pub metadata: Option<String>,
}

/// Changes to a campaign: `None` leaves a field as it is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UpdateCampaign {
    /// New name.
    pub name: Option<String>,
    /// What is sent instead; it belongs to no template then.
    pub content: Option<TemplateContent>,
    /// New bound of messages a minute of each instance; `Some(None)` for none.
    pub per_minute: Option<Option<u32>>,
    /// New metadata.
    pub metadata: Option<Option<String>>,
}

/// Somebody who is added to a campaign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRecipient {
    /// Digits of the phone number.
    pub phone: String,
    /// Values of the variables.
    pub variables: BTreeMap<String, String>,
}

/// Somebody of a campaign as callers see him.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecipientView {
    /// His number within the campaign.
    pub number: u32,
    /// Where he stands.
    pub record: RecipientRecord,
    /// Where his message stands by now.
    pub status: Option<MessageStatus>,
}

/// What became of a campaign's messages after they were sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Reach {
    /// Those that arrived; those that were read are among them.
    pub delivered: u32,
    /// Those that were read.
    pub read: u32,
}

/// Something about schedules.
#[derive(Debug, Clone, PartialEq)]
pub enum ScheduleCommand {
    /// Makes one. Answered by [`PlanReply::Schedule`].
    Create(Box<NewSchedule>),
    /// A page, in the order of ids. Answered by [`PlanReply::Schedules`].
    List {
        /// Where the page begins.
        after: Option<Place>,
        /// Only in this state.
        state: Option<ScheduleState>,
        /// At most so many.
        limit: usize,
    },
    /// One of them. Answered by [`PlanReply::Schedule`].
    Get(ScheduleId),
    /// Its newest runs, newest first. Answered by [`PlanReply::Runs`].
    Runs(ScheduleId, usize),
    /// Changes one that is not over. Answered by [`PlanReply::Schedule`].
    Update(ScheduleId, Box<UpdateSchedule>),
    /// Lets it do nothing. Answered by [`PlanReply::Schedule`].
    Pause(ScheduleId),
    /// Lets it go on with the next time from now. Answered by [`PlanReply::Schedule`].
    Resume(ScheduleId),
    /// Ends it. Answered by [`PlanReply::Schedule`].
    Cancel(ScheduleId),
    /// Lets it run now, beside its times. Answered by [`PlanReply::Schedule`].
    Run(ScheduleId),
}

/// A schedule that is to be made.
#[derive(Debug, Clone, PartialEq)]
pub struct NewSchedule {
    /// What people call it.
    pub name: Option<String>,
    /// Who sends.
    pub instance: InstanceId,
    /// What is sent.
    pub message: SendMessage,
    /// When.
    pub timing: Timing,
    /// How late a run may be and still happen, in seconds.
    pub grace_seconds: u32,
    /// The schedule under this key is made once, as long as it is kept.
    pub idempotency_key: Option<String>,
}

/// Changes to a schedule: `None` leaves a thing as it is.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct UpdateSchedule {
    /// What people call it; `Some(None)` for nothing.
    pub name: Option<Option<String>>,
    /// Who sends.
    pub instance: Option<InstanceId>,
    /// What is sent.
    pub message: Option<SendMessage>,
    /// When; it begins anew with it.
    pub timing: Option<Timing>,
    /// How late a run may be and still happen, in seconds.
    pub grace_seconds: Option<u32>,
}

/// An answer of an account's plans.
#[derive(Debug, Clone, PartialEq)]
pub enum PlanReply {
    /// Done; nothing to tell.
    Done,
    /// A template.
    Template(Box<TemplateRecord>),
    /// A page of templates.
    Templates(Vec<TemplateRecord>, Option<Place>),
    /// What a template sends.
    Rendered(Box<Content>),
    /// Somebody of the address book.
    Contact(Box<ContactRecord>),
    /// A page of the address book.
    Contacts(Vec<ContactRecord>, Option<Place>),
    /// What became of each of an import.
    Imported(Vec<Result<Imported, Failure>>),
    /// People of the suppression list.
    Suppressions(Vec<SuppressionRecord>, Option<Place>),
    /// How the account goes about its list.
    SuppressionSettings(SuppressionSettings),
    /// A one-time password, as it stands now.
    Otp(Box<OtpRecord>),
    /// What an attempt led to.
    OtpChecked(OtpOutcome, Box<OtpRecord>),
    /// A campaign.
    Campaign(Box<CampaignRecord>, Option<Reach>),
    /// A page of campaigns.
    Campaigns(Vec<CampaignRecord>, Option<Place>),
    /// What became of people who were to be added: whether each is new, and how many are in all.
    Added(Vec<bool>, u32),
    /// A page of a campaign's people, and the number where the next one begins.
    Recipients(Vec<RecipientView>, Option<u32>),
    /// A schedule.
    Schedule(Box<ScheduleRecord>),
    /// A page of schedules.
    Schedules(Vec<ScheduleRecord>, Option<Place>),
    /// Runs of a schedule.
    Runs(Vec<RunRecord>),
}
