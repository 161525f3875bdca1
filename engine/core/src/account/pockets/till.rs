//! The money of one account: who asks for something waits in a line, and whoever's turn it is takes care of all of them in one batch.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::{Mutex as Turn, oneshot};
use trunkline_model::command::PocketView;
use trunkline_model::credit::{Pocket, PocketAsk, PocketEffect, PocketKind, Voucher};
use trunkline_model::{AccountId, Failure, InstanceId};
use trunkline_store::{Batch, CommitClass, Ledger};

use super::{Declined, rows};
use crate::clock;
use crate::limits::{BUSY_RETRY_AFTER_MS, TILL_BATCH_OPS, TILL_WAITING_MAX};
use crate::patient;
use crate::shard::store_failure;

/// See the module.
#[derive(Default)]
pub(crate) struct Till {
    line: Mutex<Vec<Waiting>>,
    /// The pockets, once they were read; forgotten when a batch fails, because what is on disk counts.
    pockets: Turn<Option<Pockets>>,
    /// Somebody asked since the start, or something was held then.
    is_used: AtomicBool,
}

struct Waiting {
    pocket: PocketKind,
    ask: PocketAsk,
    beside: Batch,
    reply: oneshot::Sender<Answer>,
}

type Answer = Result<Vec<PocketEffect>, Declined>;

impl std::fmt::Debug for Till {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Till").field("is_used", &self.is_used).finish_non_exhaustive()
    }
}

/// One for each kind, in the order of [`PocketKind::ALL`].
struct Pockets([Pocket; PocketKind::ALL.len()]);

impl Pockets {
    fn read(ledger: &dyn Ledger, account: AccountId) -> Result<Pockets, Failure> {
        let mut pockets = <[Pocket; PocketKind::ALL.len()]>::default();
        for (pocket, kind) in pockets.iter_mut().zip(PocketKind::ALL) {
            *pocket = rows::read(ledger, account, kind)?;
        }
        Ok(Pockets(pockets))
    }

    fn of(&mut self, kind: PocketKind) -> &mut Pocket {
        &mut self.0[usize::from(kind.rank())]
    }
}

impl Till {
    /// Notes that there is something to look after.
    pub(crate) fn use_it(&self) {
        self.is_used.store(true, Ordering::Relaxed);
    }

    pub(super) fn is_used(&self) -> bool {
        self.is_used.load(Ordering::Relaxed)
    }

    /// Asks a pocket; what it decides is on disk when this returns, `beside` in the same batch.
    ///
    /// # Errors
    /// [`Declined`]; nothing is written then.
    pub(super) async fn ask(
        &self,
        (account, pocket): (AccountId, PocketKind),
        ledger: &dyn Ledger,
        (ask, beside): (PocketAsk, Batch),
    ) -> Answer {
        self.use_it();
        let (reply, mut answered) = oneshot::channel();
        {
            let mut line = self.lock();
            if line.len() >= TILL_WAITING_MAX {
                let detail = "Too many messages of this account ask for credits at once.";
                return Err(Declined::Failed(Failure::busy(detail, BUSY_RETRY_AFTER_MS)));
            }
            line.push(Waiting { pocket, ask, beside, reply });
        }
        let mut pockets = self.pockets.lock().await;
        loop {
            match answered.try_recv() {
                Ok(answer) => return answer,
                Err(oneshot::error::TryRecvError::Empty) => {
                    serve(&self.line, account, ledger, &mut pockets).await
                }
                Err(oneshot::error::TryRecvError::Closed) => {
                    let detail = "The account's credits were asked for in vain.";
                    return Err(Declined::Failed(Failure::busy(detail, BUSY_RETRY_AFTER_MS)));
                }
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Waiting>> {
        lock(&self.line)
    }

    /// What is in the pockets.
    ///
    /// # Errors
    /// A failure of the store.
    pub(in crate::account) async fn look(
        &self,
        account: AccountId,
        ledger: &dyn Ledger,
    ) -> Result<Vec<PocketView>, Failure> {
        let mut pockets = self.pockets.lock().await;
        let known = read(&mut pockets, account, ledger)?;
        let view = |kind| {
            let pocket = known.of(kind);
            PocketView { pocket: kind, balance: pocket.balance(), held: pocket.held() }
        };
        Ok(PocketKind::ALL.map(view).into())
    }

    /// Vouchers whose instances are to be asked now, at most so many.
    ///
    /// # Errors
    /// A failure of the store.
    pub(super) async fn overdue(
        &self,
        account: AccountId,
        ledger: &dyn Ledger,
        limit: usize,
    ) -> Result<Vec<(Voucher, InstanceId)>, Failure> {
        let mut pockets = self.pockets.lock().await;
        let known = read(&mut pockets, account, ledger)?;
        Ok(known.of(PocketKind::Whatsapp).overdue(clock::wall_ms()).take(limit).collect())
    }

    /// An instance has accepted the message of a voucher.
    pub(super) async fn known(&self, voucher: Voucher) {
        if let Some(pockets) = &mut *self.pockets.lock().await {
            pockets.of(PocketKind::Whatsapp).known(voucher, clock::wall_ms());
        }
    }
}

fn lock(line: &Mutex<Vec<Waiting>>) -> MutexGuard<'_, Vec<Waiting>> {
    line.lock().unwrap_or_else(PoisonError::into_inner)
}

fn read<'a>(
    pockets: &'a mut Option<Pockets>,
    account: AccountId,
    ledger: &dyn Ledger,
) -> Result<&'a mut Pockets, Failure> {
    if pockets.is_none() {
        *pockets = Some(Pockets::read(ledger, account)?);
    }
    pockets
        .as_mut()
        .ok_or_else(|| Failure::busy("The account's credits are being read.", BUSY_RETRY_AFTER_MS))
}

/// Takes care of those who wait, as many as one batch takes. The pockets are out of their place meanwhile: cut off in the middle, or
/// refused by the store, they are read anew.
async fn serve(
    line: &Mutex<Vec<Waiting>>,
    account: AccountId,
    ledger: &dyn Ledger,
    place: &mut Option<Pockets>,
) {
    let served = next(&mut lock(line));
    if let Err(failure) = read(place, account, ledger) {
        return answer_all(served, &failure);
    }
    let Some(mut pockets) = place.take() else { return };
    let (mut batch, mut decided) = (Batch::new(), Vec::with_capacity(served.len()));
    let mut replies = Vec::with_capacity(served.len());
    for Waiting { pocket, ask, beside, reply } in served {
        if !beside.is_empty() {
            batch = beside;
        }
        decided.push(decide(&mut pockets, (account, pocket), ask, &mut batch));
        replies.push(reply);
    }
    // What nobody wanted is in no batch.
    let changes = decided.iter().flatten().any(|effects| !effects.is_empty());
    if changes && let Err(error) = patient::commit(ledger, batch, CommitClass::First).await {
        let failure = store_failure(&error);
        decided.iter_mut().for_each(|answer| *answer = Err(Declined::Failed(failure.clone())));
    } else {
        *place = Some(pockets);
        decided.iter().flatten().flatten().for_each(count);
    }
    for (reply, answer) in replies.into_iter().zip(decided) {
        drop(reply.send(answer));
    }
}

/// Those whose turn it is. One who has something to be written beside it has a batch of its own.
fn next(line: &mut Vec<Waiting>) -> Vec<Waiting> {
    let (mut count, mut ops) = (0, 0);
    for waiting in line.iter() {
        ops += match waiting.ask {
            PocketAsk::Reserve { wanted, .. } => 1 + wanted as usize,
            _ => 2,
        };
        let is_alone = !waiting.beside.is_empty();
        if count > 0 && (is_alone || ops > TILL_BATCH_OPS) {
            break;
        }
        count += 1;
        if is_alone {
            break;
        }
    }
    line.drain(..count).collect()
}

fn decide(
    pockets: &mut Pockets,
    (account, kind): (AccountId, PocketKind),
    ask: PocketAsk,
    batch: &mut Batch,
) -> Answer {
    let pocket = pockets.of(kind);
    let effects = pocket.decide(clock::wall_ms(), ask).map_err(Declined::Refused)?;
    for effect in &effects {
        rows::put(batch, (account, kind), effect).map_err(Declined::Failed)?;
        pocket.apply(*effect);
    }
    Ok(effects)
}

fn answer_all(served: Vec<Waiting>, failure: &Failure) {
    served.into_iter().for_each(|waiting| drop(waiting.reply.send(Err(Declined::Failed(failure.clone())))));
}

fn count(effect: &PocketEffect) {
    if let PocketEffect::Write(entry) = effect {
        let movement = entry.movement.as_str();
        metrics::counter!(crate::metrics::CREDITS_MOVED, "movement" => movement)
            .increment(entry.amount.unsigned_abs());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waiting(wanted: u32, is_alone: bool) -> Waiting {
        let mut beside = Batch::new();
        if is_alone {
            beside.delete(trunkline_store::Key::new(0, 1, 1, b""));
        }
        let ask = PocketAsk::Reserve { instance: InstanceId(7), wanted, at_least: 1 };
        Waiting { pocket: PocketKind::Whatsapp, ask, beside, reply: oneshot::channel().0 }
    }

    #[test]
    fn a_batch_is_bounded_and_nobody_is_left_for_ever() {
        let check = |line: &[(u32, bool)], expected: &[usize]| {
            let mut line: Vec<Waiting> =
                line.iter().map(|(wanted, alone)| waiting(*wanted, *alone)).collect();
            let mut taken = Vec::new();
            while !line.is_empty() {
                taken.push(next(&mut line).len());
            }
            assert_eq!(taken, expected);
        };
        let most = u32::try_from(TILL_BATCH_OPS).expect("small");
        check(&[(1, false), (1, false)], &[2]);
        check(&[(most, false), (1, false), (1, false)], &[1, 2]);
        check(&[(1, false), (1, true), (1, false)], &[1, 1, 1]);
    }
}
