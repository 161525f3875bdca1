//! The HTTP client of the protocol crate: media hosts and the version file, with bounds on size and time.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use async_trait::async_trait;
use bytes::BytesMut;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::header::CONTENT_LENGTH;
use reqwest::{Client, Method, Response, redirect};
use rustls::ClientConfig;
use url::{Host, Url};
use wacore::net::{HttpClient, HttpRequest, HttpResponse};
use whatsapp_rust::anyhow::{self, Context as _, bail};

use crate::endpoints::Dialling;
use crate::error::ConfigError;
use crate::guard::DialGuard;
use crate::limits::{
    HTTP_BODY_BYTES_MAX, HTTP_CONNECT_TIMEOUT, HTTP_IDLE_PER_HOST_MAX, HTTP_IDLE_TIMEOUT, HTTP_READ_TIMEOUT,
    HTTP_TOTAL_TIMEOUT, MEDIA_BYTES_MAX, MEDIA_OVERHEAD_BYTES,
};

/// Shared by all sessions of a shard. Bodies are held in memory whole: the protocol crate opens them in place.
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
    ) -> Result<BoundedHttp, ConfigError> {
        let client = Client::builder()
            .tls_backend_preconfigured(tls.clone())
            .dns_resolver(GuardedResolver(guard.clone()))
            // An answer that redirects is handed to the caller as it is: nobody may lead a session elsewhere.
            .redirect(redirect::Policy::none())
            .no_proxy()
            .connect_timeout(HTTP_CONNECT_TIMEOUT)
            .read_timeout(HTTP_READ_TIMEOUT)
            .timeout(HTTP_TOTAL_TIMEOUT)
            .pool_max_idle_per_host(HTTP_IDLE_PER_HOST_MAX)
            .pool_idle_timeout(HTTP_IDLE_TIMEOUT)
            .build()
            .map_err(|error| ConfigError::Tls(error.to_string()))?;
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

#[async_trait]
impl HttpClient for BoundedHttp {
    async fn execute(&self, request: HttpRequest) -> anyhow::Result<HttpResponse> {
        let is_get = request.method == "GET";
        let body_bytes_max =
            if is_get { MEDIA_BYTES_MAX + MEDIA_OVERHEAD_BYTES } else { HTTP_BODY_BYTES_MAX };
        let url = self.dialling.redirect(&request.url).context("the address is malformed")?;
        self.check_literal(&url)?;
        let method = match request.method.as_str() {
            "GET" => Method::GET,
            "POST" => Method::POST,
            other => bail!("method {other} is not used here"),
        };
        let mut builder = self.client.request(method, url);
        for (name, value) in &request.headers {
            builder = builder.header(name, value);
        }
        match request.body {
            Some(body) => builder = builder.body(body),
            // Left to itself the client would say nothing of a body, and media hosts want a length.
            None if !is_get => builder = builder.header(CONTENT_LENGTH, 0),
            None => {}
        }
        // The address carries an authorisation token, so it is taken out of the error.
        let response = builder.send().await.map_err(reqwest::Error::without_url)?;
        let status_code = response.status().as_u16();
        let body = read_bounded(response, body_bytes_max).await?;
        Ok(HttpResponse { status_code, body })
    }
}

async fn read_bounded(mut response: Response, bytes_max: u64) -> anyhow::Result<Vec<u8>> {
    let declared = response.content_length().unwrap_or(0);
    if declared > bytes_max {
        bail!("the answer has {declared} bytes, at most {bytes_max} are accepted");
    }
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
