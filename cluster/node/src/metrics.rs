//! The metrics recorder of the process, and the metrics of the binary itself.

use metrics::{Unit, describe_gauge, gauge};
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};

/// Gauge: 1, with the label `version`.
const BUILD: &str = "trunkline_build_info";

/// Bounds of latency buckets, in seconds: a group commit takes about a millisecond, a media upload up to minutes.
const SECONDS: [f64; 15] =
    [0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 30.0, 120.0];
/// Bounds of buckets of counts.
const COUNTS: [f64; 9] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0];

/// Installs the recorder. Must come before anything that holds handles of metrics.
///
/// # Errors
/// When the process has a recorder already.
pub fn install() -> Result<PrometheusHandle, BuildError> {
    let handle = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &SECONDS)?
        .set_buckets(&COUNTS)?
        .install_recorder()?;
    trunkline_engine::metrics::describe();
    describe_gauge!(BUILD, Unit::Count, "1, with the version that runs");
    gauge!(BUILD, "version" => env!("CARGO_PKG_VERSION")).set(1.0);
    Ok(handle)
}
