//! What an instance actor can be told.

use tokio::sync::oneshot;
use trunkline_model::command::{Command, LimitsView, MessageView, Reply};
use trunkline_model::credit::{Ended, Told, Voucher};
use trunkline_model::message::Lane;
use trunkline_model::record::MessageRecord;
use trunkline_model::{Address, Failure, MessageId};
use trunkline_whatsapp::{SendError, Session, SessionError, SessionEvent, SessionEvents};

use super::archive::AcceptedArchive;
use super::lanes::Wake;
use crate::account::Price;
use crate::credits::CallLane;
use crate::log::Unread;
use crate::shard::{Choice, Permit, TimerTag};

/// Where an answer goes. A caller that went away is no error.
pub(crate) type Replier = oneshot::Sender<Result<Reply, Failure>>;

/// What a front end asks.
pub(crate) enum Ask {
    /// A command as it is.
    Command(Command),
    /// A message to accept, already checked and archived on the front end's thread.
    Accept(Box<AcceptedArchive>),
    /// Messages to accept in one go, those that are wrong among them.
    AcceptMany(Vec<Result<AcceptedArchive, Failure>>),
    /// Answer when this message is settled.
    Settled(MessageId),
    /// Accept a message once more that failed.
    Resend(MessageId, Price),
    /// What became of these vouchers; whatever nothing is known of is refused from now on.
    Vouchers(Vec<Voucher>, oneshot::Sender<Result<Vec<(Voucher, Told)>, Failure>>),
}

impl Ask {
    /// How urgent it is.
    pub(crate) fn lane(&self) -> CallLane {
        match self {
            Ask::Accept(message) if message.lane == Lane::Bulk => CallLane::Bulk,
            Ask::AcceptMany(messages) if messages.iter().flatten().any(|m| m.lane == Lane::Bulk) => {
                CallLane::Bulk
            }
            Ask::Vouchers(..) => CallLane::Bulk,
            Ask::Accept(_) | Ask::AcceptMany(_) | Ask::Command(_) | Ask::Settled(_) | Ask::Resend(..) => {
                CallLane::Front
            }
        }
    }

    /// Whether it only looks at the instance. One that is looked at now and then sleeps all the same.
    pub(crate) fn is_glance(&self) -> bool {
        matches!(self, Ask::Command(Command::GetInstance))
    }

    /// Whether it can wait while memory is short: bulk, and media, which is held in memory while it is sent.
    pub(crate) fn yields_to_memory(&self) -> bool {
        match self {
            Ask::Accept(message) => message.lane == Lane::Bulk || message.is_media(),
            Ask::AcceptMany(messages) => {
                messages.iter().flatten().any(|message| message.lane == Lane::Bulk || message.is_media())
            }
            // Asked before a file is stored for a message.
            Ask::Command(command) => matches!(command, Command::CheckSend { .. }),
            Ask::Settled(_) | Ask::Resend(..) | Ask::Vouchers(..) => false,
        }
    }

    /// Messages that are to be accepted.
    pub(crate) fn messages(&self) -> usize {
        match self {
            Ask::Accept(_) | Ask::Resend(..) => 1,
            Ask::AcceptMany(messages) => messages.iter().flatten().count(),
            Ask::Command(_) | Ask::Settled(_) | Ask::Vouchers(..) => 0,
        }
    }

    /// Says what they cost, in their order.
    pub(crate) fn cost(&mut self, prices: Vec<Price>) {
        let mut prices = prices.into_iter();
        let mut next = || prices.next().unwrap_or(Price::Short { balance: 0 });
        match self {
            Ask::Accept(message) => message.costs(next()),
            Ask::Resend(_, price) => *price = next(),
            Ask::AcceptMany(messages) => {
                messages.iter_mut().flatten().for_each(|message| message.costs(next()));
            }
            Ask::Command(_) | Ask::Settled(_) | Ask::Vouchers(..) => {}
        }
    }
}

/// A message to an instance actor. What other threads or WhatsApp send carries a credit; what the shard itself sends is
/// bounded by its sender: one timer or one answer for each thing that was started.
pub(crate) enum InstanceMsg {
    /// Questions and orders of front ends wait in the lanes.
    Calls(Wake),
    /// Its turn to connect came.
    Turn { permit: Permit },
    /// Stop in good order.
    Shutdown,
    /// The actor failed too often: wait for an operator.
    Park,
    /// One bulk message may be handed over.
    BulkTurn,
    /// The memory governor asks what the client holds.
    Sample,
    /// The memory governor wants the client's memory back.
    Recycle(Choice),
    /// A timer of this shard.
    Timer { tag: TimerTag, generation: u64 },
    /// The stored session is loaded.
    SessionOpened { generation: u64, result: Box<Result<(Session, SessionEvents), SessionError>> },
    /// Something happened on the session.
    Session { generation: u64, event: Box<SessionEvent>, credit: tokio::sync::OwnedSemaphorePermit },
    /// Messages are to be marked as read.
    Unread { unread: Vec<Unread>, credit: tokio::sync::OwnedSemaphorePermit },
    /// A call was declined, as the settings want it.
    Declined { call: String, caller: Address },
    /// A task of the session panicked.
    SessionPanicked { at_ms: u64 },
    /// A session is down for good.
    SessionStopped,
    /// An accepted message is on disk.
    Accepted {
        record: Box<MessageRecord>,
        chat: u64,
        key_hash: Option<[u8; 32]>,
        result: Result<(), Failure>,
    },
    /// A hand-over ended.
    HandedOver { generation: u64, id: MessageId, result: Result<(), SendError> },
    /// Every status up to this epoch is on disk, and with the last of them the end of its message's price.
    Written { epoch: u64, end: Option<(Voucher, Ended)> },
    /// What WhatsApp told of the account's limits, which it was asked for after a refusal.
    LimitsLearned { generation: u64, limits: Option<Box<LimitsView>> },
    /// The logout was confirmed by WhatsApp, or failed.
    LoggedOut { result: Result<(), SessionError>, reply: Replier },
    /// Everything of the instance is deleted, or could not be.
    Removed { result: Result<(), Failure>, reply: Option<Replier> },
}

impl InstanceMsg {
    /// Whether the shard only looks after the instance: it stays as drowsy as it was. Calls are looked at one by one.
    pub(crate) fn is_upkeep(&self) -> bool {
        match self {
            InstanceMsg::Timer { tag, .. } => matches!(tag, TimerTag::Sweep | TimerTag::Doze),
            InstanceMsg::Sample | InstanceMsg::Calls(_) => true,
            _ => false,
        }
    }
}

/// Sends an answer.
pub(crate) fn answer(reply: Replier, result: Result<Reply, Failure>) {
    drop(reply.send(result));
}

/// A message as an answer.
pub(crate) fn message_reply(view: MessageView) -> Reply {
    Reply::Message(Box::new(view))
}
