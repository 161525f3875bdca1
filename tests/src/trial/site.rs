//! An endpoint that fails: it answers late, with an error, not at all, or takes its time to read.

use std::net::{Ipv4Addr, TcpListener};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::Value;
use tokio::sync::oneshot;
use tokio::task::LocalSet;

use crate::judge::Taken;
use crate::limits::TRIAL_DELIVERY_MS;

/// What it does to a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mood {
    /// Takes it.
    Kind,
    /// Reads it slowly, then takes it.
    Slow,
    /// Answers when nobody waits any more.
    Late,
    /// Answers 500.
    Broken,
    /// Hangs up.
    Rude,
}

/// A running endpoint. It ends when this is dropped.
pub(super) struct Site {
    url: String,
    log: Arc<Mutex<Log>>,
    _stop: oneshot::Sender<()>,
}

struct Log {
    taken: Vec<Taken>,
    refused: u64,
    dice: StdRng,
    failing_percent: u32,
}

impl Log {
    fn mood(&mut self) -> Mood {
        if self.dice.random_range(0..100) >= self.failing_percent {
            return Mood::Kind;
        }
        [Mood::Slow, Mood::Late, Mood::Broken, Mood::Rude][self.dice.random_range(0..4)]
    }

    fn take(&mut self, body: &[u8]) {
        let Ok(body) = serde_json::from_slice::<Value>(body) else { return };
        let events = match body.get("data") {
            Some(Value::Array(events)) => events.clone(),
            _ => vec![body],
        };
        self.taken.extend(events.iter().filter_map(taken));
    }
}

fn taken(event: &Value) -> Option<Taken> {
    Some(Taken {
        id: event["id"].as_str()?.to_owned(),
        instance: event["instance"].as_str()?.to_owned(),
        sequence: event["sequence"].as_u64()?,
    })
}

impl Site {
    /// Starts one that is in no good mood with so many deliveries of a hundred.
    pub(super) fn start(seed: u64, failing_percent: u32) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0));
        let listener = listener.unwrap_or_else(|error| panic!("no port for an endpoint: {error}"));
        let address =
            listener.local_addr().unwrap_or_else(|error| panic!("a port without a number: {error}"));
        let dice = StdRng::seed_from_u64(seed);
        let log = Arc::new(Mutex::new(Log { taken: Vec::new(), refused: 0, dice, failing_percent }));
        let (stop, stopped) = oneshot::channel();
        let serving = Arc::clone(&log);
        std::thread::spawn(move || serve(listener, stopped, serving));
        Self { url: format!("http://{address}/hook"), log, _stop: stop }
    }

    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// Everything that it took, in the order of its coming.
    pub(super) fn taken(&self) -> Vec<Taken> {
        self.lock().taken.clone()
    }

    /// Deliveries that it did not take.
    pub(super) fn refused(&self) -> u64 {
        self.lock().refused
    }

    /// Takes everything from now on.
    pub(super) fn calm_down(&self) {
        self.lock().failing_percent = 0;
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Log> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn serve(listener: TcpListener, stopped: oneshot::Receiver<()>, log: Arc<Mutex<Log>>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.unwrap_or_else(|error| panic!("no runtime for an endpoint: {error}"));
    let accepting = async move {
        listener.set_nonblocking(true)?;
        let listener = tokio::net::TcpListener::from_std(listener)?;
        loop {
            let (socket, _) = listener.accept().await?;
            let log = Arc::clone(&log);
            tokio::task::spawn_local(async move {
                let service = service_fn(move |request| answer(request, Arc::clone(&log)));
                // A connection that broke was meant to, or belonged to a gateway that was killed.
                drop(http1::Builder::new().serve_connection(TokioIo::new(socket), service).await);
            });
        }
    };
    LocalSet::new().block_on(&runtime, async {
        tokio::select! {
            ended = accepting => { let _: std::io::Result<()> = ended; }
            _ = stopped => {}
        }
    });
}

/// An endpoint hangs up by failing.
#[derive(Debug, thiserror::Error)]
#[error("the endpoint hangs up")]
struct HungUp;

async fn answer(request: Request<Incoming>, log: Arc<Mutex<Log>>) -> Result<Response<Full<Bytes>>, HungUp> {
    let lock = || log.lock().unwrap_or_else(PoisonError::into_inner);
    let mood = lock().mood();
    if mood == Mood::Slow {
        tokio::time::sleep(Duration::from_millis(TRIAL_DELIVERY_MS / 3)).await;
    }
    let body = request.into_body().collect().await.map_err(|_| HungUp)?.to_bytes();
    let status = match mood {
        Mood::Kind | Mood::Slow => {
            lock().take(&body);
            200
        }
        Mood::Late => {
            lock().refused += 1;
            tokio::time::sleep(Duration::from_millis(TRIAL_DELIVERY_MS * 2)).await;
            200
        }
        Mood::Broken => {
            lock().refused += 1;
            500
        }
        Mood::Rude => {
            lock().refused += 1;
            return Err(HungUp);
        }
    };
    let mut response = Response::new(Full::default());
    *response.status_mut() = hyper::StatusCode::from_u16(status).map_err(|_| HungUp)?;
    Ok(response)
}
