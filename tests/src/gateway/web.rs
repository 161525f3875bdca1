//! A small web server on loopback, for what the gateway fetches and posts.

use std::convert::Infallible;
use std::net::{Ipv4Addr, TcpListener};
use std::sync::Arc;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{HeaderMap, Request, Response};
use hyper_util::rt::TokioIo;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::oneshot;

/// A running server. It ends when this is dropped.
pub struct WebServer {
    url: String,
    _stop: oneshot::Sender<()>,
}

/// A request that arrived whole.
#[derive(Debug, Clone)]
pub struct Received {
    /// Path and query.
    pub path: String,
    /// Header fields.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
}

impl WebServer {
    /// Serves on a free port; `answer` gives each answer. Requests are answered one after the other.
    pub fn start(answer: impl Fn(Received) -> Response<Full<Bytes>> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0));
        let listener = listener.unwrap_or_else(|error| panic!("no port for a web server: {error}"));
        let address =
            listener.local_addr().unwrap_or_else(|error| panic!("a port without a number: {error}"));
        let runtime = Builder::new_current_thread().enable_all().build();
        let runtime = runtime.unwrap_or_else(|error| panic!("no runtime for a web server: {error}"));
        let (stop, stopped) = oneshot::channel();
        std::thread::spawn(move || serve(&runtime, listener, stopped, Arc::new(answer)));
        Self { url: format!("http://{address}"), _stop: stop }
    }

    /// Its address, without a trailing slash.
    pub fn url(&self) -> &str {
        &self.url
    }
}

fn serve<A>(runtime: &Runtime, listener: TcpListener, stopped: oneshot::Receiver<()>, answer: Arc<A>)
where
    A: Fn(Received) -> Response<Full<Bytes>> + Send + Sync + 'static,
{
    let serving = async {
        listener.set_nonblocking(true)?;
        let listener = tokio::net::TcpListener::from_std(listener)?;
        loop {
            let (socket, _) = listener.accept().await?;
            let service = service_fn(|request| respond(request, Arc::clone(&answer)));
            // A client that leaves early is its own affair.
            drop(
                http1::Builder::new().keep_alive(false).serve_connection(TokioIo::new(socket), service).await,
            );
        }
    };
    runtime.block_on(async {
        tokio::select! {
            ended = serving => { let _: std::io::Result<()> = ended; }
            _ = stopped => {}
        }
    });
}

async fn respond<A>(request: Request<Incoming>, answer: Arc<A>) -> Result<Response<Full<Bytes>>, Infallible>
where
    A: Fn(Received) -> Response<Full<Bytes>>,
{
    let (head, body) = request.into_parts();
    let body = body.collect().await.map(|body| body.to_bytes()).unwrap_or_default();
    Ok(answer(Received { path: head.uri.to_string(), headers: head.headers, body }))
}

/// Serves one file under every path.
pub struct FileServer(WebServer);

impl FileServer {
    /// Serves these bytes as this type.
    pub fn start(mime_type: &'static str, bytes: Vec<u8>) -> Self {
        let bytes = Bytes::from(bytes);
        Self(WebServer::start(move |_| {
            let mut response = Response::new(Full::new(bytes.clone()));
            response
                .headers_mut()
                .insert(hyper::header::CONTENT_TYPE, hyper::header::HeaderValue::from_static(mime_type));
            response
        }))
    }

    /// Where the file is.
    pub fn url(&self, name: &str) -> String {
        format!("{}/{name}", self.0.url())
    }
}
