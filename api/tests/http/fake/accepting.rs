//! How the engine takes messages, and which it refuses.

use trunkline_model::command::{MessageView, Reply, SendRequest};
use trunkline_model::instance::InstanceState;
use trunkline_model::message::{Content, MessageStatus};
use trunkline_model::{ErrorCode, Failure, InstanceId};

use super::{Fake, HOLD, PANIC, UNLINKED, lock, message};

impl Fake {
    pub(super) async fn accept(&self, instance: InstanceId, request: SendRequest) -> Result<Reply, Failure> {
        takes_messages(instance)?;
        if let Content::Text(text) = &request.message.content {
            assert!(text.body != PANIC, "the test asked for it");
            if text.body == HOLD {
                self.hold().await;
            }
        }
        if let Some(failure) = lock(&self.0.refusal).clone() {
            return Err(failure);
        }
        let mut replayed = false;
        if let Some(key) = request.idempotency_key {
            let mut seen = lock(&self.0.idempotent);
            match seen.get(&key) {
                Some(first) if *first != request.message => {
                    return Err(Failure::new(
                        ErrorCode::IdempotencyConflict,
                        "Use a new key for a new message.",
                    ));
                }
                Some(_) => replayed = true,
                None => drop(seen.insert(key, request.message.clone())),
            }
        }
        let view = MessageView {
            to: request.message.to.jid(),
            lane: request.message.lane,
            metadata: request.message.metadata,
            replayed,
            ..message(MessageStatus::Pending)
        };
        Ok(Reply::Message(Box::new(view)))
    }
}

pub(super) fn takes_messages(instance: InstanceId) -> Result<(), Failure> {
    if instance == UNLINKED {
        let detail = "Connect the instance and scan its code.";
        return Err(Failure::in_state(ErrorCode::InstanceNotLinked, InstanceState::New, detail));
    }
    Ok(())
}
