//! Webhooks and consumers as callers of the API have them.

use reqwest::Method;
use serde_json::{Value, json};
use tokio::time::timeout;

use super::{Answer, Api, Gateway, GatewayEvent};
use crate::limits::{COUNTER_POLL_INTERVAL, GATEWAY_EVENT_TIMEOUT};

/// A webhook or consumer of a gateway.
pub struct Endpoint {
    api: Api,
    path: String,
}

/// Events that a consumer was given, and what acknowledges them.
#[derive(Debug, Clone)]
pub struct Pulled {
    /// The events.
    pub events: Vec<GatewayEvent>,
    /// The token; `None` without events.
    pub ack: Option<String>,
}

impl Gateway {
    /// Makes a webhook; `body` is that of `POST /v1/webhooks`.
    pub async fn add_webhook(&self, body: &Value) -> Endpoint {
        self.add_endpoint("/v1/webhooks", body).await
    }

    /// Makes a consumer; `body` is that of `POST /v1/consumers`.
    pub async fn add_consumer(&self, body: &Value) -> Endpoint {
        self.add_endpoint("/v1/consumers", body).await
    }

    async fn add_endpoint(&self, path: &str, body: &Value) -> Endpoint {
        let made = self.api().post(path, body).send().await;
        let id = made.expect(201)["id"].as_str().map(str::to_owned).unwrap_or_default();
        let path = format!("{path}/{id}");
        assert_eq!(made.header("location"), path, "{made}");
        Endpoint { api: self.api().clone(), path }
    }
}

impl Endpoint {
    /// `whk_…`.
    pub fn id(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or_default()
    }

    /// A request below its own path; with a body unless that is null.
    pub async fn ask(&self, method: Method, rest: &str, body: Value) -> Answer {
        let request = self.api.request(method, &format!("{}{rest}", self.path));
        let request = if body.is_null() { request } else { request.json(&body) };
        request.send().await
    }

    /// A GET below its own path.
    pub async fn get(&self, rest: &str) -> Value {
        self.ask(Method::GET, rest, Value::Null).await.expect(200)
    }

    /// A POST below its own path.
    pub async fn post(&self, rest: &str, body: Value) -> Answer {
        self.ask(Method::POST, rest, body).await
    }

    /// Changes it.
    pub async fn change(&self, change: Value) -> Value {
        self.ask(Method::PATCH, "", change).await.expect(200)
    }

    /// As the API shows it now.
    pub async fn view(&self) -> Value {
        self.get("").await
    }

    /// As [`Endpoint::view`], or nothing while nobody answers.
    pub async fn try_view(&self) -> Option<Value> {
        let answer = self.api.get(&self.path).try_send().await.ok()?;
        (answer.status == 200).then(|| answer.json())
    }

    /// Waits until what the API shows of it is as `accept` likes it.
    pub async fn until(&self, what: &str, accept: impl Fn(&Value) -> bool) -> Value {
        let mut last = Value::Null;
        let waiting = timeout(GATEWAY_EVENT_TIMEOUT, async {
            loop {
                last = self.view().await;
                if accept(&last) {
                    return;
                }
                tokio::time::sleep(COUNTER_POLL_INTERVAL).await;
            }
        });
        if waiting.await.is_err() {
            panic!("{} did not come to {what}: {last}", self.path);
        }
        last
    }

    /// Waits until every event was passed, one way or the other.
    pub async fn until_nothing_waits(&self) -> Value {
        self.until("have nothing wait", |view| view["pending"] == 0).await
    }

    /// The next events for a consumer.
    pub async fn pull(&self, limit: usize, wait_ms: u64) -> Pulled {
        let told = self.get(&format!("/events?limit={limit}&wait_ms={wait_ms}")).await;
        let events = serde_json::from_value(told["data"].clone());
        Pulled {
            events: events.unwrap_or_else(|error| panic!("no events: {error}: {told}")),
            ack: told["ack"].as_str().map(str::to_owned),
        }
    }

    /// Says that a consumer has events.
    pub async fn ack(&self, token: &str) {
        self.post("/ack", json!({"ack": token})).await.expect(204);
    }
}
