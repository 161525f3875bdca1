//! What the gateway counts of itself.

use tokio::time::timeout;

use super::Gateway;
use crate::limits::{COUNTER_POLL_INTERVAL, GATEWAY_EVENT_TIMEOUT};

/// One look at `/metrics`.
#[derive(Debug, Clone)]
pub struct Metrics(String);

impl Metrics {
    /// The sum of a metric's samples that have all of these labels, each written as `name="value"`.
    pub fn sum(&self, name: &str, labels: &[&str]) -> f64 {
        self.0.lines().filter_map(|line| sample(line, name, labels)).sum()
    }
}

impl Gateway {
    /// Looks at the metrics; nobody needs a key for that.
    pub async fn metrics(&self) -> Metrics {
        let answer = self.api().get("/metrics").key(None).send().await;
        assert_eq!(answer.status, 200, "{answer}");
        Metrics(String::from_utf8_lossy(&answer.body).into_owned())
    }

    /// Waits until the metrics are as `accept` likes them.
    pub async fn until_metrics(&self, what: &str, accept: impl Fn(&Metrics) -> bool) -> Metrics {
        let mut last = self.metrics().await;
        let waiting = timeout(GATEWAY_EVENT_TIMEOUT, async {
            while !accept(&last) {
                tokio::time::sleep(COUNTER_POLL_INTERVAL).await;
                last = self.metrics().await;
            }
        });
        if waiting.await.is_err() {
            panic!("the metrics do not show {what}:\n{}", last.0);
        }
        last
    }
}

fn sample(line: &str, name: &str, labels: &[&str]) -> Option<f64> {
    let rest = line.strip_prefix(name)?;
    let is_it = rest.starts_with('{') || rest.starts_with(' ');
    if !is_it || !labels.iter().all(|label| rest.contains(label)) {
        return None;
    }
    rest.rsplit(' ').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_are_added_up_by_name_and_labels() {
        let metrics = Metrics("up 1\na{x=\"1\",y=\"1\"} 2\na{x=\"1\",y=\"2\"} 3\nab{x=\"1\"} 9\n".to_owned());
        assert_eq!(metrics.sum("a", &[]), 5.0);
        assert_eq!(metrics.sum("a", &["x=\"1\"", "y=\"2\""]), 3.0);
        assert_eq!(metrics.sum("up", &[]), 1.0);
        assert_eq!(metrics.sum("a", &["x=\"2\""]), 0.0);
    }
}
