//! Groups, as WhatsApp keeps them.

use trunkline_model::Address;
use trunkline_model::command::{
    CreateGroup, GroupChanges, GroupCommand, GroupId, GroupInvitation, GroupSettings, GroupView, Invitation,
    InviteCode, JoinAnswer, JoinRequest, JoinedGroup, Participant, ParticipantAction, ParticipantOutcome,
    ParticipantRole, Reply,
};
use trunkline_model::inbound::Party;
use wacore_binary::Jid;
use whatsapp_rust::features::{
    GroupCreateOptions, GroupDescription, GroupError, GroupMetadata, GroupParticipant,
    GroupParticipantOptions, GroupSubject, JoinGroupResult, MemberAddMode, MembershipApprovalMode,
    MembershipRequest, ParticipantChangeResponse, ParticipantType, PreviousDescription,
};

use super::{Session, iq_error, mex_error};
use crate::error::{SessionError, shorten};
use crate::message::{address_of, party};

type Result<T> = std::result::Result<T, SessionError>;

impl Session {
    /// Does something about groups.
    ///
    /// # Errors
    /// [`SessionError::NotConnected`], [`SessionError::Invalid`], or what WhatsApp answered.
    pub async fn group(&self, command: GroupCommand) -> Result<Reply> {
        self.connected()?;
        match command {
            GroupCommand::List => self.groups().await,
            GroupCommand::Get(group) => self.group_view(&group).await,
            GroupCommand::Create(group) => self.create_group(group).await,
            GroupCommand::Update(group, changes) => self.update_group(&group, changes).await,
            GroupCommand::Leave(group) => self.leave_group(&group).await,
            GroupCommand::Preview(InviteCode(code)) => {
                let found = self.inner.client.groups().get_invite_info(&code).await;
                Ok(Reply::Group(Box::new(view(&found.map_err(group_error)?))))
            }
            GroupCommand::Join(InviteCode(code)) => {
                let joined = self.inner.client.groups().join_with_invite_code(&code).await;
                joined.map(|joined| joined_group(&joined)).map_err(group_error)
            }
            GroupCommand::AcceptInvitation(invitation) => self.accept_invitation(invitation).await,
            GroupCommand::ChangeParticipants(group, action, people) => {
                self.change_participants(&group, action, &people).await
            }
            GroupCommand::ListJoinRequests(group) => {
                let waiting = self.inner.client.groups().get_membership_requests(jid(&group)).await;
                let waiting = waiting.map_err(group_error)?;
                Ok(Reply::JoinRequests(waiting.iter().map(join_request).collect()))
            }
            GroupCommand::AnswerJoinRequests(group, answer, people) => {
                self.answer_join_requests(&group, answer, &people).await
            }
            GroupCommand::GetInviteLink(group) => self.invite_link(&group, false).await,
            GroupCommand::ResetInviteLink(group) => self.invite_link(&group, true).await,
            GroupCommand::SetPicture(group, picture) => self.set_group_picture(&group, picture).await,
        }
    }

    async fn groups(&self) -> Result<Reply> {
        let groups = self.inner.client.groups().get_participating().await.map_err(group_error)?;
        let mut views: Vec<GroupView> = groups.values().map(view).collect();
        views.sort_unstable_by(|a, b| a.group.jid.cmp(&b.group.jid));
        Ok(Reply::Groups(views))
    }

    async fn group_view(&self, group: &GroupId) -> Result<Reply> {
        let metadata = self.inner.client.groups().get_metadata(&jid(group)).await.map_err(group_error)?;
        Ok(Reply::Group(Box::new(view(&metadata))))
    }

    async fn create_group(&self, group: CreateGroup) -> Result<Reply> {
        let CreateGroup { subject, participants, settings } = group;
        let participants = jids(&participants)?.into_iter().map(GroupParticipantOptions::new).collect();
        let mut options: GroupCreateOptions =
            GroupCreateOptions::builder().subject(subject).participants(participants).build();
        if let Some(everyone) = settings.members_can_add {
            options.member_add_mode = Some(add_mode(everyone));
        }
        if let Some(asked) = settings.join_approval {
            options.membership_approval_mode = Some(approval_mode(asked));
        }
        if let Some(seconds) = settings.disappearing_seconds {
            options.ephemeral_expiration = Some(seconds);
        }
        let made = self.inner.client.groups().create_group(options).await.map_err(group_error)?;
        let id = GroupId(made.metadata.id.user.to_string());
        // These two are no part of making a group.
        let rest = GroupSettings {
            announce: settings.announce,
            locked: settings.locked,
            ..GroupSettings::default()
        };
        if rest != GroupSettings::default() {
            self.set_group_settings(&id, &rest).await?;
            return self.group_view(&id).await;
        }
        Ok(Reply::Group(Box::new(view(&made.metadata))))
    }

    async fn update_group(&self, group: &GroupId, changes: GroupChanges) -> Result<Reply> {
        let groups = self.inner.client.groups();
        if let Some(subject) = changes.subject {
            let subject = GroupSubject::new(subject).map_err(invalid)?;
            groups.set_subject(jid(group), subject).await.map_err(group_error)?;
        }
        if let Some(description) = changes.description {
            let description = description.map(GroupDescription::new).transpose().map_err(invalid)?;
            let replaced = PreviousDescription::Resolve;
            groups.set_description(jid(group), description, replaced).await.map_err(group_error)?;
        }
        self.set_group_settings(group, &changes.settings).await?;
        self.group_view(group).await
    }

    async fn set_group_settings(&self, group: &GroupId, settings: &GroupSettings) -> Result<()> {
        let groups = self.inner.client.groups();
        if let Some(announce) = settings.announce {
            groups.set_announce(jid(group), announce).await.map_err(group_error)?;
        }
        if let Some(locked) = settings.locked {
            groups.set_locked(jid(group), locked).await.map_err(group_error)?;
        }
        if let Some(asked) = settings.join_approval {
            groups.set_membership_approval(jid(group), approval_mode(asked)).await.map_err(group_error)?;
        }
        if let Some(everyone) = settings.members_can_add {
            groups.set_member_add_mode(jid(group), add_mode(everyone)).await.map_err(group_error)?;
        }
        if let Some(seconds) = settings.disappearing_seconds {
            groups.set_ephemeral(jid(group), seconds).await.map_err(group_error)?;
        }
        Ok(())
    }

    async fn leave_group(&self, group: &GroupId) -> Result<Reply> {
        self.inner.client.groups().leave(jid(group)).await.map_err(group_error)?;
        Ok(Reply::Done)
    }

    async fn accept_invitation(&self, invitation: GroupInvitation) -> Result<Reply> {
        let GroupInvitation { group, code, expires_at_s, from } = invitation;
        let from = address_of(&from).ok_or_else(|| invalid("the sender is no person"))?;
        let groups = self.inner.client.groups();
        let joined = groups.join_with_invite_v4(jid(&group), &code, expires_at_s, from).await;
        joined.map(|joined| joined_group(&joined)).map_err(group_error)
    }

    async fn change_participants(
        &self,
        group: &GroupId,
        action: ParticipantAction,
        people: &[Address],
    ) -> Result<Reply> {
        let (groups, group, people) = (self.inner.client.groups(), jid(group), jids(people)?);
        let outcomes = match action {
            ParticipantAction::Add => groups.add_participants(group, &people).await,
            ParticipantAction::Remove => groups.remove_participants(group, &people).await,
            ParticipantAction::Promote => groups.promote_participants(group, &people).await,
            ParticipantAction::Demote => groups.demote_participants(group, &people).await,
        };
        Ok(Reply::Participants(outcomes.map_err(group_error)?.iter().map(outcome).collect()))
    }

    async fn answer_join_requests(
        &self,
        group: &GroupId,
        answer: JoinAnswer,
        people: &[Address],
    ) -> Result<Reply> {
        let (groups, group, people) = (self.inner.client.groups(), jid(group), jids(people)?);
        let outcomes = match answer {
            JoinAnswer::Approve => groups.approve_membership_requests(group, &people).await,
            JoinAnswer::Reject => groups.reject_membership_requests(group, &people).await,
        };
        Ok(Reply::Participants(outcomes.map_err(group_error)?.iter().map(outcome).collect()))
    }

    async fn invite_link(&self, group: &GroupId, reset: bool) -> Result<Reply> {
        let link = self.inner.client.groups().get_invite_link(jid(group), reset).await;
        link.map(Reply::InviteLink).map_err(group_error)
    }

    async fn set_group_picture(&self, group: &GroupId, picture: Option<Vec<u8>>) -> Result<Reply> {
        let groups = self.inner.client.groups();
        let set = match picture {
            Some(jpeg) => groups.set_profile_picture(jid(group), jpeg).await,
            None => groups.remove_profile_picture(jid(group)).await,
        };
        set.map(|_| Reply::Done).map_err(group_error)
    }
}

pub(super) fn jid(group: &GroupId) -> Jid {
    Jid::group(group.0.as_str())
}

pub(super) fn jids(people: &[Address]) -> Result<Vec<Jid>> {
    people.iter().map(|person| address_of(person).ok_or_else(|| invalid("somebody is no person"))).collect()
}

fn add_mode(everyone: bool) -> MemberAddMode {
    if everyone { MemberAddMode::AllMemberAdd } else { MemberAddMode::AdminAdd }
}

fn approval_mode(asked: bool) -> MembershipApprovalMode {
    if asked { MembershipApprovalMode::On } else { MembershipApprovalMode::Off }
}

pub(super) fn view(metadata: &GroupMetadata) -> GroupView {
    let creator = metadata.creator.as_ref().map(|jid| party(jid, metadata.creator_pn.as_ref(), None));
    GroupView {
        group: party(&metadata.id, None, Some(&metadata.subject)),
        description: metadata.description.clone().filter(|text| !text.is_empty()),
        creator,
        created_at_ms: metadata.creation_time.and_then(milliseconds),
        size: metadata.size.or_else(|| u32::try_from(metadata.participants.len()).ok()),
        participants: metadata.participants.iter().map(participant).collect(),
        settings: GroupSettings {
            announce: Some(metadata.is_announcement),
            locked: Some(metadata.is_locked),
            join_approval: Some(metadata.membership_approval),
            members_can_add: metadata.member_add_mode.map(|mode| mode == MemberAddMode::AllMemberAdd),
            disappearing_seconds: Some(
                metadata.ephemeral.as_ref().and_then(|timer| timer.expiration).unwrap_or(0),
            ),
        },
        community: metadata.parent_group_jid.as_ref().map(Jid::to_string),
        is_community: metadata.is_parent_group,
    }
}

fn participant(member: &GroupParticipant) -> Participant {
    let other = member.phone_number.as_ref().or(member.lid.as_ref());
    let role = match member.participant_type {
        ParticipantType::SuperAdmin => ParticipantRole::Owner,
        ParticipantType::Admin => ParticipantRole::Admin,
        _ => ParticipantRole::Member,
    };
    Participant { person: party(&member.jid, other, None), role }
}

pub(super) fn outcome(response: &ParticipantChangeResponse) -> ParticipantOutcome {
    ParticipantOutcome {
        person: party(&response.jid, response.phone_number.as_ref(), None),
        error: response.error.clone(),
        invitation: response.add_request.as_ref().map(|request| Invitation {
            code: request.code.clone(),
            expires_at_ms: milliseconds(request.expiration).unwrap_or(i64::MAX),
        }),
    }
}

fn join_request(request: &MembershipRequest) -> JoinRequest {
    JoinRequest {
        person: party(&request.jid, None, None),
        requested_at_ms: request.request_time.and_then(milliseconds),
    }
}

fn joined_group(result: &JoinGroupResult) -> Reply {
    Reply::Joined(JoinedGroup {
        group: Party { jid: result.group_jid().to_string(), ..Party::default() },
        awaits_approval: matches!(result, JoinGroupResult::PendingApproval(_)),
    })
}

fn milliseconds(seconds: u64) -> Option<i64> {
    i64::try_from(seconds).ok()?.checked_mul(1_000)
}

pub(super) fn invalid(reason: impl std::fmt::Display) -> SessionError {
    SessionError::Invalid(shorten(reason.to_string()))
}

pub(super) fn group_error(error: GroupError) -> SessionError {
    match &error {
        GroupError::Iq(error) => iq_error(error),
        GroupError::Mex(error) => mex_error(error),
        GroupError::InvalidRequest(reason) => invalid(reason),
        GroupError::DescriptionConflict => {
            SessionError::Refused("the description was changed by somebody else at the same time".to_owned())
        }
        other => SessionError::Protocol(shorten(other.to_string())),
    }
}
