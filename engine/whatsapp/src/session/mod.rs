//! The session port: one client of the protocol crate, its runs and what can be asked of it.

mod answers;
mod audience;
mod calls;
mod changes;
mod chats;
mod close;
mod communities;
mod confirmed;
mod events;
mod groups;
mod history;
mod hook;
mod kit;
mod media;
mod mex;
mod newsletters;
mod pairing;
mod people;
mod presence;
mod privacy;
mod profile;
mod quotas;
mod run;
mod secret;
mod sending;
mod status;
mod translate;
mod viewers;
mod votes;

pub use events::{AppStateChange, ReceiptKind, SessionEvent, SessionEvents};
pub use hook::InboundSink;
pub use kit::{DevicePlatform, SessionKit, SessionKitConfig, SessionOptions};
pub use media::Downloaded;
pub use pairing::PairingCode;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use parking_lot::Mutex;
use tokio::sync::{Notify, watch};
use tokio::time::timeout;
use trunkline_model::InstanceId;
use trunkline_model::settings::HistorySync;
use trunkline_store::StoreError;
use wacore::iq::devices::RemoveCompanionDeviceSpec;
use wacore::store::DevicePropsOverride;
use wacore::store::commands::DeviceCommand;
use waproto::whatsapp::device_props::PlatformType;
use whatsapp_rust::features::MexError;
use whatsapp_rust::store::persistence_manager::PersistenceManager;
use whatsapp_rust::{Client, ClientBuilder, IqError, RawNodeLease};

use self::close::Cause;
use self::hook::CommitHook;
use self::kit::cache_config;
use self::run::{Forwarder, Link, RunState, run};
use crate::backend::{self, LedgerBackend, Space};
use crate::error::{SessionError, shorten};
use crate::limits::{
    CHAT_LANE_BYTES, CLIENT_BASE_BYTES, CONTACT_BYTES, DEVICE_SAVE_INTERVAL, PRE_KEYS_PER_UPLOAD,
    STOP_TIMEOUT,
};
use crate::runtime::ShardRuntime;
use crate::spawn::AbortHandle;
use crate::transport::{LinkActivity, SocketFactory};

/// One linked number's client. A cheap handle; the last one dropped ends the client's tasks.
#[derive(Clone)]
pub struct Session {
    inner: Arc<Inner>,
}

struct Inner {
    instance: InstanceId,
    client: Arc<Client>,
    link: Arc<Link>,
    kit: SessionKit,
    space: Space,
    task: Mutex<Option<AbortHandle>>,
    followed: Mutex<presence::Followed>,
    /// As long as it is held, the client shows every stanza: see [`viewers`].
    _raw_nodes: RawNodeLease,
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.client.signal_shutdown_sync();
    }
}

impl Session {
    /// Builds the client over the stored device, or a fresh one, which is stored. Dials nothing.
    ///
    /// An instance has one session at a time, in the whole cluster. Within this process an earlier one is fenced off here:
    /// it cannot write any more, so it gets no further lease; what it could still send uses keys that nobody else will.
    ///
    /// # Errors
    /// [`SessionError::Store`] when the device cannot be read or stored, [`SessionError::Config`] when its proxy cannot be used,
    /// [`SessionError::Protocol`] when the client cannot be built.
    pub async fn open(
        kit: &SessionKit,
        instance: InstanceId,
        sink: Arc<dyn InboundSink>,
        options: SessionOptions,
    ) -> Result<(Session, SessionEvents), SessionError> {
        let shared = &kit.0;
        let (proxy, http) = kit.way_out(options.proxy.as_ref())?;
        let space = kit.take_over(instance).await?;
        let manager = PersistenceManager::new(Arc::new(LedgerBackend::over(space.clone())))
            .await
            .map(Arc::new)
            .map_err(store_error)?;
        manager
            .process_command(DeviceCommand::SetDeviceProps(device_props(shared, options.history_sync)))
            .await;
        let takes_history = options.history_sync != HistorySync::Off;
        let runtime = Arc::new(ShardRuntime::new(instance, shared.spawner.clone()));
        let activity = Arc::new(LinkActivity::new());
        let factory =
            SocketFactory { dialler: shared.dialler.clone(), instance, activity: activity.clone(), proxy };
        let mut builder = ClientBuilder::new()
            .with_runtime_arc(runtime.clone())
            .with_persistence_manager(manager)
            .with_transport_factory(factory)
            .with_http_client_arc(http)
            .with_cache_config(cache_config())
            .with_inbound_durability_hook(CommitHook { sink: sink.clone() })
            .with_skip_history_sync(!takes_history)
            .with_wanted_pre_key_count(PRE_KEYS_PER_UPLOAD)
            .with_background_saver_interval(DEVICE_SAVE_INTERVAL);
        if let Some(version) = shared.client_version {
            builder = builder.with_version_override(version);
        }
        let built =
            builder.build().await.map_err(|error| SessionError::Protocol(shorten(error.to_string())))?;
        let client = built.into_client();
        // The owner decides when the next connection is made.
        client.enable_auto_reconnect.store(false, Ordering::Relaxed);
        let (events, receiver) = events::channel();
        let link = Arc::new(Link {
            client: Arc::downgrade(&client),
            events,
            sink,
            runtime,
            activity,
            state: Mutex::new(RunState::default()),
            running: watch::channel(false).0,
            stopping: AtomicBool::new(false),
            stop: Notify::new(),
            abandon: Notify::new(),
            code_requested: AtomicBool::new(false),
            ringing: Mutex::default(),
            takes_history,
            history_waits: AtomicUsize::new(0),
        });
        client.subscribe_handler(Arc::new(Forwarder(link.clone()))).detach();
        let task = Mutex::new(None);
        let followed = Mutex::default();
        let raw_nodes = client.acquire_raw_node_forwarding();
        let kit = kit.clone();
        let inner = Inner { instance, client, link, kit, space, task, followed, _raw_nodes: raw_nodes };
        Ok((Session { inner: Arc::new(inner) }, receiver))
    }

    /// Whether the stored device of an instance belongs to an account.
    ///
    /// # Errors
    /// Those of reading the store, [`StoreError::SealBroken`] among them.
    pub fn is_linked(kit: &SessionKit, instance: InstanceId) -> Result<bool, StoreError> {
        backend::is_linked(&kit.space(instance))
    }

    /// Deletes everything that the protocol keeps for an instance: after a proven logout, or when the instance is deleted.
    /// A session that is still open is fenced off. Durable on return.
    ///
    /// # Errors
    /// [`SessionError::Store`]; then some of it may be left, and the call can be repeated.
    pub async fn wipe(kit: &SessionKit, instance: InstanceId) -> Result<(), SessionError> {
        let space = kit.take_over(instance).await?;
        let wiped = backend::wipe(&space).await;
        kit.release(instance, &space);
        Ok(wiped?)
    }

    /// Makes one connection attempt and stays with it until it ends; [`SessionEvent::Closed`] tells of the end. While a
    /// run is under way nothing happens.
    pub fn start(&self) {
        let already = self.inner.link.running.send_replace(true);
        if already {
            return;
        }
        let (client, link) = (self.inner.client.clone(), self.inner.link.clone());
        let spawner = &self.inner.kit.0.spawner;
        let task = spawner.spawn(self.inner.instance, "session", Box::pin(run(client, link)));
        *self.inner.task.lock() = Some(task);
    }

    /// Ends the run under way in good order: open commits and acknowledgements first, then the device record, then the
    /// socket. Waits for it, twice 15 s at the most. The session is spent afterwards: a later `start()` is answered by
    /// `Closed` at once. May be called again.
    pub async fn stop(&self) {
        let link = &self.inner.link;
        link.stopping.store(true, Ordering::Relaxed);
        link.stop.notify_one();
        let mut running = link.running.subscribe();
        // The sender lives in `link`, so this ends with the run.
        drop(running.wait_for(|running| !*running).await);
        drop(timeout(STOP_TIMEOUT, self.inner.client.disconnect()).await);
        self.inner.kit.release(self.inner.instance, &self.inner.space);
    }

    /// Cuts a session that [`Session::stop`] could not end: nothing is flushed, nothing more is written, its tasks end.
    /// What it received and did not commit, WhatsApp delivers again.
    pub fn abort(&self) {
        self.inner.kit.release(self.inner.instance, &self.inner.space);
        self.inner.client.signal_shutdown_sync();
        if let Some(task) = self.inner.task.lock().take() {
            task.abort();
        }
        // The client and its workers hold on to each other until the connection's state is cleared; nothing of that can
        // reach the store any more.
        let client = self.inner.client.clone();
        let clearing = async move { drop(timeout(STOP_TIMEOUT, client.disconnect()).await) };
        drop(self.inner.kit.0.spawner.spawn(self.inner.instance, "session-abort", Box::pin(clearing)));
    }

    /// Tells WhatsApp to unlink this device and, once it said yes, stops the session and deletes what was stored.
    ///
    /// # Errors
    /// [`SessionError::NotLinked`], [`SessionError::NotConnected`], [`SessionError::Refused`], [`SessionError::Timeout`]:
    /// nothing was deleted, the device may still be linked. [`SessionError::Store`]: it is unlinked, but something is
    /// left of it; [`Session::wipe`] finishes the work.
    pub async fn logout(&self) -> Result<(), SessionError> {
        let client = &self.inner.client;
        let jid = client.pn().ok_or(SessionError::NotLinked)?;
        if !client.is_logged_in() {
            return Err(SessionError::NotConnected);
        }
        if let Err(error) = client.execute(RemoveCompanionDeviceSpec::new(&jid)).await {
            // The service may cut the stream before the answer is read, but then it says why.
            if !self.inner.link.ends_removed().await {
                return Err(iq_error(&error));
            }
        }
        self.inner.link.note(Cause::LoggedOutHere);
        self.stop().await;
        Session::wipe(&self.inner.kit, self.inner.instance).await
    }

    /// Milliseconds since the last frame from WhatsApp, or since the socket was opened. `None` without a socket.
    pub fn last_frame_age_ms(&self) -> Option<u64> {
        self.inner.link.activity.last_frame_age_ms()
    }

    /// Whether WhatsApp accepted the login on the present connection.
    pub fn is_connected(&self) -> bool {
        self.inner.client.is_connected() && self.inner.client.is_logged_in()
    }

    /// # Errors
    /// [`SessionError::NotConnected`] unless WhatsApp would answer now.
    fn connected(&self) -> Result<(), SessionError> {
        if self.is_connected() { Ok(()) } else { Err(SessionError::NotConnected) }
    }

    /// An estimate of the memory that the client holds, in bytes: what every client needs, the workers of its chats, and what
    /// its caches say of themselves.
    pub async fn memory_bytes(&self) -> u64 {
        let report = self.inner.client.memory_report().await;
        let contacts = report.signal_sessions.entries;
        CLIENT_BASE_BYTES
            + report.chat_lanes * CHAT_LANE_BYTES
            + contacts * CONTACT_BYTES
            + report.total_estimated_bytes()
    }
}

/// How the device presents itself when it is linked.
fn device_props(shared: &kit::Shared, history_sync: HistorySync) -> DevicePropsOverride {
    let platform = match shared.platform {
        DevicePlatform::Chrome => PlatformType::CHROME,
        DevicePlatform::Desktop => PlatformType::DESKTOP,
    };
    DevicePropsOverride::new()
        .with_os(shared.device_name.clone())
        .with_platform_type(platform)
        .with_require_full_sync(history_sync == HistorySync::Full)
}

/// Finds our own error in what the protocol crate made of it.
fn store_error(error: wacore::store::error::StoreError) -> SessionError {
    match error {
        wacore::store::error::StoreError::Database(source) => match source.downcast::<StoreError>() {
            Ok(ours) => SessionError::Store(*ours),
            Err(other) => SessionError::Protocol(shorten(other.to_string())),
        },
        other => SessionError::Protocol(shorten(other.to_string())),
    }
}

/// What a failed request to the service means.
fn iq_error(error: &IqError) -> SessionError {
    match error {
        IqError::Timeout => SessionError::Timeout,
        IqError::NotConnected
        | IqError::Socket(_)
        | IqError::EncryptSend(_)
        | IqError::ClientState(_)
        | IqError::Disconnected(_)
        | IqError::InternalChannelClosed => SessionError::NotConnected,
        IqError::ServerError { code: 429, text, backoff, .. } => SessionError::Throttled {
            retry_after_ms: backoff.map(|seconds| u64::from(seconds) * 1_000),
            detail: shorten(format!("429 {text}")),
        },
        IqError::ServerError { code, text, .. } => refused(*code, text),
        other => SessionError::Protocol(shorten(other.to_string())),
    }
}

/// A refusal by its code, which is like HTTP's.
fn refused(code: u16, text: &str) -> SessionError {
    let detail = shorten(format!("{code} {text}"));
    match code {
        401 | 403 => SessionError::Forbidden(detail),
        404 | 410 => SessionError::NotFound(detail),
        _ => SessionError::Refused(detail),
    }
}

/// What a failed GraphQL request means.
fn mex_error(error: &MexError) -> SessionError {
    match error {
        MexError::Request(error) => iq_error(error),
        MexError::ExtensionError { code, message } => u16::try_from(*code)
            .map_or_else(|_| SessionError::Refused(shorten(message.clone())), |code| refused(code, message)),
        other => SessionError::Protocol(shorten(other.to_string())),
    }
}
