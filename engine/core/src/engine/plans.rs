//! An account's plans, as its front ends ask for them.

use std::sync::{Arc, Weak};

use async_trait::async_trait;
use trunkline_model::command::{Command, MessageView, PlanCommand, PlanReply, Reply, SendRequest};
use trunkline_model::{AccountId, ErrorCode, Failure, InstanceId};

use super::handle::{Engine, Inner};
use crate::limits::BUSY_RETRY_AFTER_MS;
use crate::planner::Outboxes;

impl Engine {
    /// Asks an account's plans: templates, address book, suppression list, one-time passwords, campaigns, schedules. What a reply
    /// says is on disk.
    ///
    /// # Errors
    /// What the plans refuse it for; a retryable one when too many ask, or no answer came in time.
    pub async fn plans(&self, account: AccountId, command: PlanCommand) -> Result<PlanReply, Failure> {
        self.inner().planner.ask(account, command).await
    }

    /// Lets what was planned happen from now on.
    pub(super) fn begin_plans(&self) {
        self.inner().planner.begin(Arc::new(OwnOutboxes(Arc::downgrade(&self.0))));
    }
}

/// The instances of this engine, for as long as it is there.
struct OwnOutboxes(Weak<Inner>);

#[async_trait]
impl Outboxes for OwnOutboxes {
    async fn send(
        &self,
        instance: InstanceId,
        requests: Vec<SendRequest>,
    ) -> Result<Vec<Result<MessageView, Failure>>, Failure> {
        if requests.is_empty() {
            return Ok(Vec::new());
        }
        let stopping = || Failure::busy("The node is stopping.", BUSY_RETRY_AFTER_MS);
        let engine = Engine(self.0.upgrade().ok_or_else(stopping)?);
        match engine.call(instance, Command::SendMany(requests)).await? {
            Reply::Sent(sent) => Ok(sent),
            _ => Err(Failure::new(ErrorCode::Internal, "The instance answered something else.")),
        }
    }
}
