//! Credits.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use trunkline_model::Failure;
use trunkline_model::command::{AddCredits, CreditsView};
use trunkline_model::credit::{Entry, PocketKind};
use trunkline_model::limits::CREDITS_PER_ORDER_MAX;

use super::fields::{Problems, present};
use super::time::Time;

/// Body of `accounts.add_credits`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "AddCredits")]
pub(crate) struct AddCreditsBody {
    /// How many credits the account gets; negative to take them back, which leaves 0 at the least.
    #[schemars(range(min = -CREDITS_PER_ORDER_MAX, max = CREDITS_PER_ORDER_MAX))]
    amount: i64,
    /// Which of its pockets: `whatsapp` when left out, or `sms`.
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "String")]
    pocket: Option<String>,
}

impl AddCreditsBody {
    /// The order.
    ///
    /// # Errors
    /// `VALIDATION` with every field that is wrong.
    pub(crate) fn read(self, idempotency_key: Option<String>) -> Result<AddCredits, Failure> {
        let mut problems = Problems::default();
        if self.amount == 0 || !(-CREDITS_PER_ORDER_MAX..=CREDITS_PER_ORDER_MAX).contains(&self.amount) {
            problems.add("amount", format!("is not from 1 to {CREDITS_PER_ORDER_MAX}, or as many below 0"));
        }
        let pocket = self.pocket.as_deref().map_or(Some(PocketKind::Whatsapp), |word| {
            let pocket = PocketKind::parse(word);
            if pocket.is_none() {
                problems.add("pocket", "is neither `whatsapp` nor `sms`");
            }
            pocket
        });
        let amount = self.amount;
        problems.or(pocket.map(|pocket| AddCredits { pocket, amount, idempotency_key }))
    }
}

/// An account's credits.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Credits")]
pub(crate) struct CreditsJson {
    /// Whether messages cost credits. Where they do not, nothing is taken from the pockets.
    enabled: bool,
    pockets: Vec<PocketJson>,
}

/// A pocket.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Pocket")]
struct PocketJson {
    /// `whatsapp` or `sms`.
    pocket: &'static str,
    /// Credits that may be spent.
    balance: u64,
    /// Messages that are paid for and neither sent nor failed yet: their credits are not in the balance.
    held: u64,
}

impl CreditsJson {
    pub(crate) fn of(view: &CreditsView) -> CreditsJson {
        let pocket = |pocket: &trunkline_model::command::PocketView| PocketJson {
            pocket: pocket.pocket.as_str(),
            balance: pocket.balance,
            held: pocket.held as u64,
        };
        CreditsJson { enabled: view.enabled, pockets: view.pockets.iter().map(pocket).collect() }
    }
}

/// A line of a pocket's ledger.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "CreditEntry")]
pub(crate) struct CreditEntryJson {
    /// One more than the entry before it.
    number: u64,
    time: Time,
    /// `granted` and `withdrawn` by the operator; `reserved` for messages that are accepted, `released` for one that was not,
    /// `refunded` for one that failed for good.
    movement: &'static str,
    /// How many credits; negative where they go.
    amount: i64,
    /// The sum of the amounts up to this entry.
    balance: u64,
    /// The instance whose messages it is about.
    instance: Option<String>,
}

impl CreditEntryJson {
    pub(crate) fn of(entry: &Entry) -> CreditEntryJson {
        CreditEntryJson {
            number: entry.number,
            time: Time(entry.time_ms),
            movement: entry.movement.as_str(),
            amount: entry.amount,
            balance: entry.balance,
            instance: entry.instance.map(|id| id.to_string()),
        }
    }
}
