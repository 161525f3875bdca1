//! What several cases do alike.

use serde_json::json;
use tempfile::TempDir;

use crate::error::{Bench, BenchError, During};
use crate::load::{Measured, Request};
use crate::stage::{Fleet, Gateway, GatewayOptions, Service};

/// Number of bytes in a KiB.
pub const KIB: f64 = 1_024.0;

/// The gateway's count of messages that it took.
pub const ACCEPTED: &str = "trunkline_messages_accepted_total";

/// The gateway's count of messages that came in and are in the event log.
pub const RECEIVED: &str = "trunkline_messages_received_total";

/// The gateway's count of connections that ended.
pub const CLOSED: &str = "trunkline_connections_closed_total";

/// The gateway's count of messages that the service acknowledged, or that failed.
pub const SETTLED: &str = "trunkline_message_accept_to_sent_seconds_count";

/// Complains if a message failed: what was measured then is not sending.
///
/// # Errors
/// When one did.
pub async fn none_failed(gateway: &Gateway) -> Bench<()> {
    let failed = gateway.metric("trunkline_message_failures_total", "").await?;
    if failed == 0.0 { Ok(()) } else { Err(BenchError::new(format_args!("{failed} messages failed"))) }
}

/// A measurement in which something was refused is none.
///
/// # Errors
/// When something was.
pub fn whole(measured: Measured) -> Bench<Measured> {
    if measured.refused == 0 {
        return Ok(measured);
    }
    Err(BenchError::new(format_args!("{} of the requests were refused", measured.refused)))
}

/// A service, a gateway, and linked numbers.
pub struct Stage {
    /// The simulated service.
    pub service: Service,
    /// The gateway.
    pub gateway: Gateway,
    /// Its numbers.
    pub fleet: Fleet,
    // Removed when the processes above are gone: fields are dropped in order.
    directory: TempDir,
}

impl Stage {
    /// Starts everything and links `count` numbers.
    ///
    /// # Errors
    /// When something does not start, or a number cannot be linked.
    pub async fn build(count: usize, options: &GatewayOptions) -> Bench<Stage> {
        let directory = directory()?;
        let service = Service::start(directory.path()).await?;
        let gateway = Gateway::start(&service, directory.path(), None, options).await?;
        let fleet = Fleet::link(&service, &gateway, count).await?;
        Ok(Stage { service, gateway, fleet, directory })
    }

    /// Restarts the gateway and waits until every number is open; gives the seconds from the start of the process.
    ///
    /// # Errors
    /// When it does not start, or a number stays away.
    pub async fn restart(self, options: &GatewayOptions) -> Bench<(Stage, f64)> {
        let Stage { service, gateway, fleet, directory } = self;
        let (gateway, began) = gateway.restart(&service, options).await?;
        gateway.wait_until_open(fleet.numbers.len()).await?;
        let seconds = began.elapsed().as_secs_f64();
        Ok((Stage { service, gateway, fleet, directory }, seconds))
    }

    /// The directory of this run.
    pub fn directory(&self) -> &std::path::Path {
        self.directory.path()
    }

    /// Ends everything, and complains if the service's judge does.
    ///
    /// # Errors
    /// The judge's findings: figures of a run that broke the protocol are worth nothing.
    pub async fn strike(self) -> Bench<()> {
        let findings = self.service.findings().await?;
        self.gateway.stop().await;
        self.service.stop().await;
        if findings.is_empty() { Ok(()) } else { Err(BenchError::new(findings.join("; "))) }
    }
}

/// A directory that is gone after the run.
///
/// # Errors
/// When there is no place for one.
pub fn directory() -> Bench<TempDir> {
    tempfile::Builder::new().prefix("trunkline-bench-").tempdir().during("making a directory")
}

/// A request that hands in a text from an instance to a phone number.
pub fn text(instance: &str, to: &str, body: &str) -> Request {
    let json = json!({ "to": format!("+{to}"), "text": { "body": body } });
    Request { path: format!("/v1/instances/{instance}/messages"), body: json.to_string().into() }
}
