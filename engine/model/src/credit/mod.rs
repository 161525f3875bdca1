//! Credits: what an account may still send, and how a message and its price stay together over every crash.
//!
//! The money is on the account's side ([`Pocket`]), the message on the instance's ([`Fate`]); they may live on different
//! machines, and neither waits for the other's disk. What ties them together is a *voucher*, a number that is never used twice:
//!
//! ```text
//! account                                            instance
//! reserve ── Reserved −1, held(v) on disk ──▶ accept(v) ── accepted(v) in the batch of the message
//!                                             the message ends ── due(v, kept | failed) in the batch of its status
//! settle / refund(v) ◀──────────── told ────  due(v)
//!   held(v) gone; Refunded +1 where it failed
//! acknowledge ───────────────────────────────▶ due(v) gone, refused(v) in its place: the message may come twice
//!
//! held(v) for too long: ask(v) ──────────────▶ accepted: "known", asked again much later; due: its end, as if it had been told
//! Released +1, held(v) gone ◀── "absent" ──── neither: refused(v) on disk first, so that a late accept(v) finds it
//! ```
//!
//! Every arrow may be lost, late, repeated or out of order, and both sides may lose what was not on disk. The account's questions
//! repair all of it: an instance that comes back, wherever, has nothing to remember but its rows. What holds is: the balance is
//! the sum of the entries and never negative; what was granted is the balance, what is held and what was spent; no message was
//! accepted without a voucher, and none of a voucher that was released. Each side decides ([`Pocket::decide`], [`decide`]), and what
//! it decided counts once that is on disk, all effects of a decision in one batch.

mod pocket;
#[cfg(test)]
mod tests;
mod voucher;

pub use pocket::{CreditOrder, Entry, Held, Movement, Pocket, PocketAsk, PocketEffect, PocketKind, Refusal};
pub use voucher::{Ended, Fate, Told, Voucher, VoucherAsk, decide};
