//! What all sessions of a shard share: settings, sockets, HTTP, the store.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use parking_lot::Mutex;
use rustls::ClientConfig;
use trunkline_model::InstanceId;
use trunkline_model::settings::{HistorySync, ProxyConfig};
use trunkline_store::{Ledger, Sealer, StoreError};
use whatsapp_rust::{CacheConfig, CacheEntryConfig, MsgSecretPolicy};

use crate::backend::{Retired, Space};
use crate::endpoints::{Dialling, Endpoints};
use crate::error::{ConfigError, SessionError};
use crate::guard::{DialGuard, SIMULATED, TestNetwork};
use crate::http::BoundedHttp;
use crate::limits::{
    CACHE_TTL, CHAT_LANES_MAX, DEVICE_LISTS_CACHED_MAX, GROUPS_CACHED_MAX, SENDER_KEY_GROUPS_CACHED_MAX,
    SENT_MESSAGE_TTL,
};
use crate::proxy::{Proxy, ProxyError, Reach};
use crate::spawn::Spawn;
use crate::transport::Dialler;
use crate::{crypto, tls};

/// The client version that a simulated build shows when none is configured: there is no web client to read it from.
const SIMULATED_CLIENT_VERSION: (u32, u32, u32) = (2, 3000, 1_042_742_319);

/// Settings of a shard's sessions.
#[derive(Debug, Clone)]
pub struct SessionKitConfig {
    /// Every address that is dialled.
    pub endpoints: Endpoints,
    /// Certificates, in PEM form, trusted besides the public web's roots.
    pub extra_roots_pem: Option<String>,
    /// Private networks that a simulated build may dial besides loopback. Without effect otherwise.
    pub test_networks: Vec<TestNetwork>,
    /// Version of the web client that is shown to the service; read from the web client when `None`.
    pub client_version: Option<(u32, u32, u32)>,
    /// Name that phones show in their list of linked devices.
    pub device_name: String,
    /// Kind of device that phones show beside it.
    pub platform: DevicePlatform,
    /// Whether proxies of instances may be at private addresses.
    pub allow_private_proxies: bool,
}

/// How one session is opened.
#[derive(Debug, Clone)]
pub struct SessionOptions {
    /// How much of the past the phone is asked for, when it is linked.
    pub history_sync: HistorySync,
    /// Its own way out.
    pub proxy: Option<ProxyConfig>,
}

impl Default for SessionOptions {
    /// No history, and straight out.
    fn default() -> SessionOptions {
        SessionOptions { history_sync: HistorySync::Off, proxy: None }
    }
}

/// The kinds of device that a linked device can present itself as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DevicePlatform {
    /// A web browser.
    Chrome,
    /// A desktop application.
    Desktop,
}

impl Default for SessionKitConfig {
    fn default() -> SessionKitConfig {
        SessionKitConfig {
            endpoints: Endpoints::default(),
            extra_roots_pem: None,
            test_networks: Vec::new(),
            client_version: None,
            device_name: "Trunkline".to_owned(),
            platform: DevicePlatform::Chrome,
            allow_private_proxies: false,
        }
    }
}

/// What all sessions of a shard share. Cheap to clone. To be made on the shard's thread, inside its runtime.
#[derive(Clone)]
pub struct SessionKit(pub(super) Arc<Shared>);

pub(super) struct Shared {
    pub(super) ledger: Arc<dyn Ledger>,
    pub(super) sealer: Arc<Sealer>,
    pub(super) spawner: Arc<dyn Spawn>,
    pub(super) dialler: Arc<Dialler>,
    pub(super) http: Arc<BoundedHttp>,
    tls: Arc<ClientConfig>,
    dialling: Arc<Dialling>,
    reach: Reach,
    pub(super) client_version: Option<(u32, u32, u32)>,
    pub(super) device_name: String,
    pub(super) platform: DevicePlatform,
    /// The fence of each instance's last writer in this process, until it stopped: as many as there are instances here.
    writers: Mutex<HashMap<InstanceId, Retired>>,
}

impl SessionKit {
    /// Checks the settings and prepares TLS and HTTP. Dials nothing. The first kit of the process installs ring as the
    /// protocol's cryptography.
    ///
    /// # Errors
    /// [`SessionError::Config`], naming the setting.
    pub fn new(
        config: SessionKitConfig,
        ledger: Arc<dyn Ledger>,
        sealer: Arc<Sealer>,
        spawner: Arc<dyn Spawn>,
    ) -> Result<SessionKit, SessionError> {
        crypto::install();
        let dialling = Arc::new(Dialling::new(&config.endpoints)?);
        let guard = Arc::new(DialGuard::new(config.test_networks)?);
        let tls = tls::client_config(config.extra_roots_pem.as_deref())?;
        let http = BoundedHttp::new(&tls, dialling.clone(), guard.clone(), None)?;
        let reach = Reach { guard: guard.clone(), allow_private: config.allow_private_proxies };
        check_name(&config.device_name)?;
        let simulated_version = SIMULATED.then_some(SIMULATED_CLIENT_VERSION);
        Ok(SessionKit(Arc::new(Shared {
            ledger,
            sealer,
            dialler: Arc::new(Dialler::new(tls.clone(), dialling.clone(), guard, spawner.clone())),
            tls,
            dialling,
            reach,
            spawner,
            http: Arc::new(http),
            client_version: config.client_version.or(simulated_version),
            device_name: config.device_name,
            platform: config.platform,
            writers: Mutex::new(HashMap::new()),
        })))
    }

    /// The way out of one session: its proxy, if it has one, and its HTTP client.
    ///
    /// # Errors
    /// [`SessionError::Config`] when the proxy cannot be used.
    pub(super) fn way_out(
        &self,
        proxy: Option<&ProxyConfig>,
    ) -> Result<(Option<Proxy>, Arc<BoundedHttp>), SessionError> {
        let shared = &self.0;
        let Some(config) = proxy else { return Ok((None, shared.http.clone())) };
        let unusable =
            |error: ProxyError| ConfigError::Endpoint { name: "proxy", problem: error.to_string() };
        let proxy = Proxy::read(config, shared.reach.clone()).map_err(unusable)?;
        let guard = shared.reach.guard.clone();
        let http = BoundedHttp::new(&shared.tls, shared.dialling.clone(), guard, Some(&proxy))?;
        Ok((Some(proxy), Arc::new(http)))
    }

    /// The rows of one instance, for reading.
    pub(super) fn space(&self, instance: InstanceId) -> Space {
        Space::new(self.0.ledger.clone(), self.0.sealer.clone(), instance)
    }

    /// The rows of one instance, for its only writer: whoever wrote before cannot any more, and all that they wrote is
    /// seen by this one. Two writers would use the same keys twice.
    pub(super) async fn take_over(&self, instance: InstanceId) -> Result<Space, StoreError> {
        let space = self.space(instance);
        let before = self.0.writers.lock().insert(instance, space.fence());
        if let Some(fence) = before {
            fence.store(true, Ordering::Relaxed);
            space.barrier().await?;
        }
        Ok(space)
    }

    /// Forgets a writer that is gone, unless another one took over meanwhile.
    pub(super) fn release(&self, instance: InstanceId, space: &Space) {
        space.retire();
        let mut writers = self.0.writers.lock();
        if writers.get(&instance).is_some_and(|fence| Arc::ptr_eq(fence, &space.fence())) {
            writers.remove(&instance);
        }
    }
}

/// Phones show the name in one line.
fn check_name(name: &str) -> Result<(), ConfigError> {
    const NAME_BYTES_MAX: usize = 50;
    if name.trim().is_empty() || name.len() > NAME_BYTES_MAX || name.chars().any(char::is_control) {
        let problem = format!("must be 1 to {NAME_BYTES_MAX} bytes of printable text");
        return Err(ConfigError::Endpoint { name: "device_name", problem });
    }
    Ok(())
}

/// Small caches: the store is near, and a shard holds thousands of clients.
pub(super) fn cache_config() -> CacheConfig {
    let ttl = Some(CACHE_TTL);
    CacheConfig {
        group_cache: CacheEntryConfig::new(ttl, GROUPS_CACHED_MAX),
        device_registry_cache: CacheEntryConfig::new(ttl, DEVICE_LISTS_CACHED_MAX),
        sender_key_devices_cache: CacheEntryConfig::new(ttl, SENDER_KEY_GROUPS_CACHED_MAX),
        chat_lanes_capacity: CHAT_LANES_MAX,
        sent_message_ttl_secs: SENT_MESSAGE_TTL.as_secs(),
        msg_secret_policy: MsgSecretPolicy::Managed,
        seed_msg_secrets_from_history: false,
        ..CacheConfig::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn device_names_fit_a_line() {
        for good in ["Trunkline", "Tor 3"] {
            assert!(check_name(good).is_ok(), "{good}");
        }
        for bad in ["", "  ", "a\nb", &"x".repeat(51)] {
            assert!(check_name(bad).is_err(), "{bad}");
        }
    }
}
