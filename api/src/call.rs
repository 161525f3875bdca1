//! One authenticated request on its way through a handler.

use std::future::Future;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper::HeaderMap;
use percent_encoding::percent_decode_str;
use serde::de::DeserializeOwned;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::timeout;
use trunkline_model::account::{AuditAction, Author, Who};
use trunkline_model::command::{
    AccountCommand, AccountReply, Command, EndpointCommand, EndpointReply, InstanceView, MessageView,
    PairingView, PlanCommand, PlanReply, Reply,
};
use trunkline_model::limits::PULL_WAIT_MS_MAX;
use trunkline_model::{AccountId, EndpointId, ErrorCode, Failure, InstanceId, MessageId};

use crate::body::RequestBody;
use crate::gateway::{Gateway, Principal};
use crate::limits;
use crate::query::Query;
use crate::server::Front;

/// What a handler has at hand.
pub(crate) struct Call<'a, G: Gateway> {
    pub(crate) front: &'a Front<G>,
    pub(crate) principal: Principal,
    /// The address that the request came from.
    pub(crate) from: Option<IpAddr>,
    pub(crate) params: matchit::Params<'a, 'a>,
    pub(crate) query: Query,
    pub(crate) headers: &'a HeaderMap,
    /// The instance that a request names otherwise than in its path.
    pub(crate) addressed: Option<InstanceId>,
}

impl<G: Gateway> Call<'_, G> {
    pub(crate) fn account(&self) -> AccountId {
        self.principal.account
    }

    /// The instance of the request: that in the path, by id or name, or the one that a header named.
    ///
    /// # Errors
    /// `INSTANCE_NOT_FOUND`.
    pub(crate) fn instance(&self) -> Result<InstanceId, Failure> {
        if let Some(addressed) = self.addressed {
            return Ok(addressed);
        }
        self.param("instance").and_then(|name| self.resolve(&name)).ok_or_else(|| {
            let detail = "This account has no instance with that id or name.";
            Failure::new(ErrorCode::InstanceNotFound, detail)
        })
    }

    /// The instance with this id or name, if it exists for the key.
    pub(crate) fn resolve(&self, name: &str) -> Option<InstanceId> {
        resolve(&self.front.gateway, &self.principal, name)
    }

    /// The instance that a message belongs to, if it exists for the key.
    ///
    /// # Errors
    /// `MESSAGE_NOT_FOUND`, or overload.
    pub(crate) async fn owner_of(&self, message: MessageId) -> Result<InstanceId, Failure> {
        let owner = in_time(self.front.gateway.owner_of_message(self.account(), message)).await?;
        owner.filter(|instance| self.principal.may_see(*instance)).ok_or_else(no_message)
    }

    /// Who asks, for the log of changes.
    pub(crate) fn author(&self) -> Author {
        Author {
            who: Who::Key(self.principal.key),
            address: self.from.map(|address| address.to_string()),
            scopes: Arc::clone(&self.principal.scopes),
        }
    }

    /// Asks the caller's account.
    ///
    /// # Errors
    /// Whatever it refuses it for; `UNAVAILABLE` when the engine does not answer at all.
    pub(crate) async fn of_account(&self, command: AccountCommand) -> Result<AccountReply, Failure> {
        self.of(self.account(), command).await
    }

    /// As [`Call::of_account`], of another account.
    ///
    /// # Errors
    /// `ACCOUNT_NOT_FOUND`, then as [`Call::of_account`].
    pub(crate) async fn of(
        &self,
        account: AccountId,
        command: AccountCommand,
    ) -> Result<AccountReply, Failure> {
        in_time(Box::pin(self.front.gateway.account(account, self.author(), command))).await
    }

    /// Writes a change that was made, or is about to be, into the account's log of changes.
    ///
    /// # Errors
    /// A failure of the store, or overload.
    pub(crate) async fn note(&self, action: AuditAction, subject: InstanceId) -> Result<(), Failure> {
        self.of_account(AccountCommand::Note(action, subject.to_string())).await.map(drop)
    }

    /// As [`Call::note`], of a change that is made and cannot be taken back: that it is missing in the log is told to the operator.
    pub(crate) async fn note_done(&self, action: AuditAction, subject: InstanceId) {
        if let Err(failure) = self.note(action, subject).await {
            tracing::error!(%subject, action = action.as_str(), %failure, "a change is missing in the audit log");
        }
    }

    /// The message id in the path.
    ///
    /// # Errors
    /// `MESSAGE_NOT_FOUND` when it is not even the form of one.
    pub(crate) fn message(&self) -> Result<MessageId, Failure> {
        self.param("message").and_then(|text| text.parse().ok()).ok_or_else(no_message)
    }

    /// The webhook or consumer in the path: `name` is the parameter's.
    ///
    /// # Errors
    /// `WEBHOOK_NOT_FOUND` when it is not even the form of an id.
    pub(crate) fn endpoint(&self, name: &str) -> Result<EndpointId, Failure> {
        self.param(name).and_then(|text| text.parse().ok()).ok_or_else(no_endpoint)
    }

    /// A segment of the path, decoded.
    pub(crate) fn param(&self, name: &str) -> Option<String> {
        let raw = self.params.get(name)?;
        percent_decode_str(raw).decode_utf8().ok().map(std::borrow::Cow::into_owned)
    }

    /// Reads the body, for an operation on an instance: one that is not there is said first.
    ///
    /// # Errors
    /// `INSTANCE_NOT_FOUND`, then as [`RequestBody::json`].
    pub(crate) async fn body<T: DeserializeOwned>(&self, body: RequestBody) -> Result<T, Failure> {
        self.instance()?;
        body.json(self.headers).await
    }

    /// Reads the body of an operation on an instance that takes none.
    ///
    /// # Errors
    /// `INSTANCE_NOT_FOUND`, then as [`RequestBody::empty`].
    pub(crate) async fn no_body(&self, body: RequestBody) -> Result<(), Failure> {
        self.instance()?;
        body.empty(self.headers).await
    }

    /// Gives a command to the instance in the path.
    ///
    /// # Errors
    /// `INSTANCE_NOT_FOUND`, then as [`Call::command`].
    pub(crate) async fn ask(&self, command: Command) -> Result<Reply, Failure> {
        self.command(self.instance()?, command).await
    }

    /// Gives a command to an instance.
    ///
    /// # Errors
    /// Whatever the instance refuses it for; `UNAVAILABLE` when the engine does not answer at all.
    pub(crate) async fn command(&self, instance: InstanceId, command: Command) -> Result<Reply, Failure> {
        // Boxed: every layer between here and the connection would hold room for it twice.
        in_time(Box::pin(self.front.gateway.call(instance, command))).await
    }

    /// Asks the account's webhooks and consumers.
    ///
    /// # Errors
    /// Whatever they refuse it for; `UNAVAILABLE` when the engine does not answer at all.
    pub(crate) async fn endpoints(&self, command: EndpointCommand) -> Result<EndpointReply, Failure> {
        in_time(Box::pin(self.front.gateway.endpoints(self.account(), command))).await
    }

    /// Asks the account's plans.
    ///
    /// # Errors
    /// Whatever they refuse it for; `UNAVAILABLE` when the engine does not answer at all.
    pub(crate) async fn plans(&self, command: PlanCommand) -> Result<PlanReply, Failure> {
        in_time(Box::pin(self.front.gateway.plans(self.account(), command))).await
    }

    /// `?wait_ms=`: how long to wait for the first event.
    ///
    /// # Errors
    /// `MALFORMED_REQUEST` when it is too long, or no number.
    pub(crate) fn wait_ms(&self) -> Result<u64, Failure> {
        let expected = format!("is not a whole number from 0 to {PULL_WAIT_MS_MAX}");
        let wait_ms = self.query.read("wait_ms", &expected, |text| {
            text.parse().ok().filter(|wait_ms| *wait_ms <= PULL_WAIT_MS_MAX)
        })?;
        Ok(wait_ms.unwrap_or(0))
    }

    /// A place among those who wait for events, as streams and long polls do.
    ///
    /// # Errors
    /// `UNAVAILABLE` when all are taken.
    pub(crate) fn place(&self) -> Result<OwnedSemaphorePermit, Failure> {
        Arc::clone(&self.front.streams).try_acquire_owned().map_err(|_| {
            Failure::busy("Too many clients wait for events. Pull without waiting, or try again.", 5_000)
        })
    }

    /// What `waited` gives, unless the server stops before.
    pub(crate) async fn unless_stopping<T>(&self, waited: impl Future<Output = T>) -> Option<T> {
        let mut stopping = self.front.stopping.clone();
        tokio::select! {
            _ = stopping.wait_for(|stop| *stop) => None,
            got = waited => Some(got),
        }
    }
}

/// The instance with this id or name, if it exists for a key.
pub(crate) fn resolve<G: Gateway>(gateway: &G, principal: &Principal, name: &str) -> Option<InstanceId> {
    let found = gateway.resolve(principal.account, name);
    found.filter(|instance| principal.may_see(*instance))
}

/// Waits for the engine, but not for ever.
///
/// # Errors
/// What `answer` fails with; `UNAVAILABLE` when it does not come.
pub(crate) async fn in_time<T>(answer: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let limit = Duration::from_millis(limits::ENGINE_MS_MAX);
    timeout(limit, answer).await.unwrap_or_else(|_| {
        Err(Failure::busy(
            "The engine did not answer in time, and whether the request took effect is not known. Repeat it with the same \
             Idempotency-Key, or look first.",
            1_000,
        ))
    })
}

pub(crate) fn no_message() -> Failure {
    Failure::new(ErrorCode::MessageNotFound, "This account has no message with that id.")
}

pub(crate) fn no_endpoint() -> Failure {
    Failure::new(ErrorCode::WebhookNotFound, "This account has no webhook or consumer with that id.")
}

/// An engine that answers a command with another command's reply has a bug.
pub(crate) fn unexpected() -> Failure {
    Failure::new(ErrorCode::Internal, "The engine gave an answer of another kind.")
}

/// The instance in a reply.
pub(crate) fn instance_in(reply: Reply) -> Result<Box<InstanceView>, Failure> {
    match reply {
        Reply::Instance(view) => Ok(view),
        _ => Err(unexpected()),
    }
}

/// The pairing in a reply.
pub(crate) fn pairing_in(reply: Reply) -> Result<PairingView, Failure> {
    match reply {
        Reply::Pairing(view) => Ok(view),
        _ => Err(unexpected()),
    }
}

/// The message in a reply.
pub(crate) fn message_in(reply: Reply) -> Result<Box<MessageView>, Failure> {
    match reply {
        Reply::Message(view) => Ok(view),
        _ => Err(unexpected()),
    }
}
