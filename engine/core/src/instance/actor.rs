//! Receives and dispatches.

use ractor::{Actor, ActorProcessingErr, ActorRef};

use super::birth::InstanceArgs;
use super::message::InstanceMsg;
use super::state::Instance;
use crate::shard::TimerTag;

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
        Ok(instance)
    }

    async fn handle(
        &self,
        myself: ActorRef<InstanceMsg>,
        message: InstanceMsg,
        instance: &mut Instance,
    ) -> Result<(), ActorProcessingErr> {
        match message {
            InstanceMsg::Call { ask, reply, credit } => {
                instance.call(ask, reply).await;
                drop(credit);
            }
            InstanceMsg::Resume => instance.resume().await,
            InstanceMsg::Shutdown => instance.shut_down(),
            InstanceMsg::Timer { tag, generation } => match tag {
                TimerTag::StateExit => instance.state_timer(generation).await,
                TimerTag::Progress => instance.check_progress(generation).await,
                TimerTag::Outbox => instance.outbox_timer().await,
                TimerTag::Sweep => instance.sweep(),
            },
            InstanceMsg::SessionOpened { generation, result } => {
                instance.session_opened(generation, *result).await;
            }
            InstanceMsg::Session { generation, event, credit } => {
                if generation == instance.generation {
                    instance.session_event(*event).await;
                }
                drop(credit);
            }
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
            InstanceMsg::Written { epoch } => instance.statuses.written(epoch),
            InstanceMsg::LoggedOut { result, reply } => instance.logout_ended(result, reply).await,
            InstanceMsg::Removed { result, reply } => instance.removed(result, reply),
        }
        Ok(())
    }
}
