//! Requests about the session itself.

use super::{Answer, IqError, Request};
use crate::stanza::attr_jid;
use crate::world::World;

/// Anything that only wants to be answered: keepalives, clean marks, client statistics.
pub(super) fn ping(_: &mut World, _: &Request<'_>) -> Result<Answer, IqError> {
    Ok(Answer::empty())
}

/// The device is active: backlog flows, and its phone welcomes it the first time.
pub(super) fn active(_: &mut World, _: &Request<'_>) -> Result<Answer, IqError> {
    Ok(Answer::empty().then(|world, device| {
        world.open_gate(device);
        world.await_welcome(device);
    }))
}

/// The device wants nothing for now.
pub(super) fn passive(_: &mut World, _: &Request<'_>) -> Result<Answer, IqError> {
    Ok(Answer::empty().then(|world, device| world.shut_gate(device)))
}

/// A device unlinks itself, or another of its account.
pub(super) fn log_out(world: &mut World, request: &Request<'_>) -> Result<Answer, IqError> {
    let jid = attr_jid(request.child()?, "jid").ok_or(IqError::BAD_REQUEST)?;
    let device = world.accounts.device_of(&jid).filter(|id| id.device != 0).ok_or(IqError::NOT_FOUND)?;
    if device.account != request.from.account {
        return Err(IqError::FORBIDDEN);
    }
    if device != request.from {
        world.unlink(device);
        return Ok(Answer::empty());
    }
    Ok(Answer::empty().then(|world, device| {
        world.unlink(device);
    }))
}
