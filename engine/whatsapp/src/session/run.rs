//! One run of a session: from `start()` to the one `Closed` that answers it.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use futures_util::FutureExt;
use futures_util::future::OptionFuture;
use metrics::counter;
use parking_lot::Mutex;
use tokio::sync::{Notify, watch};
use tokio::time::{sleep, timeout};
use trunkline_model::event::CloseReason;
use trunkline_model::inbound::Party;
use trunkline_store::StoreError;
use wacore::runtime::Runtime as _;
use wacore::types::events::{Event, EventHandler};
use wacore_binary::OwnedNodeRef;
use whatsapp_rust::{Client, NodeFilter};

use super::calls::Ringing;
use super::close::Cause;
use super::events::{EventSink, SessionEvent};
use super::hook::{InboundSink, commit};
use super::store_error;
use super::translate::{Meaning, translate};
use super::viewers::told_of_status;
use crate::error::SessionError;
use crate::limits::{CONNECT_TIMEOUT, STOP_TIMEOUT, STREAM_END_GRACE};
use crate::message::party;
use crate::metrics::{CLOSED, EVENTS_DROPPED, UNREAD};
use crate::runtime::ShardRuntime;
use crate::transport::LinkActivity;

/// The stanza that ends a stream, or complains about one stanza of it.
const STREAM_ERROR: &str = "stream:error";

/// What is known of the run under way.
#[derive(Default)]
pub(super) struct RunState {
    /// The best explanation of its end so far.
    cause: Option<Cause>,
    /// Whether the run before ended because the device is not linked any more.
    ended_removed: bool,
    /// An account that was linked in this run and of which the owner was not told yet.
    paired: Option<(Party, String)>,
    login_told: bool,
}

/// What the run, the event handler and the session share.
pub(super) struct Link {
    pub(super) client: std::sync::Weak<Client>,
    pub(super) events: EventSink,
    pub(super) sink: Arc<dyn InboundSink>,
    pub(super) runtime: Arc<ShardRuntime>,
    pub(super) activity: Arc<LinkActivity>,
    pub(super) state: Mutex<RunState>,
    pub(super) running: watch::Sender<bool>,
    pub(super) stopping: AtomicBool,
    pub(super) stop: Notify,
    /// The connection has to end although the protocol crate sees no reason.
    pub(super) abandon: Notify,
    /// A request for a pairing code is under way, and its caller gets the error.
    pub(super) code_requested: AtomicBool,
    /// The calls that ring.
    pub(super) ringing: Mutex<Ringing>,
    /// Whether what the phone sends of the past by itself is taken.
    pub(super) takes_history: bool,
    /// Requests for older messages that the phone may still answer.
    pub(super) history_waits: AtomicUsize,
}

impl Link {
    /// Notes a possible explanation of the end.
    pub(super) fn note(&self, cause: Cause) {
        let mut state = self.state.lock();
        state.cause = Some(match state.cause.take() {
            Some(known) => known.better(cause),
            None => cause,
        });
    }

    /// Whether the service says that the device is out; waits a moment for a run that is just ending.
    pub(super) async fn ends_removed(&self) -> bool {
        let mut running = self.running.subscribe();
        let ended = timeout(STREAM_END_GRACE, running.wait_for(|running| !*running)).await;
        ended.is_ok() && self.state.lock().ended_removed
    }

    /// Tells the owner; one who does not keep up loses the connection rather than an acknowledgement.
    pub(super) fn tell(&self, event: SessionEvent) {
        if self.events.offer(event).is_err() {
            self.note(Cause::Overflow);
            self.abandon.notify_one();
        }
    }

    /// The account of the stored device.
    fn account(&self) -> Option<Party> {
        let client = self.client.upgrade()?;
        let (pn, lid) = (client.pn()?, client.lid());
        Some(party(&pn, lid.as_ref(), None))
    }

    /// Once in a run, and before `Ready`.
    fn tell_login(&self) {
        let told = std::mem::replace(&mut self.state.lock().login_told, true);
        if !told {
            self.tell(SessionEvent::LoginAccepted { account: self.account() });
        }
    }
}

/// Receives the protocol crate's events, on the shard's thread, between two steps of a client.
pub(super) struct Forwarder(pub(super) Arc<Link>);

impl EventHandler for Forwarder {
    fn handle_event(&self, event: Arc<Event>) {
        let link = &self.0;
        match &*event {
            Event::RawNode(node) => {
                if let Some(told) = told_of_status(node.get()) {
                    link.tell(told);
                }
                return;
            }
            Event::IncomingCall(signal) => link.ringing.lock().note(signal),
            _ => {}
        }
        match translate(&event) {
            Meaning::Tell(SessionEvent::Ready) => {
                link.tell_login();
                link.tell(SessionEvent::Ready);
            }
            Meaning::Tell(told) => link.tell(told),
            Meaning::TellAll(told) => told.into_iter().for_each(|told| link.tell(told)),
            Meaning::History => super::history::take(link.clone(), event),
            Meaning::Paired { account, platform } => {
                link.note(Cause::Paired);
                link.state.lock().paired = Some((account, platform));
            }
            Meaning::Ends(cause) => link.note(cause),
            Meaning::TellAndEnds(told, cause) => {
                link.note(cause);
                link.tell(told);
            }
            Meaning::Uncommitted => commit_late(link.clone(), event),
            Meaning::CodeFailed(_) if link.code_requested.load(Ordering::Relaxed) => {}
            Meaning::CodeFailed(detail) => link.tell(SessionEvent::PairFailed { detail }),
            Meaning::Unread(unread) => {
                if let SessionEvent::Unread { cause, .. } = &unread {
                    counter!(UNREAD, "reason" => *cause).increment(1);
                }
                link.tell(unread);
            }
            Meaning::Ignored(kind) => counter!(EVENTS_DROPPED, "kind" => kind).increment(1),
        }
    }
}

/// Channel messages and those that the phone sent again on request bypass the durability hook. They are committed here, as
/// well as it goes: WhatsApp has its acknowledgement already.
fn commit_late(link: Arc<Link>, event: Arc<Event>) {
    let runtime = link.runtime.clone();
    runtime.spawn_detached(Box::pin(async move {
        let (Some(client), Some(batch)) = (link.client.upgrade(), event.as_messages()) else { return };
        if let Err(error) = commit(link.sink.as_ref(), &client, &batch.messages).await {
            tracing::warn!(%error, "a message without durability hook was not committed");
        }
    }));
}

/// Answers `start()` even when the task that runs it is aborted or panics.
struct Promise {
    link: Arc<Link>,
    kept: bool,
}

impl Promise {
    async fn keep(mut self, cause: Cause) {
        counter!(CLOSED, "reason" => cause.reason().as_str()).increment(1);
        self.kept = true;
        self.link.state.lock().ended_removed = cause.reason() == CloseReason::DeviceRemoved;
        // Before the event, so that its receiver can start the next run at once.
        self.link.running.send_replace(false);
        self.link.events.deliver(cause.event()).await;
    }
}

impl Drop for Promise {
    fn drop(&mut self) {
        if !self.kept {
            self.link.running.send_replace(false);
            let cause = Cause::TaskFailed;
            counter!(CLOSED, "reason" => cause.reason().as_str()).increment(1);
            if self.link.events.offer(cause.event()).is_err() {
                // The owner is behind; it still gets its answer, later.
                let (link, event) = (self.link.clone(), cause.event());
                let telling = async move { link.events.deliver(event).await };
                self.link.runtime.spawn_detached(Box::pin(telling));
            }
        }
    }
}

/// One connection, from dialling to its end.
pub(super) async fn run(client: Arc<Client>, link: Arc<Link>) {
    let promise = Promise { link: link.clone(), kept: false };
    *link.state.lock() = RunState::default();
    if link.stopping.load(Ordering::Relaxed) {
        link.note(Cause::Stopped);
    }
    drop(link.activity.take_dial_error());
    let socket_opened = follow(&client, &link).await;
    let cause = explain(&link, socket_opened);
    let cause = Box::pin(settle(&client, &link, cause)).await;
    promise.keep(cause).await;
}

/// Drives the client and watches what its events do not tell. Returns whether the Noise handshake succeeded.
async fn follow(client: &Arc<Client>, link: &Arc<Link>) -> bool {
    let mut login = client.wait_for_node(NodeFilter::tag("success")).fuse();
    let mut stream_end = client.wait_for_node(NodeFilter::tag(STREAM_ERROR)).fuse();
    // Longer than any connection attempt takes. This future lives as long as the connection does: what only its beginning or its
    // end needs is boxed.
    let mut opening = Some(Box::pin(client.wait_for_socket(CONNECT_TIMEOUT * 3)));
    let mut socket_opened = false;
    let running = client.run();
    tokio::pin!(running);
    let mut grace = None;
    loop {
        tokio::select! {
            biased;
            accepted = &mut login => if accepted.is_ok() { link.tell_login() },
            ended = &mut stream_end => match ended.ok().map(|stanza| stream_error_code(&stanza)) {
                Some(Some(code)) => {
                    link.note(Cause::StreamError(code));
                    grace = Some(Box::pin(sleep(STREAM_END_GRACE)));
                }
                Some(None) => stream_end = client.wait_for_node(NodeFilter::tag(STREAM_ERROR)).fuse(),
                None => {}
            },
            Some(opened) = OptionFuture::from(opening.as_mut()), if opening.is_some() => {
                (socket_opened, opening) = (opened.is_ok(), None);
            }
            () = link.stop.notified() => {
                link.note(Cause::Stopped);
                drop(timeout(STOP_TIMEOUT, Box::pin(leave(client, running.as_mut()))).await);
                return socket_opened;
            }
            () = link.abandon.notified() => abandon(client, link),
            () = async { match grace.as_mut() { Some(timer) => timer.await, None => std::future::pending().await } } => {
                grace = None;
                abandon(client, link);
            }
            () = &mut running => break,
        }
    }
    // What the client read in its last step it has handled itself already; it still explains the end.
    if let Some(Ok(_)) = (&mut login).now_or_never() {
        link.tell_login();
    }
    if let Some(code) =
        (&mut stream_end).now_or_never().and_then(Result::ok).and_then(|it| stream_error_code(&it))
    {
        link.note(Cause::StreamError(code));
    }
    // Asked once more only while it is unanswered: a future that has completed must not be polled again.
    let unanswered = opening.and_then(FutureExt::now_or_never);
    socket_opened || unanswered.is_some_and(|opened| opened.is_ok())
}

/// Disconnects in good order while the run goes on handling what it has begun.
async fn leave(client: &Arc<Client>, mut running: Pin<&mut impl Future<Output = ()>>) {
    let leaving = client.disconnect();
    tokio::pin!(leaving);
    tokio::select! {
        () = &mut running => leaving.await,
        // A connection attempt that is under way would go on until its own time-out; it is dropped instead.
        () = &mut leaving => drop(timeout(STREAM_END_GRACE, running).await),
    }
}

/// Drops the connection, beside the run, which ends by it.
fn abandon(client: &Arc<Client>, link: &Link) {
    let client = client.clone();
    link.runtime.spawn_detached(Box::pin(async move { client.reconnect_immediately().await }));
}

/// The code of a `<stream:error>` that ends the stream. Without one it is about a single stanza.
fn stream_error_code(stanza: &OwnedNodeRef) -> Option<u16> {
    stanza.get_attr("code")?.as_str().parse().ok()
}

/// The cause of an end that nobody named is found in what the socket did.
fn explain(link: &Link, socket_opened: bool) -> Cause {
    let silent_ms = link.activity.silent_ms_at_end();
    let named = link.state.lock().cause.take();
    match (named, link.activity.take_dial_error()) {
        (Some(Cause::SocketEnded { words, .. }), _) => Cause::SocketEnded { silent_ms, words },
        (Some(cause), _) => cause,
        (None, Some(words)) => Cause::DialFailed(words),
        (None, None) if !socket_opened => Cause::HandshakeFailed,
        (None, None) => Cause::SocketEnded { silent_ms, words: "the connection ended".to_owned() },
    }
}

/// Writes what the client still holds, and tells of a new link only once it is on disk.
async fn settle(client: &Arc<Client>, link: &Link, cause: Cause) -> Cause {
    let saved = client.persistence_manager().flush().await;
    let paired = link.state.lock().paired.take();
    match (paired, saved) {
        (Some((account, platform)), Ok(())) => {
            link.events.deliver(SessionEvent::PairAccepted { account, platform }).await;
            cause
        }
        (Some(_), Err(error)) => {
            let detail = crate::error::shorten(format!("the linked device could not be stored: {error}"));
            link.events.deliver(SessionEvent::PairFailed { detail }).await;
            Cause::TaskFailed
        }
        (None, saved) => {
            match saved.map_err(store_error) {
                Ok(()) => {}
                // A successor took over: what this session would write is void.
                Err(SessionError::Store(StoreError::Closed)) => {
                    tracing::debug!("the device record is a successor's by now");
                }
                Err(error) => tracing::error!(%error, "the device record could not be stored"),
            }
            cause
        }
    }
}
