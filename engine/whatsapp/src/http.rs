//! The HTTP client of the protocol crate: media hosts and the version file, with bounds on size and time.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use async_trait::async_trait;
use bytes::BytesMut;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::header::CONTENT_LENGTH;
use reqwest::{Body, Client, Method, Response, redirect};
use rustls::ClientConfig;
use tokio::runtime::Handle;
use url::{Host, Url};
use wacore::net::{HttpClient, HttpRequest, HttpResponse, StreamingHttpResponse, UploadBody};
use whatsapp_rust::anyhow::{self, Context as _, bail};

mod streaming;

use crate::endpoints::Dialling;
use crate::error::ConfigError;
use crate::guard::DialGuard;
use crate::limits::{
    HTTP_BODY_BYTES_MAX, HTTP_CONNECT_TIMEOUT, HTTP_IDLE_PER_HOST_MAX, HTTP_IDLE_TIMEOUT, HTTP_READ_TIMEOUT,
    HTTP_TOTAL_TIMEOUT, MEDIA_BYTES_MAX, MEDIA_OVERHEAD_BYTES,
};
use crate::proxy::Proxy;

/// Shared by all sessions of a shard that have no proxy of their own. Small bodies are held in memory whole; files are
/// streamed, from and to a thread that may block.
#[derive(Clone)]
pub(crate) struct BoundedHttp {
    client: Client,
    dialling: Arc<Dialling>,
    guard: Arc<DialGuard>,
}

impl BoundedHttp {
    pub(crate) fn new(
        tls: &ClientConfig,
        dialling: Arc<Dialling>,
        guard: Arc<DialGuard>,
        proxy: Option<&Proxy>,
    ) -> Result<BoundedHttp, ConfigError> {
        let unusable = |error: reqwest::Error| ConfigError::Tls(error.without_url().to_string());
        let builder = match proxy {
            // Every name but the proxy's own is resolved by the proxy.
            Some(proxy) => {
                Client::builder().proxy(proxy.for_http().map_err(unusable)?).dns_resolver(proxy.resolver())
            }
            None => Client::builder().no_proxy().dns_resolver(GuardedResolver(guard.clone())),
        };
        let client = builder
            .tls_backend_preconfigured(tls.clone())
            // An answer that redirects is handed to the caller as it is: nobody may lead a session elsewhere.
            .redirect(redirect::Policy::none())
            .connect_timeout(HTTP_CONNECT_TIMEOUT)
            .read_timeout(HTTP_READ_TIMEOUT)
            .timeout(HTTP_TOTAL_TIMEOUT)
            .pool_max_idle_per_host(HTTP_IDLE_PER_HOST_MAX)
            .pool_idle_timeout(HTTP_IDLE_TIMEOUT)
            .build()
            .map_err(unusable)?;
        Ok(BoundedHttp { client, dialling, guard })
    }

    /// A host given as an address never meets the resolver, so it is checked here.
    fn check_literal(&self, url: &Url) -> anyhow::Result<()> {
        let ip = match url.host() {
            Some(Host::Ipv4(ip)) => IpAddr::V4(ip),
            Some(Host::Ipv6(ip)) => IpAddr::V6(ip),
            _ => return Ok(()),
        };
        Ok(self.guard.check(ip)?)
    }
}

impl BoundedHttp {
    /// Sends a request and gives the answer before its body is read. `body` goes instead of the request's own.
    async fn begin(&self, request: HttpRequest, body: Option<(Body, u64)>) -> anyhow::Result<Response> {
        let url = self.dialling.redirect(&request.url).context("the address is malformed")?;
        self.check_literal(&url)?;
        let method = match request.method.as_str() {
            "GET" => Method::GET,
            "POST" => Method::POST,
            other => bail!("method {other} is not used here"),
        };
        let has_body = method == Method::POST;
        let mut builder = self.client.request(method, url);
        for (name, value) in &request.headers {
            builder = builder.header(name, value);
        }
        builder = match (body, request.body) {
            (Some((body, bytes)), _) => builder.header(CONTENT_LENGTH, bytes).body(body),
            (None, Some(body)) => builder.body(body),
            // Left to itself the client would say nothing of a body, and media hosts want a length.
            (None, None) if has_body => builder.header(CONTENT_LENGTH, 0),
            (None, None) => builder,
        };
        // The address carries an authorisation token, so it is taken out of the error.
        Ok(builder.send().await.map_err(reqwest::Error::without_url)?)
    }
}

/// Most bytes of an answer: a file, or something small.
fn body_bytes_max(request: &HttpRequest) -> u64 {
    if request.method == "GET" { MEDIA_BYTES_MAX + MEDIA_OVERHEAD_BYTES } else { HTTP_BODY_BYTES_MAX }
}

#[async_trait]
impl HttpClient for BoundedHttp {
    async fn execute(&self, request: HttpRequest) -> anyhow::Result<HttpResponse> {
        let bytes_max = body_bytes_max(&request);
        let response = self.begin(request, None).await?;
        read_whole(response, bytes_max).await
    }

    fn supports_streaming(&self) -> bool {
        true
    }

    fn execute_streaming(&self, request: HttpRequest) -> anyhow::Result<StreamingHttpResponse> {
        let runtime = Handle::try_current()?;
        let bytes_max = body_bytes_max(&request);
        let response = runtime.block_on(self.begin(request, None))?;
        check_declared(&response, bytes_max)?;
        let status_code = response.status().as_u16();
        Ok(StreamingHttpResponse { status_code, body: streaming::reader(runtime, response, bytes_max) })
    }

    fn supports_upload_streaming(&self) -> bool {
        true
    }

    fn execute_upload(
        &self,
        request: HttpRequest,
        body: UploadBody,
        content_length: u64,
    ) -> anyhow::Result<HttpResponse> {
        let runtime = Handle::try_current()?;
        let bytes_max = body_bytes_max(&request);
        let (body, feed) = streaming::body(body);
        let exchange = async {
            let response = self.begin(request, Some((body, content_length))).await?;
            read_whole(response, bytes_max).await
        };
        // The feeder blocks on the file, which is what this thread is for.
        runtime.block_on(async { futures_util::future::join(exchange, feed).await.0 })
    }
}

fn check_declared(response: &Response, bytes_max: u64) -> anyhow::Result<u64> {
    let declared = response.content_length().unwrap_or(0);
    if declared > bytes_max {
        bail!("the answer has {declared} bytes, at most {bytes_max} are accepted");
    }
    Ok(declared)
}

async fn read_whole(response: Response, bytes_max: u64) -> anyhow::Result<HttpResponse> {
    let status_code = response.status().as_u16();
    let body = read_bounded(response, bytes_max).await?;
    Ok(HttpResponse { status_code, body })
}

async fn read_bounded(mut response: Response, bytes_max: u64) -> anyhow::Result<Vec<u8>> {
    let declared = check_declared(&response, bytes_max)?;
    // A declared length is trusted for one allocation only as far as it is plausible.
    let mut body = BytesMut::with_capacity(declared.min(HTTP_BODY_BYTES_MAX) as usize);
    while let Some(chunk) = response.chunk().await.map_err(reqwest::Error::without_url)? {
        if (body.len() + chunk.len()) as u64 > bytes_max {
            bail!("the answer is longer than the {bytes_max} bytes that are accepted");
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.into())
}

/// The system's resolver, with what it answers passed through the guard.
struct GuardedResolver(Arc<DialGuard>);

impl Resolve for GuardedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let guard = self.0.clone();
        Box::pin(async move {
            // The port is filled in by the caller.
            let resolved: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            let allowed: Addrs = Box::new(guard.filter(resolved)?.into_iter());
            Ok(allowed)
        })
    }
}

#[cfg(test)]
#[path = "http_tests.rs"]
mod tests;
