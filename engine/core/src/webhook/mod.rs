//! One webhook per instance: events in order, signed, each tried until the endpoint takes it.

mod deliver;
mod signature;

use trunkline_model::{Failure, FieldError};

use crate::media::Refused;

pub(crate) use deliver::{Deliverer, delivered, start, start_after};

/// The failure of a webhook whose address cannot be used.
pub(crate) fn unusable(refused: &Refused) -> Failure {
    Failure::invalid(vec![FieldError::new("webhook.url", refused.to_string())])
}
