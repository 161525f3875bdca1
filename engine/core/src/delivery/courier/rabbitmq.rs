//! PLACEHOLDER of this branch: written by another engineer before it is merged.

use trunkline_model::delivery::{Endpoint, Outcome, RabbitMqTarget, Verdict};

use super::{Parcel, failed};
use crate::shard::ShardContext;

pub(crate) struct RabbitMqCourier {
    _target: RabbitMqTarget,
    _allow_private: bool,
}

impl RabbitMqCourier {
    pub(super) fn new(target: RabbitMqTarget, allow_private: bool) -> RabbitMqCourier {
        RabbitMqCourier { _target: target, _allow_private: allow_private }
    }

    pub(super) async fn deliver(&self, _context: &ShardContext, _parcel: &Parcel<'_>) -> (Verdict, Outcome) {
        (Verdict::Retry { after_ms: None }, failed("unreachable"))
    }

    pub(super) async fn test(&self, _endpoint: &Endpoint, _body: Vec<u8>) -> Outcome {
        failed("unreachable")
    }
}
