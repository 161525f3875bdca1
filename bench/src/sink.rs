//! A web server that takes deliveries and measures how old their events are.

use std::convert::Infallible;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use hdrhistogram::Histogram;
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{Method, Request, Response};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::error::{Bench, BenchError, During};
use crate::role;

/// How long the slow path takes to answer.
pub const SLOW: Duration = Duration::from_secs(30);

/// Older events count as being this old.
const OLDEST: Duration = Duration::from_secs(600);

/// What `GET /lag` tells, of everything since the last look, but for what went to the slow path.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Lag {
    /// Events that came.
    pub events: u64,
    /// Median of their ages, in milliseconds.
    pub p50_ms: f64,
    /// 99 of 100 were younger, in milliseconds.
    pub p99_ms: f64,
}

#[derive(Deserialize)]
struct Event {
    time: Timestamp,
}

/// Ages in microseconds.
type Ages = Arc<Mutex<Histogram<u64>>>;

/// `sink`: answers `POST` at once, `POST /slow` after [`SLOW`], and says at `GET /lag` how old the events were when they came.
pub fn play() -> Bench<()> {
    let ages = Histogram::new_with_bounds(1, OLDEST.as_micros() as u64, 3).during("making a histogram")?;
    let ages: Ages = Arc::new(Mutex::new(ages));
    let listener = role::listener(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))?;
    let address = listener.local_addr().during("asking for the address")?;
    let serving = move || {
        role::serve(listener, || {
            let ages = Arc::clone(&ages);
            service_fn(move |request| answer(request, Arc::clone(&ages)))
        });
    };
    let _serving = std::thread::spawn(serving);
    role::announce_and_stay(&json!({ "url": format!("http://{address}") }))
}

async fn answer(request: Request<Incoming>, ages: Ages) -> Result<Response<Full<Bytes>>, Infallible> {
    let (head, body) = request.into_parts();
    let lock = || ages.lock().unwrap_or_else(PoisonError::into_inner);
    if head.method == Method::GET {
        let mut ages = lock();
        let of = |quantile| ages.value_at_quantile(quantile) as f64 / 1_000.0;
        let lag = Lag { events: ages.len(), p50_ms: of(0.5), p99_ms: of(0.99) };
        ages.reset();
        return Ok(Response::new(Full::from(serde_json::to_vec(&lag).unwrap_or_default())));
    }
    let Ok(body) = body.collect().await else { return Ok(Response::default()) };
    if head.uri.path() == "/slow" {
        tokio::time::sleep(SLOW).await;
    } else if let Ok(event) = serde_json::from_slice::<Event>(&body.to_bytes()) {
        let age = Timestamp::now().duration_since(event.time).as_micros();
        let age = u64::try_from(age).unwrap_or(0);
        lock().saturating_record(age);
    }
    Ok(Response::default())
}

/// Asks a sink, and has it begin anew.
///
/// # Errors
/// When it does not answer.
pub async fn ask(url: &str) -> Bench<Lag> {
    let answer = reqwest::get(format!("{url}/lag")).await.during("asking the sink")?;
    let lag: Lag = answer.json().await.during("asking the sink")?;
    if lag.events == 0 { Err(BenchError::new("nothing was delivered to the sink")) } else { Ok(lag) }
}
