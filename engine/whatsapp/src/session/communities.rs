//! Communities: a parent group, and the groups linked to it.

use serde_json::{Value, json};
use trunkline_model::Address;
use trunkline_model::command::{
    CommunityCommand, CreateCommunity, GroupCommand, GroupId, LinkOutcome, ParticipantAction, Reply, SubGroup,
};
use wacore::iq::mex_operations::fetch_all_subgroups;
use wacore_binary::Jid;
use whatsapp_rust::features::{CommunityError, CreateCommunityOptions};

use super::groups::{group_error, invalid, jid, jids, outcome, view};
use super::mex::number;
use super::{Session, iq_error, mex_error};
use crate::error::{SessionError, shorten};
use crate::message::party;

type Result<T> = std::result::Result<T, SessionError>;

impl Session {
    /// Does something about communities.
    ///
    /// # Errors
    /// [`SessionError::NotConnected`], [`SessionError::Invalid`], or what WhatsApp answered.
    pub async fn community(&self, command: CommunityCommand) -> Result<Reply> {
        self.connected()?;
        let community = self.inner.client.community();
        match command {
            CommunityCommand::List => self.communities().await,
            CommunityCommand::Get(id) => self.group(GroupCommand::Get(id)).await,
            CommunityCommand::Create(wanted) => self.create_community(wanted).await,
            CommunityCommand::Update(id, changes) => self.group(GroupCommand::Update(id, changes)).await,
            CommunityCommand::Leave(id) => self.group(GroupCommand::Leave(id)).await,
            CommunityCommand::Deactivate(id) => {
                community.deactivate(jid(&id)).await.map_err(community_error)?;
                Ok(Reply::Done)
            }
            CommunityCommand::ListGroups(id) => self.sub_groups(&id).await.map(Reply::SubGroups),
            CommunityCommand::CreateGroup { community: parent, subject, participants } => {
                let people = jids(&participants)?;
                let made = community.create_subgroup(subject, &people, jid(&parent)).await;
                Ok(Reply::Group(Box::new(view(&made.map_err(community_error)?.metadata))))
            }
            CommunityCommand::Link(id, groups) => self.link(&id, &groups).await,
            CommunityCommand::Unlink(id, group) => self.unlink(&id, &group).await,
            CommunityCommand::JoinGroup(id, group) => {
                let joined = community.join_subgroup(jid(&id), jid(&group)).await.map_err(community_error)?;
                Ok(Reply::Group(Box::new(view(&joined))))
            }
            CommunityCommand::ListMembers(id) => self.members(&id).await,
            CommunityCommand::ChangeMembers(id, action, people) => {
                self.change_members(id, action, people).await
            }
            CommunityCommand::GetInviteLink(id) => self.group(GroupCommand::GetInviteLink(id)).await,
            CommunityCommand::ResetInviteLink(id) => self.group(GroupCommand::ResetInviteLink(id)).await,
            CommunityCommand::SetPicture(id, picture) => {
                self.group(GroupCommand::SetPicture(id, picture)).await
            }
        }
    }

    async fn communities(&self) -> Result<Reply> {
        let found = self.inner.client.community().get_participating().await.map_err(community_error)?;
        let mut views: Vec<_> = found.values().map(view).collect();
        views.sort_unstable_by(|a, b| a.group.jid.cmp(&b.group.jid));
        Ok(Reply::Groups(views))
    }

    async fn create_community(&self, wanted: CreateCommunity) -> Result<Reply> {
        let mut options = CreateCommunityOptions::new(wanted.subject);
        options.description = wanted.description;
        options.closed = wanted.closed;
        options.allow_non_admin_sub_group_creation = wanted.members_can_create_groups;
        options.create_general_chat = wanted.general_chat;
        let made = self.inner.client.community().create(options).await.map_err(community_error)?;
        Ok(Reply::Group(Box::new(view(&made.metadata))))
    }

    async fn sub_groups(&self, community: &GroupId) -> Result<Vec<SubGroup>> {
        let variables = json!({ "group_id": jid(community).to_string(), "query_context": "INTERACTIVE" });
        let found = self.ask_graph(fetch_all_subgroups::DOC_ID, "xwa2_group_query_by_id", variables).await?;
        let announcements = Some(&found["default_sub_group"]).filter(|group| !group.is_null());
        let edges = found["sub_groups"]["edges"].as_array().into_iter().flatten();
        let rest = edges.map(|edge| sub_group(&edge["node"], false));
        announcements.map(|group| sub_group(group, true)).into_iter().chain(rest).collect()
    }

    async fn link(&self, community: &GroupId, groups: &[GroupId]) -> Result<Reply> {
        let groups: Vec<Jid> = groups.iter().map(jid).collect();
        let done = self.inner.client.community().link_subgroups(jid(community), &groups).await;
        let done = done.map_err(community_error)?;
        Ok(links(&done.linked_jids, &done.failed_groups))
    }

    async fn unlink(&self, community: &GroupId, group: &GroupId) -> Result<Reply> {
        let group = [jid(group)];
        let done = self.inner.client.community().unlink_subgroups(jid(community), &group, false).await;
        let done = done.map_err(community_error)?;
        Ok(links(&done.unlinked_jids, &done.failed_groups))
    }

    async fn members(&self, community: &GroupId) -> Result<Reply> {
        let found = self.inner.client.community().get_linked_groups_participants(jid(community)).await;
        let found = found.map_err(community_error)?;
        let people =
            found.iter().map(|one| party(&one.jid, one.phone_number.as_ref().or(one.lid.as_ref()), None));
        Ok(Reply::Members(people.collect()))
    }

    /// People come into a community through its announcements, and leave it with all its groups; admins are admins of the
    /// community itself.
    async fn change_members(
        &self,
        community: GroupId,
        action: ParticipantAction,
        people: Vec<Address>,
    ) -> Result<Reply> {
        match action {
            ParticipantAction::Add => {
                let announcements =
                    self.sub_groups(&community).await?.into_iter().find(|it| it.is_announcements);
                let found = announcements.and_then(|group| group.jid.parse::<Jid>().ok());
                let group =
                    found.ok_or_else(|| SessionError::NotFound("it has no announcements".to_owned()))?;
                let group = GroupId(group.user.to_string());
                self.group(GroupCommand::ChangeParticipants(group, action, people)).await
            }
            ParticipantAction::Remove => {
                let people = jids(&people)?;
                let gone = self.inner.client.community().remove_participants(jid(&community), &people).await;
                Ok(Reply::Participants(gone.map_err(community_error)?.iter().map(outcome).collect()))
            }
            ParticipantAction::Promote | ParticipantAction::Demote => {
                self.group(GroupCommand::ChangeParticipants(community, action, people)).await
            }
        }
    }
}

fn sub_group(node: &Value, is_announcements: bool) -> Result<SubGroup> {
    let jid =
        node["id"].as_str().ok_or_else(|| SessionError::Protocol("a group without an id".to_owned()))?;
    let subject = node["subject"]["value"].as_str().or_else(|| node["subject"].as_str()).unwrap_or_default();
    let size = number(&node["participants_count"]).or_else(|| number(&node["total_participants_count"]));
    let general = &node["properties"]["general_chat"];
    Ok(SubGroup {
        jid: jid.to_owned(),
        subject: subject.to_owned(),
        size: size.and_then(|size| u32::try_from(size).ok()),
        is_announcements,
        is_general_chat: general.as_bool().unwrap_or_else(|| matches!(general.as_str(), Some("true" | "1"))),
    })
}

fn links(done: &[Jid], failed: &[(Jid, u32)]) -> Reply {
    let done = done.iter().map(|jid| LinkOutcome { jid: jid.to_string(), error: None });
    let failed =
        failed.iter().map(|(jid, code)| LinkOutcome { jid: jid.to_string(), error: Some(code.to_string()) });
    Reply::Links(done.chain(failed).collect())
}

fn community_error(error: CommunityError) -> SessionError {
    match error {
        CommunityError::Iq(error) => iq_error(&error),
        CommunityError::Mex(error) => mex_error(&error),
        CommunityError::Group(error) => group_error(error),
        CommunityError::InvalidRequest(detail) => invalid(detail),
        other => SessionError::Protocol(shorten(other.to_string())),
    }
}
