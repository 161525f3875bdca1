//! The delivery loop of one endpoint. Its place in the log is on disk, so a restart goes on where it stopped; an event may
//! arrive twice after a crash, and carries an id by which to tell.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::AbortHandle;
use trunkline_model::command::{WebhookConfig, WebhookProgress};
use trunkline_model::event::Event;
use trunkline_model::record::{self, RecordError, WebhookCursor, table};
use trunkline_model::retry::WEBHOOK_BACKOFF;
use trunkline_model::{AccountId, InstanceId};
use trunkline_store::{Batch, CommitClass, CommitFuture, Key, Ledger};

use super::signature;
use crate::clock;
use crate::limits::{WEBHOOK_PAGE, WEBHOOK_TIMEOUT, WEBHOOK_WARN_ATTEMPTS};
use crate::log::EventLog;
use crate::place::instance_key;
use crate::shard::ShardContext;

/// A running delivery loop; it ends when this is dropped.
pub(crate) struct Deliverer {
    task: AbortHandle,
    progress: Arc<Progress>,
}

impl Drop for Deliverer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Deliverer {
    pub(crate) fn progress(&self) -> WebhookProgress {
        let last_outcome = *self.progress.last_outcome.lock().unwrap_or_else(PoisonError::into_inner);
        WebhookProgress {
            delivered: self.progress.delivered.load(Ordering::Relaxed),
            last_outcome: last_outcome.map(str::to_owned),
        }
    }

    /// Whether the endpoint has heard everything up to this event, and its place is on disk: stopping now repeats nothing.
    pub(crate) fn is_resting_at(&self, newest: u64) -> bool {
        self.progress.resting_at.load(Ordering::Relaxed) == newest
    }
}

/// What the loop shows of itself.
#[derive(Default)]
struct Progress {
    delivered: AtomicU64,
    /// The place where nothing is left to do, and which is on disk.
    resting_at: AtomicU64,
    last_outcome: Mutex<Option<&'static str>>,
}

/// Puts the place of an endpoint that is to hear only of what comes after `newest` into a batch.
///
/// # Errors
/// [`RecordError`] when the record cannot be encoded.
pub(crate) fn start_after(batch: &mut Batch, instance: InstanceId, newest: u64) -> Result<(), RecordError> {
    batch.put(cursor_key(instance), record::encode(&WebhookCursor { delivered: newest })?);
    Ok(())
}

/// The last event that an instance's endpoint has heard of; 0 when there is none.
pub(crate) fn delivered(ledger: &dyn Ledger, instance: InstanceId) -> u64 {
    let stored = ledger.get(&cursor_key(instance)).ok().flatten();
    stored.and_then(|bytes| record::decode::<WebhookCursor>(&bytes).ok()).map_or(0, |c| c.delivered)
}

fn cursor_key(instance: InstanceId) -> Key {
    instance_key(instance, table::WEBHOOK_CURSOR, b"")
}

/// Starts delivering an instance's events.
pub(crate) fn start(
    context: &Arc<ShardContext>,
    account: AccountId,
    instance: InstanceId,
    log: &Arc<EventLog>,
    config: &WebhookConfig,
) -> Deliverer {
    let progress = Arc::<Progress>::default();
    let endpoint = Arc::new(Endpoint {
        context: Arc::clone(context),
        account,
        instance,
        log: Arc::clone(log),
        config: config.clone(),
        progress: Arc::clone(&progress),
    });
    let begins_after = delivered(&*context.ledger, instance);
    progress.delivered.store(begins_after, Ordering::Relaxed);
    progress.resting_at.store(begins_after, Ordering::Relaxed);
    let task = context.spawner.spawn_supervised("webhook", move || Arc::clone(&endpoint).run());
    Deliverer { task, progress }
}

struct Endpoint {
    context: Arc<ShardContext>,
    account: AccountId,
    instance: InstanceId,
    log: Arc<EventLog>,
    config: WebhookConfig,
    progress: Arc<Progress>,
}

impl Endpoint {
    async fn run(self: Arc<Self>) {
        let mut newest = self.log.watch();
        let mut delivered = delivered(&*self.context.ledger, self.instance);
        let mut remembering = None;
        loop {
            let events = match self.log.read(delivered, WEBHOOK_PAGE) {
                Ok(events) => events,
                Err(error) => {
                    tracing::error!(instance = %self.instance, %error, "the event log cannot be read");
                    return;
                }
            };
            if events.is_empty() && self.rest(&mut newest, delivered, remembering.take()).await.is_err() {
                return;
            }
            let mut passed_over = false;
            for event in events {
                delivered = event.sequence;
                passed_over = !self.wants(&event);
                if !passed_over {
                    self.deliver(&event).await;
                    remembering = self.remember(delivered);
                }
            }
            if passed_over {
                remembering = self.remember(delivered);
            }
            // A log full of events that nobody wants is passed over page by page, not in one go.
            tokio::task::yield_now().await;
        }
    }

    /// Waits for news, and says meanwhile that it rests, once its place is on disk.
    async fn rest(
        &self,
        newest: &mut watch::Receiver<u64>,
        delivered: u64,
        remembering: Option<CommitFuture>,
    ) -> Result<(), watch::error::RecvError> {
        if let Some(remembering) = remembering {
            tokio::select! {
                biased;
                written = remembering => {
                    if written.is_ok() {
                        self.progress.resting_at.store(delivered, Ordering::Relaxed);
                    }
                }
                changed = newest.changed() => return changed,
            }
        }
        newest.changed().await
    }

    fn wants(&self, event: &Event) -> bool {
        self.config.events.is_empty() || self.config.events.iter().any(|kind| kind == event.body.kind())
    }

    /// Tries until the endpoint takes the event: order is kept, and nothing is passed over.
    async fn deliver(&self, event: &Event) {
        let body = (self.context.encode_event)(self.account, self.instance, event);
        let mut attempts = 0;
        while let Err(outcome) = self.post(&body).await {
            self.note(outcome);
            attempts += 1;
            let jitter = clock::random_u64() as u32;
            let delay_ms = WEBHOOK_BACKOFF.delay_ms(attempts, jitter).unwrap_or(WEBHOOK_BACKOFF.cap_ms);
            if attempts.is_multiple_of(WEBHOOK_WARN_ATTEMPTS) {
                let event = event.sequence;
                tracing::warn!(instance = %self.instance, attempts, outcome, event, "a webhook does not take an event");
            }
            tokio::time::sleep(Duration::from_millis(delay_ms)).await;
        }
        self.note("delivered");
    }

    fn note(&self, outcome: &'static str) {
        metrics::counter!(crate::metrics::WEBHOOKS, "outcome" => outcome).increment(1);
        *self.progress.last_outcome.lock().unwrap_or_else(PoisonError::into_inner) = Some(outcome);
    }

    async fn post(&self, body: &[u8]) -> Result<(), &'static str> {
        let unix_s = clock::wall_ms() / 1_000;
        let response = self
            .context
            .webhooks
            .request(reqwest::Method::POST, &self.config.url)
            .map_err(|_| "address_refused")?
            .timeout(WEBHOOK_TIMEOUT)
            .header(reqwest::header::CONTENT_TYPE, "application/json")
            .header(signature::HEADER, signature::sign(self.config.secret.as_bytes(), unix_s, body))
            .body(body.to_vec())
            .send()
            .await
            .map_err(|error| if error.is_timeout() { "timeout" } else { "unreachable" })?;
        if response.status().is_success() { Ok(()) } else { Err("refused") }
    }

    fn remember(&self, delivered: u64) -> Option<CommitFuture> {
        self.progress.delivered.store(delivered, Ordering::Relaxed);
        let mut batch = Batch::new();
        let bytes = record::encode(&WebhookCursor { delivered }).ok()?;
        batch.put(cursor_key(self.instance), bytes);
        // Nobody has to wait: losing this write repeats deliveries, never skips one.
        Some(self.context.ledger.commit(batch, CommitClass::Soon))
    }
}
