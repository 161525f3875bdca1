//! The message that a caller means: by its transaction, or by WhatsApp's id of it.

use trunkline_model::chat::MessageRef as StoredRef;
use trunkline_model::command::{
    ChatCommand, Command, MessageQuery, MessageView, PlanCommand, PlanReply, Reply, ScheduleCommand, Span,
    StoredBody, StoredMessage,
};
use trunkline_model::inbound::Party;
use trunkline_model::limits::{PAGE_LIMIT_MAX, WA_MESSAGE_ID_BYTES_MAX};
use trunkline_model::message::{MessageRef, Quote};
use trunkline_model::plan::{RunOutcome, ScheduleRecord};
use trunkline_model::{Address, ErrorCode, Failure, InstanceId, MessageId, ScheduleId};

use super::ids::Named;
use super::{Ask, wrong};
use crate::call::{message_in, no_message, unexpected};
use crate::gateway::Gateway;

/// An accepted message.
///
/// # Errors
/// `MESSAGE_NOT_FOUND`.
pub(super) async fn view<G: Gateway>(ask: &Ask<'_, G>, id: MessageId) -> Result<Box<MessageView>, Failure> {
    let instance = ask.call.owner_of(id).await?;
    message_in(ask.call.command(instance, Command::GetMessage { id }).await?)
}

/// A schedule whose instance exists for the caller.
///
/// # Errors
/// `SCHEDULE_NOT_FOUND`.
pub(super) async fn schedule<G: Gateway>(
    ask: &Ask<'_, G>,
    id: ScheduleId,
) -> Result<Box<ScheduleRecord>, Failure> {
    let command = PlanCommand::Schedule(Box::new(ScheduleCommand::Get(id)));
    match ask.call.plans(command).await? {
        PlanReply::Schedule(record) if ask.call.principal.may_see(record.instance) => Ok(record),
        PlanReply::Schedule(_) => Err(Failure::new(ErrorCode::ScheduleNotFound, "Schedule not found.")),
        _ => Err(unexpected()),
    }
}

/// The message that a schedule's newest run became.
pub(super) async fn run_of<G: Gateway>(
    ask: &Ask<'_, G>,
    id: ScheduleId,
) -> Result<Option<MessageId>, Failure> {
    let command = PlanCommand::Schedule(Box::new(ScheduleCommand::Runs(id, 1)));
    match ask.call.plans(command).await? {
        PlanReply::Runs(runs) => Ok(runs.first().and_then(|run| match run.outcome {
            RunOutcome::Accepted(message) => Some(message),
            _ => None,
        })),
        _ => Err(unexpected()),
    }
}

/// A message of a chat that somebody reacts to, or that is read. `sender` is needed where nobody knows any more.
///
/// # Errors
/// `MESSAGE_NOT_FOUND`, or `VALIDATION` where it would be anybody's.
pub(super) async fn find<G: Gateway>(
    ask: &Ask<'_, G>,
    text: &str,
    (chat, sender): (&Address, Option<&Address>),
) -> Result<MessageRef, Failure> {
    let own = match Named::read(text) {
        Named::Message(id) => id,
        Named::Scheduled(id) => {
            schedule(ask, id).await?;
            run_of(ask, id).await?.ok_or_else(not_sent_yet)?
        }
        Named::OnWhatsApp(wa_id) => return on_whatsapp(ask, wa_id, (chat, sender)).await,
    };
    let view = view(ask, own).await?;
    if Some(view.instance) != ask.call.addressed {
        return Err(no_message());
    }
    Ok(MessageRef { wa_id: view.wa_id, from_me: true, participant: None })
}

fn not_sent_yet() -> Failure {
    Failure::new(ErrorCode::MessageState, "The message is scheduled and was not sent yet.")
}

async fn on_whatsapp<G: Gateway>(
    ask: &Ask<'_, G>,
    wa_id: String,
    (chat, sender): (&Address, Option<&Address>),
) -> Result<MessageRef, Failure> {
    if wa_id.is_empty() || wa_id.len() > WA_MESSAGE_ID_BYTES_MAX {
        return Err(wrong("messageId", "is not the id of a message"));
    }
    let is_group = matches!(chat, Address::Group(_));
    if let Some(known) = known(ask, chat, &wa_id).await? {
        let (from_me, author) = match known.message {
            StoredBody::Received { message, .. } => (message.from_me, Some(message.sender)),
            StoredBody::Sent(_) => (true, None),
        };
        let author = author.filter(|_| is_group && !from_me).and_then(|author| author.jid.parse().ok());
        return Ok(MessageRef { wa_id, from_me, participant: author });
    }
    match sender {
        Some(sender) => {
            let own = ask.instance().await?.linked;
            let from_me = own.is_some_and(|own| own.is(&Party::of_jid(&sender.jid())));
            let participant = Some(sender.clone()).filter(|_| is_group && !from_me);
            Ok(MessageRef { wa_id, from_me, participant })
        }
        None if is_group => Err(wrong("senderId", "is missing; the message is not known any more")),
        // In a chat of two it is the other person's.
        None => Ok(MessageRef { wa_id, from_me: false, participant: None }),
    }
}

/// A message among the newest of a chat.
async fn known<G: Gateway>(
    ask: &Ask<'_, G>,
    chat: &Address,
    wa_id: &str,
) -> Result<Option<StoredMessage>, Failure> {
    let query = MessageQuery { after: None, span: Span::default(), limit: PAGE_LIMIT_MAX };
    let command = Command::Chat(Box::new(ChatCommand::ListMessages(chat.clone(), query)));
    let messages = match ask.tell(command).await {
        Ok(Reply::StoredMessages { messages, .. }) => messages,
        Ok(_) => return Err(unexpected()),
        Err(failure) if failure.code == ErrorCode::ChatNotFound => return Ok(None),
        Err(failure) => return Err(failure),
    };
    Ok(messages.into_iter().find(|stored| match &stored.message {
        StoredBody::Received { message, .. } => message.wa_id == wa_id,
        StoredBody::Sent(view) => view.wa_id == wa_id,
    }))
}

/// The message that another one answers.
///
/// # Errors
/// As [`find`].
pub(super) async fn quote<G: Gateway>(
    ask: &Ask<'_, G>,
    text: &str,
    of: (&Address, Option<&Address>),
) -> Result<Quote, Failure> {
    let target = find(ask, text, of).await?;
    let participant = match target.from_me {
        true => ask.instance().await?.linked.and_then(|own| own.jid.parse().ok()),
        false => target.participant,
    };
    Ok(Quote { wa_id: target.wa_id, participant, body: None })
}

/// The same, as app state names it.
pub(super) fn stored(target: MessageRef) -> StoredRef {
    StoredRef {
        wa_id: target.wa_id,
        from_me: target.from_me,
        participant: target.participant.map(|person| Party::of_jid(&person.jid())),
    }
}

/// The instance that an accepted message belongs to becomes that of the request.
pub(super) fn at<G: Gateway>(ask: &mut Ask<'_, G>, instance: InstanceId) {
    ask.call.addressed = Some(instance);
}
