//! Load on an HTTP server: as fast as it answers, or at a fixed rate whether it answers or not.
//!
//! At a fixed rate a request's latency counts from the moment at which it was due, not from the moment at which the generator got
//! round to it: a server that stalls must not stop the clock (coordinated omission).

use std::cell::{Cell, RefCell};
use std::time::Duration;

use futures_util::future::try_join_all;
use hdrhistogram::Histogram;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Bytes;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HOST};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::sync::watch;
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

    /// This measurement and a later one of the same, as one.
    ///
    /// # Errors
    /// When the histogram cannot hold both, which only another range of latencies could cause.
    pub fn and(mut self, later: &Measured) -> Bench<Measured> {
        self.succeeded += later.succeeded;
        self.refused += later.refused;
        self.seconds += later.seconds;
        self.latencies.add(&later.latencies).during("adding histograms")?;
        Ok(self)
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
    let play = async {
        let callers = connect(load).await?;
        let began = Instant::now();
        let until = began + duration;
        let calls = callers.into_iter().map(async |mut caller| {
            loop {
                let number = tally.take();
                if number >= count || Instant::now() >= until {
                    return Ok::<(), BenchError>(());
                }
                let since = Instant::now();
                tally.note(since, caller.call((load.request)(number)).await?);
            }
        });
        try_join_all(calls).await?;
        Ok(tally.measured(began))
    };
    LocalSet::new().run_until(play).await
}

/// Sends `rate` requests a second for `duration`, each when it is due or as soon as a connection is free afterwards.
///
/// # Errors
/// When a connection fails.
pub async fn open(load: &Load<'_>, duration: Duration, rate: f64) -> Bench<Measured> {
    let total = (duration.as_secs_f64() * rate) as u64;
    let (_never, stop) = watch::channel(false);
    paced(load, rate, (total, stop)).await
}

/// As [`open`], until `stop` says yes; requests that are under way then are still answered.
///
/// # Errors
/// When a connection fails.
pub async fn open_until(load: &Load<'_>, stop: watch::Receiver<bool>, rate: f64) -> Bench<Measured> {
    paced(load, rate, (u64::MAX, stop)).await
}

/// Sends the n-th request when it is due, up to the number of `end` or its word.
async fn paced(load: &Load<'_>, rate: f64, end: (u64, watch::Receiver<bool>)) -> Bench<Measured> {
    let (total, stop) = end;
    let tally = Tally::new()?;
    let play = async {
        let callers = connect(load).await?;
        let began = Instant::now();
        let calls = callers.into_iter().map(async |mut caller| {
            let mut stop = stop.clone();
            loop {
                let number = tally.take();
                if number >= total {
                    return Ok::<(), BenchError>(());
                }
                let due = began + Duration::from_secs_f64(number as f64 / rate);
                tokio::select! {
                    () = sleep_until(due) => {}
                    _ = stop.wait_for(|stop| *stop) => return Ok(()),
                }
                tally.note(due, caller.call((load.request)(number)).await?);
            }
        });
        try_join_all(calls).await?;
        Ok(tally.measured(began))
    };
    LocalSet::new().run_until(play).await
}

/// All connections, made before the clock starts.
async fn connect(load: &Load<'_>) -> Bench<Vec<Caller>> {
    try_join_all((0..load.connections).map(|_| Caller::connect(load))).await
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
