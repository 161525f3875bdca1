//! What becomes of an outgoing message. Statuses only ever advance; receipts may arrive in any order.

/// Status of an outgoing message.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    rkyv::Archive,
    rkyv::Serialize,
    rkyv::Deserialize,
)]
#[rkyv(derive(Debug, PartialEq, Eq, PartialOrd, Ord))]
pub enum MessageStatus {
    /// On disk, waiting for its turn.
    Pending,
    /// Being handed to WhatsApp.
    Processing,
    /// WhatsApp's server has it.
    Sent,
    /// A device of the recipient has it.
    Delivered,
    /// The recipient has seen it.
    Read,
    /// The recipient has played it.
    Played,
    /// It will not be sent.
    Failed,
}

/// What [`MessageStatus::on`] decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StatusStep {
    /// The status changes to this one.
    Advance(MessageStatus),
    /// Nothing new: a duplicate, or a receipt that was overtaken.
    Ignore,
}

impl MessageStatus {
    /// Every status, in order of progress.
    pub const ALL: [MessageStatus; 7] = [
        MessageStatus::Pending,
        MessageStatus::Processing,
        MessageStatus::Sent,
        MessageStatus::Delivered,
        MessageStatus::Read,
        MessageStatus::Played,
        MessageStatus::Failed,
    ];

    /// What the news `next` means for a message in this status. A receipt proves every step below it, so a `read` that
    /// overtakes the server's ack still advances; a failure counts only before the server had the message.
    pub fn on(self, next: MessageStatus) -> StatusStep {
        let advances = match (self, next) {
            (MessageStatus::Failed, _) => false,
            (_, MessageStatus::Failed) => self <= MessageStatus::Processing,
            // A crash or a lost connection puts a message back into the queue.
            (MessageStatus::Processing, MessageStatus::Pending) => true,
            _ => next > self,
        };
        if advances { StatusStep::Advance(next) } else { StatusStep::Ignore }
    }

    /// The word that the native API and the metrics use.
    pub fn as_str(self) -> &'static str {
        match self {
            MessageStatus::Pending => "pending",
            MessageStatus::Processing => "processing",
            MessageStatus::Sent => "sent",
            MessageStatus::Delivered => "delivered",
            MessageStatus::Read => "read",
            MessageStatus::Played => "played",
            MessageStatus::Failed => "failed",
        }
    }

    /// Reads the word back.
    pub fn parse(word: &str) -> Option<MessageStatus> {
        MessageStatus::ALL.into_iter().find(|s| s.as_str() == word)
    }

    /// Whether the server has it, or never will.
    pub fn is_settled(self) -> bool {
        self >= MessageStatus::Sent
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_whole_table() {
        let mut drawn = String::new();
        for from in MessageStatus::ALL {
            let reached: Vec<&str> = MessageStatus::ALL
                .into_iter()
                .filter(|&next| from.on(next) == StatusStep::Advance(next))
                .map(MessageStatus::as_str)
                .collect();
            drawn.push_str(&format!("{} → {}\n", from.as_str(), reached.join(", ")));
        }
        insta::assert_snapshot!(drawn);
    }

    proptest! {
        #[test]
        fn whatever_the_order_of_the_news_a_sent_message_never_goes_back(
            news in proptest::collection::vec(0usize..7, 0..20),
        ) {
            let mut status = MessageStatus::Sent;
            for index in news {
                if let StatusStep::Advance(next) = status.on(MessageStatus::ALL[index]) {
                    prop_assert!(next > status);
                    status = next;
                }
            }
            prop_assert!(status != MessageStatus::Failed);
        }
    }
}
