//! How the bucket is reached: the engine's TLS, bounded waits, few retries.

use std::sync::Arc;

use object_store::aws::AmazonS3Builder;
use object_store::client::{HttpClient, HttpConnector};
use object_store::{BackoffConfig, ClientOptions, ObjectStore, RetryConfig};

use super::BucketConfig;
use crate::engine::EngineError;
use crate::limits::{
    BUCKET_CONNECT_TIMEOUT, BUCKET_PAUSE_MAX, BUCKET_RETRIES_MAX, BUCKET_RETRY_TIMEOUT, BUCKET_SILENCE_MAX,
};
use crate::media::guard::tls_config;

/// A client that is made once; the endpoint is the operator's, so nothing guards it.
#[derive(Debug)]
struct Connector(reqwest::Client);

impl HttpConnector for Connector {
    fn connect(&self, _options: &ClientOptions) -> object_store::Result<HttpClient> {
        Ok(HttpClient::new(self.0.clone()))
    }
}

/// Prepares the client. Asks nothing of the service.
///
/// # Errors
/// [`EngineError::Bucket`] when the settings do not fit together.
pub(super) fn connect(config: &BucketConfig) -> Result<Arc<dyn ObjectStore>, EngineError> {
    let client = reqwest::Client::builder()
        .tls_backend_preconfigured(tls_config()?)
        .connect_timeout(BUCKET_CONNECT_TIMEOUT)
        .read_timeout(BUCKET_SILENCE_MAX)
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .user_agent(concat!("Trunkline/", env!("CARGO_PKG_VERSION")))
        .build()
        .map_err(|error| EngineError::Http(error.to_string()))?;
    let retry = RetryConfig {
        backoff: BackoffConfig { max_backoff: BUCKET_PAUSE_MAX, ..BackoffConfig::default() },
        max_retries: BUCKET_RETRIES_MAX,
        retry_timeout: BUCKET_RETRY_TIMEOUT,
    };
    let mut builder = AmazonS3Builder::new()
        .with_http_connector(Connector(client))
        .with_bucket_name(&config.bucket)
        .with_region(&config.region)
        .with_access_key_id(&config.access_key)
        .with_secret_access_key(&config.secret_key)
        .with_virtual_hosted_style_request(!config.path_style)
        // Some services do not know the request that removes several objects.
        .with_disable_bulk_delete(true)
        .with_retry(retry);
    if let Some(endpoint) = &config.endpoint {
        let plain = endpoint.scheme() == "http";
        builder = builder.with_endpoint(endpoint.as_str().trim_end_matches('/')).with_allow_http(plain);
    }
    let store = builder.build().map_err(|error| EngineError::Bucket(error.to_string()))?;
    Ok(Arc::new(store))
}
