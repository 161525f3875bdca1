//! What this binary is when a case starts it as a child: the gateway, the simulated service, or a bare web server.

use std::ffi::OsString;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::process::ExitCode;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::header::CONTENT_TYPE;
use hyper::service::{HttpService, service_fn};
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use serde_json::json;
use socket2::{Domain, Protocol, Socket, Type};
use trunkline_simulator::{Simulator, SimulatorConfig};

use crate::error::{Bench, BenchError, During};

/// Plays the role that the arguments after [`ROLE`](crate::stage::ROLE) name; `None` when they name none.
pub fn play(arguments: &[OsString]) -> Option<ExitCode> {
    let (role, rest) = arguments.split_first()?;
    match role.to_str()? {
        "gateway" => {
            let mut full = vec![OsString::from("trunkline")];
            full.extend_from_slice(rest);
            Some(trunkline::run(full))
        }
        "service" => Some(told(service(rest))),
        "echo" => Some(told(echo(rest))),
        "sink" => Some(told(crate::sink::play())),
        "poster" => Some(told(poster(rest))),
        "frames" => Some(told(crate::cases::play_frames(rest))),
        "store-filler" => Some(told(crate::cases::fill_store(rest))),
        _ => None,
    }
}

#[allow(clippy::print_stderr, reason = "a child tells its parent why it ends")]
fn told(outcome: Bench<()>) -> ExitCode {
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn number(arguments: &[OsString], at: usize) -> Bench<usize> {
    let text = arguments.get(at).and_then(|text| text.to_str());
    text.and_then(|text| text.parse().ok()).ok_or_else(|| BenchError::new("a number is missing"))
}

/// Says one line and lives until the parent closes its end of standard input.
///
/// # Errors
/// When there is no parent to say it to.
pub fn announce_and_stay(line: &serde_json::Value) -> Bench<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}").during("announcing")?;
    out.flush().during("announcing")?;
    drop(out);
    std::io::stdin().read_to_end(&mut Vec::new()).during("waiting for the parent").map(drop)
}

/// `service THREADS`: the simulated WhatsApp service.
fn service(arguments: &[OsString]) -> Bench<()> {
    raise_open_files();
    let config = SimulatorConfig { threads: number(arguments, 0)?, ..SimulatorConfig::default() };
    let simulator = Simulator::start_blocking(&config).during("starting the simulated service")?;
    let endpoints = simulator.endpoints();
    announce_and_stay(&json!({
        "ws_url": endpoints.ws_url,
        "wss_url": endpoints.wss_url,
        "control_url": endpoints.control_url,
        "media_host": endpoints.media_host,
        "root_public_key": hex(&endpoints.root_public_key),
        "ca_pem": endpoints.ca_pem,
    }))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// `echo THREADS`: hyper that reads a body and answers 202 with a small JSON body, and does nothing else.
fn echo(arguments: &[OsString]) -> Bench<()> {
    let threads = number(arguments, 0)?;
    let first = listener(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))?;
    let address = first.local_addr().during("asking for the address")?;
    let mut listeners = vec![first];
    for _ in 1..threads {
        listeners.push(listener(address)?);
    }
    let _serving: Vec<JoinHandle<()>> = listeners
        .into_iter()
        .map(|listener| std::thread::spawn(move || serve(listener, || service_fn(answer))))
        .collect();
    announce_and_stay(&json!({ "url": format!("http://{address}") }))
}

/// `poster URL BYTES CONNECTIONS SECONDS`: hyper that posts a body again and again on each of its connections, and does nothing else.
fn poster(arguments: &[OsString]) -> Bench<()> {
    let url = arguments.first().and_then(|text| text.to_str()).unwrap_or_default();
    let address = url.trim_start_matches("http://").to_owned();
    let body = Bytes::from(vec![b'7'; number(arguments, 1)?]);
    let until = Instant::now() + Duration::from_secs(number(arguments, 3)? as u64);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().during("starting")?;
    let posting = (0..number(arguments, 2)?).map(|_| post_until(&address, &body, until));
    let counts = runtime.block_on(futures_util::future::try_join_all(posting))?;
    let cpu_seconds = crate::stage::Usage::of(std::process::id()).during("looking at itself")?.cpu_seconds;
    announce_and_stay(&json!({ "posted": counts.iter().sum::<u64>(), "cpu_seconds": cpu_seconds }))
}

#[allow(clippy::disallowed_methods, reason = "a bare client is what is being measured")]
async fn post_until(address: &str, body: &Bytes, until: Instant) -> Bench<u64> {
    let stream = tokio::net::TcpStream::connect(address).await.during("connecting")?;
    drop(stream.set_nodelay(true));
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.during("connecting")?;
    tokio::spawn(connection);
    let mut count = 0;
    while Instant::now() < until {
        let request = Request::post("/hook")
            .header(hyper::header::HOST, address)
            .header(CONTENT_TYPE, "application/json")
            .body(Full::new(body.clone()))
            .during("making a request")?;
        let answer = sender.send_request(request).await.during("posting")?;
        answer.into_body().collect().await.during("posting")?;
        count += 1;
    }
    Ok(count)
}

/// A listener that can share its port with others.
///
/// # Errors
/// When the system has none to give.
pub fn listener(address: SocketAddr) -> Bench<std::net::TcpListener> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, Some(Protocol::TCP)).during("making a socket")?;
    socket.set_reuse_port(true).during("sharing a port")?;
    socket.set_nonblocking(true).during("making a socket")?;
    socket.bind(&address.into()).during("binding")?;
    socket.listen(1_024).during("listening")?;
    Ok(socket.into())
}

/// Serves on this thread, each connection with a service of its own.
#[allow(clippy::disallowed_methods, reason = "a bare server is what is being measured")]
pub fn serve<S>(listener: std::net::TcpListener, service: impl Fn() -> S)
where
    S: HttpService<Incoming, ResBody = Full<Bytes>> + Send + 'static,
    S::Future: Send,
    S::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else { return };
    runtime.block_on(async move {
        let Ok(listener) = tokio::net::TcpListener::from_std(listener) else { return };
        while let Ok((stream, _)) = listener.accept().await {
            // Without it, an answer may wait for the peer's delayed acknowledgement.
            drop(stream.set_nodelay(true));
            let connection = hyper::server::conn::http1::Builder::new()
                .timer(TokioTimer::new())
                .serve_connection(TokioIo::new(stream), service());
            tokio::spawn(connection);
        }
    });
}

async fn answer(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, hyper::Error> {
    let body = request.into_body().collect().await?.to_bytes();
    let mut answer = Response::new(Full::new(Bytes::from(format!("{{\"read\":{}}}", body.len()))));
    *answer.status_mut() = StatusCode::ACCEPTED;
    answer.headers_mut().insert(CONTENT_TYPE, hyper::header::HeaderValue::from_static("application/json"));
    Ok(answer)
}

/// Lets this process hold as many sockets as the system allows.
pub fn raise_open_files() {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: `limit` is a valid rlimit; the first call fills it in, the second only reads it.
    unsafe {
        if libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut limit) == 0 {
            limit.rlim_cur = limit.rlim_max;
            libc::setrlimit(libc::RLIMIT_NOFILE, &raw const limit);
        }
    }
}
