//! Load on an HTTP server: as fast as it answers, or at a fixed rate whether it answers or not.
//!
//! At a fixed rate a request's latency counts from the moment at which it was due, not from the moment at which the generator got
//! round to it: a server that stalls must not stop the clock (coordinated omission).

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use hdrhistogram::Histogram;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Bytes;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HOST};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::task::LocalSet;
use tokio::time::{Instant, sleep_until};

use crate::error::{Bench, BenchError, During};
use crate::limits::{ANSWER_BYTES_MAX, LATENCY_DIGITS, LATENCY_US_MAX};

/// One request.
#[derive(Debug, Clone)]
pub struct Request {
    /// Path and query.
    pub path: String,
    /// JSON.
    pub body: Bytes,
}

/// What is sent to whom.
pub struct Load<'a> {
    /// `http://address:port`.
    pub url: &'a str,
    /// Shown as bearer token.
    pub key: &'a str,
    /// Connections that are kept open.
    pub connections: usize,
    /// The n-th request.
    pub request: &'a dyn Fn(u64) -> Request,
}

/// What was measured.
#[derive(Debug)]
pub struct Measured {
    /// Answers with a 2xx status.
    pub succeeded: u64,
    /// Other answers.
    pub refused: u64,
    /// From the first request to the last answer, in seconds.
    pub seconds: f64,
    latencies: Histogram<u64>,
}

impl Measured {
    /// Successes per second.
    pub fn rate(&self) -> f64 {
        self.succeeded as f64 / self.seconds
    }

    /// A quantile of the latency, in milliseconds.
    pub fn quantile_ms(&self, quantile: f64) -> f64 {
        self.latencies.value_at_quantile(quantile) as f64 / 1_000.0
    }
}

struct Tally {
    next: Cell<u64>,
    succeeded: Cell<u64>,
    refused: Cell<u64>,
    latencies: RefCell<Histogram<u64>>,
}

impl Tally {
    fn new() -> Bench<Tally> {
        let latencies =
            Histogram::new_with_bounds(1, LATENCY_US_MAX, LATENCY_DIGITS).during("making a histogram")?;
        Ok(Tally {
            next: Cell::new(0),
            succeeded: Cell::new(0),
            refused: Cell::new(0),
            latencies: RefCell::new(latencies),
        })
    }

    fn take(&self) -> u64 {
        self.next.replace(self.next.get() + 1)
    }

    fn note(&self, since: Instant, success: bool) {
        let outcome = if success { &self.succeeded } else { &self.refused };
        outcome.set(outcome.get() + 1);
        let micros = u64::try_from(since.elapsed().as_micros()).unwrap_or(LATENCY_US_MAX);
        self.latencies.borrow_mut().saturating_record(micros.max(1));
    }

    fn measured(&self, began: Instant) -> Measured {
        Measured {
            succeeded: self.succeeded.get(),
            refused: self.refused.get(),
            seconds: began.elapsed().as_secs_f64(),
            latencies: self.latencies.borrow().clone(),
        }
    }
}

/// Sends as fast as the server answers, on every connection, for `duration` or until `count` requests were sent.
///
/// # Errors
/// When a connection fails.
pub async fn closed(load: &Load<'_>, duration: Duration, count: u64) -> Bench<Measured> {
    let tally = Tally::new()?;
    let local = LocalSet::new();
    let began = Instant::now();
    let until = began + duration;
    let callers = (0..load.connections).map(|_| async {
        let mut caller = Caller::connect(load).await?;
        loop {
            let number = tally.take();
            if number >= count || Instant::now() >= until {
                return Ok::<(), BenchError>(());
            }
            let since = Instant::now();
            tally.note(since, caller.call((load.request)(number)).await?);
        }
    });
    local.run_until(futures_util::future::try_join_all(callers)).await?;
    Ok(tally.measured(began))
}

/// Sends `rate` requests a second for `duration`, each when it is due or as soon as a connection is free afterwards.
///
/// # Errors
/// When a connection fails.
pub async fn open(load: &Load<'_>, duration: Duration, rate: f64) -> Bench<Measured> {
    let tally = Rc::new(Tally::new()?);
    let local = LocalSet::new();
    let began = Instant::now();
    let total = (duration.as_secs_f64() * rate) as u64;
    let callers = (0..load.connections).map(|_| async {
        let mut caller = Caller::connect(load).await?;
        loop {
            let number = tally.take();
            if number >= total {
                return Ok::<(), BenchError>(());
            }
            let due = began + Duration::from_secs_f64(number as f64 / rate);
            sleep_until(due).await;
            tally.note(due, caller.call((load.request)(number)).await?);
        }
    });
    local.run_until(futures_util::future::try_join_all(callers)).await?;
    Ok(tally.measured(began))
}

/// One connection.
struct Caller {
    sender: SendRequest<Full<Bytes>>,
    host: String,
    bearer: String,
}

impl Caller {
    #[allow(clippy::disallowed_methods, reason = "the connection's own task, on the generator's thread")]
    async fn connect(load: &Load<'_>) -> Bench<Caller> {
        let host = load.url.trim_start_matches("http://").to_owned();
        let stream = TcpStream::connect(&host).await.during("connecting")?;
        stream.set_nodelay(true).during("connecting")?;
        let (sender, connection) = handshake(TokioIo::new(stream)).await.during("connecting")?;
        tokio::task::spawn_local(connection);
        Ok(Caller { sender, host, bearer: format!("Bearer {}", load.key) })
    }

    /// Whether the answer is a success.
    async fn call(&mut self, request: Request) -> Bench<bool> {
        self.sender.ready().await.during("calling")?;
        let request = hyper::Request::post(request.path)
            .header(HOST, &self.host)
            .header(AUTHORIZATION, &self.bearer)
            .header(CONTENT_TYPE, "application/json")
            .body(Full::new(request.body))
            .during("calling")?;
        let answer = self.sender.send_request(request).await.during("calling")?;
        let success = answer.status().is_success();
        let body = Limited::new(answer.into_body(), ANSWER_BYTES_MAX);
        body.collect().await.map_err(BenchError::new)?;
        Ok(success)
    }
}
