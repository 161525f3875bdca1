//! The gateway as a process: `trunkline serve`, against a service.

use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::child::Child;
use super::process::Usage;
use super::service::Service;
use crate::error::{Bench, BenchError};
use crate::limits::{LOOK_EVERY, OPEN_TIMEOUT};
use crate::load::Http;

/// How a gateway is run.
#[derive(Debug, Clone)]
pub struct GatewayOptions {
    /// HTTP threads.
    pub front_threads: usize,
    /// Engine threads.
    pub shards: usize,
    /// Whether engine threads are pinned. Where generator and service share the cores, pinning only gets in their way.
    pub pinned: bool,
    /// Further flags.
    pub flags: Vec<String>,
}

impl Default for GatewayOptions {
    fn default() -> GatewayOptions {
        GatewayOptions { front_threads: 1, shards: 1, pinned: false, flags: Vec::new() }
    }
}

/// A running gateway. The data directory outlives it.
pub struct Gateway {
    child: Child,
    url: String,
    key: String,
    api: Http,
    directory: PathBuf,
}

impl Gateway {
    /// Starts one over the data in `directory`; `key` opens it, if it is not its first start.
    ///
    /// # Errors
    /// When it does not start.
    pub async fn start(
        service: &Service,
        directory: &Path,
        key: Option<&str>,
        options: &GatewayOptions,
    ) -> Bench<Gateway> {
        let endpoints = service.endpoints();
        let data = directory.join("data");
        let master = directory.join("master.key");
        let (front, shards) = (options.front_threads.to_string(), options.shards.to_string());
        let mut arguments = vec![
            "gateway",
            "serve",
            "--listen",
            "127.0.0.1:0",
            "--log-level",
            "warn",
            "--allow-private-fetch=true",
            "--data-dir",
            utf8(&data)?,
            "--master-key-file",
            utf8(&master)?,
            "--front-threads",
            &front,
            "--shards",
            &shards,
            if options.pinned { "--pin-threads=true" } else { "--pin-threads=false" },
            "--whatsapp-url",
            &endpoints.wss_url,
            "--whatsapp-web-url",
            &endpoints.control_url,
            "--whatsapp-media-host",
            &endpoints.media_host,
            "--whatsapp-ca-file",
            utf8(service.ca_file())?,
        ];
        arguments.extend(options.flags.iter().map(String::as_str));
        let mut child = Child::role("the gateway", &arguments, &directory.join("gateway.log"))?;
        let mut key = key.map(str::to_owned);
        let url = loop {
            let line = child.line().await?;
            if line.trim_start().starts_with("tk_") {
                key = Some(line.trim().to_owned());
            }
            if let Some(url) = line.strip_prefix("trunkline listens on ") {
                break url.to_owned();
            }
        };
        let key = key.ok_or_else(|| BenchError::new("the gateway showed no key"))?;
        let api = Http::new(&url, Some(&key))?;
        Ok(Gateway { child, url, key, api, directory: directory.to_owned() })
    }

    /// Its API, for a few calls at a time.
    pub fn api(&self) -> &Http {
        &self.api
    }

    /// Address of its API.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The key of its API.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// What it uses.
    ///
    /// # Errors
    /// When it is gone.
    pub fn usage(&self) -> Bench<Usage> {
        self.child.usage()
    }

    /// The sum of a metric over the series whose labels hold `label` (any, when empty).
    ///
    /// # Errors
    /// When the gateway does not answer.
    pub async fn metric(&self, name: &str, label: &str) -> Bench<f64> {
        let text = self.api.text("/metrics").await?;
        Ok(text.lines().filter_map(|line| sample(line, name, label)).sum())
    }

    /// Waits until `count` numbers are open, and gives the time that took.
    ///
    /// # Errors
    /// When they are not within [`OPEN_TIMEOUT`].
    pub async fn wait_until_open(&self, count: usize) -> Bench<Duration> {
        self.wait_for("trunkline_instances", "state=\"open\"", count as f64, OPEN_TIMEOUT).await
    }

    /// Waits until a metric reaches `target`, and gives the time that took.
    ///
    /// # Errors
    /// When it does not within `patience`.
    pub async fn wait_for(
        &self,
        name: &str,
        label: &str,
        target: f64,
        patience: Duration,
    ) -> Bench<Duration> {
        let began = Instant::now();
        loop {
            let reached = self.metric(name, label).await?;
            if reached >= target {
                return Ok(began.elapsed());
            }
            if began.elapsed() > patience {
                let why = format!("{name}{{{label}}} is {reached}, not {target}, after {patience:?}");
                return Err(BenchError::new(why));
            }
            sleep(LOOK_EVERY).await;
        }
    }

    /// Stops it in good order and starts it again with other options; gives the moment of the start.
    ///
    /// # Errors
    /// When it does not start.
    pub async fn restart(self, service: &Service, options: &GatewayOptions) -> Bench<(Gateway, Instant)> {
        let Gateway { child, key, directory, .. } = self;
        child.stop().await;
        let began = Instant::now();
        let gateway = Gateway::start(service, &directory, Some(&key), options).await?;
        Ok((gateway, began))
    }

    /// Stops it in good order.
    pub async fn stop(self) {
        self.child.stop().await;
    }
}

fn utf8(path: &Path) -> Bench<&str> {
    path.to_str().ok_or_else(|| BenchError::new("the temporary directory's name is not UTF-8"))
}

/// The value of a Prometheus line, if it is of that metric and label.
fn sample(line: &str, name: &str, label: &str) -> Option<f64> {
    let rest = line.strip_prefix(name)?;
    if !(rest.starts_with('{') || rest.starts_with(' ')) || !rest.contains(label) {
        return None;
    }
    rest.rsplit(' ').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_are_found_by_name_and_label() {
        let line = "trunkline_instances{state=\"open\"} 12";
        assert_eq!(sample(line, "trunkline_instances", "state=\"open\""), Some(12.0));
        assert_eq!(sample(line, "trunkline_instances", ""), Some(12.0));
        assert_eq!(sample(line, "trunkline_instances", "state=\"new\""), None);
        assert_eq!(sample(line, "trunkline_inst", ""), None);
        assert_eq!(sample("up 1", "up", ""), Some(1.0));
    }
}
