//! What the cases about memory do alike: a number's share of a process, peers with numbers at rest, memory over time.

use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::time::{Instant, interval, sleep};

use super::Scale;
use super::support::{KIB, directory};
use crate::error::Bench;
use crate::stage::{Gateway, GatewayOptions, Peer, PeerKind, Service, Usage};

/// How often memory is read.
const LOOK: Duration = Duration::from_secs(5);
/// Looks at the least, however short the time is.
const LOOKS_MIN: u32 = 4;

/// A number's share of what `full` has more than `empty`, in KiB.
pub fn per_number(empty: Usage, full: Usage, count: usize) -> f64 {
    full.rss.saturating_sub(empty.rss) as f64 / KIB / count as f64
}

/// What a gateway without numbers uses.
///
/// # Errors
/// When something does not start.
pub async fn empty_gateway(scale: Scale) -> Bench<Usage> {
    let directory = directory()?;
    let service = Service::start(directory.path()).await?;
    let gateway = Gateway::start(&service, directory.path(), None, &GatewayOptions::default()).await?;
    sleep(scale.settle()).await;
    let usage = gateway.usage()?;
    gateway.stop().await;
    service.stop().await;
    Ok(usage)
}

/// A peer whose numbers are open and have nothing to do.
pub struct RestingPeer {
    /// The peer.
    pub peer: Peer,
    /// What it used before its numbers came.
    pub empty: Usage,
    // Removed when the process above is gone: fields are dropped in order.
    _directory: TempDir,
}

impl RestingPeer {
    /// Starts one and links `count` numbers from `first_pn` on. Where it keeps its logins it is started anew, as the gateway is, so
    /// that nothing of the linking is left in it.
    ///
    /// # Errors
    /// When it does not start, or a number does not open.
    pub async fn start(
        service: &Service,
        kind: PeerKind,
        first_pn: u64,
        count: usize,
        scale: Scale,
    ) -> Bench<RestingPeer> {
        let directory = directory()?;
        let mut peer = Peer::start(kind, service, directory.path())?;
        // The first answer shows that the program is up, and what it needs without numbers.
        peer.ask::<Value>(json!({ "cmd": "status" })).await?;
        let empty = peer.usage()?;
        peer.link(service, first_pn, count).await?;
        if kind != PeerKind::WhatsappRustInMemory {
            peer = peer.restart(service).await?;
            peer.ask::<Value>(json!({ "cmd": "start", "numbers": count, "at_once": 32 })).await?;
        }
        sleep(scale.settle()).await;
        Ok(RestingPeer { peer, empty, _directory: directory })
    }

    /// A number's share of what it uses now, in KiB.
    ///
    /// # Errors
    /// When it is gone.
    pub fn per_number(&self, count: usize) -> Bench<f64> {
        Ok(per_number(self.empty, self.peer.usage()?, count))
    }
}

/// A look at a gateway with numbers.
#[derive(Debug, Clone, Copy)]
pub struct Look {
    /// Seconds since the first look.
    pub seconds: f64,
    /// Resident bytes.
    pub rss: f64,
    /// Numbers that were open.
    pub open: f64,
}

/// Looks at a gateway every few seconds until `until`, at least twice.
///
/// # Errors
/// When it is gone.
pub async fn watch(gateway: &Gateway, until: Instant) -> Bench<Vec<Look>> {
    let began = Instant::now();
    let mut tick = interval(LOOK.min((until - began) / LOOKS_MIN).max(Duration::from_millis(1)));
    let mut looks = Vec::new();
    while looks.len() < 2 || Instant::now() < until {
        tick.tick().await;
        let open = gateway.metric("trunkline_instances", "state=\"open\"").await?;
        let rss = gateway.usage()?.rss as f64;
        looks.push(Look { seconds: began.elapsed().as_secs_f64(), rss, open });
    }
    Ok(looks)
}

/// Growth in KiB per number and hour over the second half of the looks: the first half warms caches up.
pub fn slope(looks: &[Look], count: usize) -> f64 {
    let second_half: Vec<(f64, f64)> =
        looks[looks.len() / 2..].iter().map(|look| (look.seconds, look.rss)).collect();
    least_squares(&second_half) * 3_600.0 / KIB / count as f64
}

fn least_squares(points: &[(f64, f64)]) -> f64 {
    let count = points.len() as f64;
    let mean = |of: fn(&(f64, f64)) -> f64| points.iter().map(of).sum::<f64>() / count;
    let (x, y) = (mean(|point| point.0), mean(|point| point.1));
    let along: f64 = points.iter().map(|point| (point.0 - x).powi(2)).sum();
    if along == 0.0 {
        return 0.0;
    }
    points.iter().map(|point| (point.0 - x) * (point.1 - y)).sum::<f64>() / along
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slopes() {
        assert_eq!(least_squares(&[(0.0, 5.0), (1.0, 7.0), (2.0, 9.0)]), 2.0);
        assert_eq!(least_squares(&[(0.0, 5.0), (1.0, 5.0)]), 0.0);
        assert_eq!(least_squares(&[(1.0, 5.0)]), 0.0);
    }

    #[test]
    fn the_first_half_does_not_count() {
        let look = |seconds: f64, kib: f64| Look { seconds, rss: kib * KIB, open: 2.0 };
        let looks = [look(0.0, 0.0), look(1_800.0, 100.0), look(3_600.0, 100.0), look(7_200.0, 140.0)];
        assert_eq!(slope(&looks, 2), 20.0);
    }
}
