//! Receives and dispatches.

use std::future::Future;
use std::sync::Arc;

use ractor::{Actor, ActorProcessingErr, ActorRef};

use super::birth::InstanceArgs;
use super::lanes::Wake;
use super::message::InstanceMsg;
use super::session::outlives_connection;
use super::state::Instance;
use crate::limits::CALLS_PER_TURN;
use crate::shard::{Measured, PollKind, TimerTag};

/// The actor of one instance.
pub(crate) struct InstanceActor;

impl Actor for InstanceActor {
    type Msg = InstanceMsg;
    type State = Instance;
    type Arguments = InstanceArgs;

    /// Trivial on purpose: the supervisor waits for it. Whatever takes time is a message to itself.
    async fn pre_start(
        &self,
        myself: ActorRef<InstanceMsg>,
        args: InstanceArgs,
    ) -> Result<Instance, ActorProcessingErr> {
        let (mut instance, birth) = Instance::new(args, myself);
        instance.begin(birth);
        instance.stir();
        Ok(instance)
    }

    /// Not an `async fn`: the wrapper holds the future once, and measures its polls.
    fn handle(
        &self,
        myself: ActorRef<InstanceMsg>,
        message: InstanceMsg,
        instance: &mut Instance,
    ) -> impl Future<Output = Result<(), ActorProcessingErr>> + Send {
        let polls = Arc::clone(&instance.context.polls);
        Measured::new(polls, PollKind::Instance, receive(myself, message, instance))
    }
}

async fn receive(
    myself: ActorRef<InstanceMsg>,
    message: InstanceMsg,
    instance: &mut Instance,
) -> Result<(), ActorProcessingErr> {
    let is_upkeep = message.is_upkeep();
    match message {
        InstanceMsg::Calls(wake) => instance.take_calls(wake).await,
        InstanceMsg::Turn { permit } => instance.turn(permit).await,
        InstanceMsg::Shutdown => instance.shut_down(),
        InstanceMsg::Park => instance.park().await,
        InstanceMsg::BulkTurn => instance.bulk_turn().await,
        InstanceMsg::Sample => instance.sample(),
        InstanceMsg::Recycle(choice) => instance.recycle(choice).await,
        InstanceMsg::Timer { tag, generation } => match tag {
            TimerTag::StateExit => instance.state_timer(generation).await,
            TimerTag::Progress => instance.check_progress(generation).await,
            TimerTag::Outbox => instance.outbox_timer().await,
            TimerTag::Sweep => instance.sweep(),
            TimerTag::Doze => instance.doze(),
        },
        InstanceMsg::SessionOpened { generation, result } => {
            instance.session_opened(generation, *result).await;
        }
        InstanceMsg::Session { generation, event, credit } => {
            if generation == instance.generation || outlives_connection(&event) {
                instance.session_event(*event).await;
            }
            drop(credit);
        }
        InstanceMsg::Unread { unread, credit } => {
            instance.read(unread);
            drop(credit);
        }
        InstanceMsg::Declined { call, caller } => instance.answer_caller(&call, caller),
        InstanceMsg::SessionPanicked { at_ms } => instance.session_panicked(at_ms).await,
        InstanceMsg::SessionStopped => {
            if instance.shutting_down {
                myself.stop(None);
            }
        }
        InstanceMsg::Accepted { record, chat, key_hash, result } => {
            instance.accepted(*record, chat, key_hash, result).await;
        }
        InstanceMsg::HandedOver { generation, id, result } => {
            if generation == instance.generation {
                instance.handed_over(id, result).await;
            }
        }
        InstanceMsg::Written { epoch, end } => {
            instance.statuses.written(epoch);
            if let Some(end) = end {
                instance.tell_account(end);
            }
        }
        InstanceMsg::LimitsLearned { generation, limits } => {
            instance.limits_learned(generation, limits).await;
        }
        InstanceMsg::LoggedOut { result, reply } => instance.logout_ended(result, reply).await,
        InstanceMsg::Removed { result, reply } => instance.removed(result, reply),
    }
    if !is_upkeep {
        instance.stir();
    }
    // The actor's loop goes on to the next message without a pause; a full mailbox must not hold the shard.
    instance.breather.step().await;
    Ok(())
}

impl Instance {
    /// One turn of the lanes. What is left comes after everything that is in the mailbox by now.
    async fn take_calls(&mut self, wake: Wake) {
        for _ in 0..CALLS_PER_TURN {
            let Some(letter) = wake.next() else { break };
            let is_glance = letter.ask.is_glance();
            self.call(letter.ask, letter.reply).await;
            drop(letter.credit);
            if !is_glance {
                self.stir();
            }
        }
        if let Some(wake) = wake.rest() {
            // Refused only when this actor is stopping; the wake-up then answers whoever waits.
            drop(self.myself.cast(InstanceMsg::Calls(wake)));
        }
    }
}
