//! How connections end, and that each end is told once.

use serde_json::json;
use trunkline_model::event::CloseReason;
use trunkline_whatsapp::{Endpoints, SIMULATED, Session, SessionEvent, SessionKitConfig};

use super::support::{ADA, Gateway, INSTANCE, OURS, Service, id, text};

#[tokio::test]
async fn ends_that_the_service_explains() {
    let service = Service::start().await;
    let gateway = Gateway::over_tls(&service);
    let mut line = gateway.link(&service).await;
    let cases = [
        ("stream_error", "503", CloseReason::ServiceUnavailable),
        ("stream_error", "515", CloseReason::StreamRestart),
        ("stream_error", "replaced", CloseReason::Replaced),
        ("stream_error", "device_removed", CloseReason::DeviceRemoved),
        ("failure", "503", CloseReason::ServiceUnavailable),
        ("failure", "402", CloseReason::TemporaryBan),
        ("failure", "405", CloseReason::ClientOutdated),
        ("failure", "403", CloseReason::AccountLocked),
        ("failure", "401", CloseReason::DeviceRemoved),
    ];
    let device = service.our_device().await;
    service.post(&format!("/connections/{device}/drop"), json!({})).await;
    assert_eq!(line.closed().await.0, CloseReason::ConnectionLost);
    for (fault, value, expected) in cases {
        // Each strikes the next login.
        service.post("/faults", json!({"fault": fault, "value": value, "count": 1, "device": device})).await;
        line.session.start();
        let (reason, detail) = line.closed().await;
        assert_eq!(reason, expected, "{fault} {value}: {detail}");
    }
    // Whatever the service said, the same session can log in again.
    line.session.start();
    line.ready().await;
}

#[tokio::test]
async fn a_lost_socket_is_told_once_and_the_next_run_works() {
    let service = Service::start().await;
    let gateway = Gateway::over_tls(&service);
    let mut line = gateway.link(&service).await;
    let device = service.our_device().await;
    for number in 0..3 {
        service.post(&format!("/connections/{device}/drop"), json!({})).await;
        assert_eq!(line.closed().await.0, CloseReason::ConnectionLost);
        // Receipts may still trail behind the end, but the end is told once.
        while let Some(event) = line.events.try_recv() {
            assert_ne!(event.kind(), "closed");
        }
        line.session.start();
        line.session.start();
        line.ready().await;
        assert_eq!(line.send(&id(number), &text(ADA, "still here")).await, None);
    }
    assert_eq!(service.inbox(ADA, 3).await.len(), 3);
}

#[tokio::test]
async fn nobody_listening_is_a_failed_connection() {
    let config = SessionKitConfig {
        // Port 1 of this machine: nothing listens there.
        endpoints: Endpoints { websocket_url: "ws://127.0.0.1:1/ws/chat".into(), ..Endpoints::default() },
        ..SessionKitConfig::default()
    };
    let gateway = Gateway::new(config);
    let mut line = gateway.open().await;
    line.session.start();
    let (reason, detail) = line.closed().await;
    assert_eq!(reason, CloseReason::ConnectFailed, "{detail}");
}

#[tokio::test]
async fn a_service_with_another_certificate_is_not_spoken_to() {
    let service = Service::start().await;
    let endpoints = service.simulator.endpoints();
    let config = SessionKitConfig {
        endpoints: Endpoints { websocket_url: endpoints.wss_url.clone(), ..Endpoints::default() },
        ..SessionKitConfig::default()
    };
    let gateway = Gateway::new(config);
    let mut line = gateway.open().await;
    line.session.start();
    let (reason, detail) = line.closed().await;
    assert_eq!(reason, CloseReason::ConnectFailed);
    assert!(detail.contains("TLS"), "{detail}");
}

#[tokio::test]
async fn a_simulated_build_does_not_dial_the_world() {
    const { assert!(SIMULATED) };
    // TEST-NET-1 (RFC 5737): an address that belongs to nobody, and not to this machine.
    let config = SessionKitConfig {
        endpoints: Endpoints { websocket_url: "wss://192.0.2.1/ws/chat".into(), ..Endpoints::default() },
        ..SessionKitConfig::default()
    };
    let gateway = Gateway::new(config);
    let mut line = gateway.open().await;
    line.session.start();
    let (reason, detail) = line.closed().await;
    assert_eq!(reason, CloseReason::ConnectFailed);
    assert!(detail.contains("simulated build"), "{detail}");
}

#[tokio::test]
async fn plain_websocket_works_too() {
    let service = Service::start().await;
    let endpoints = service.simulator.endpoints();
    let config = SessionKitConfig {
        endpoints: Endpoints { websocket_url: endpoints.ws_url.clone(), ..Endpoints::default() },
        extra_roots_pem: Some(endpoints.ca_pem.clone()),
        ..SessionKitConfig::default()
    };
    let gateway = Gateway::new(config);
    let mut line = gateway.link(&service).await;
    assert_eq!(line.send(&id(1), &text(ADA, "plain")).await, None);
}

#[tokio::test]
async fn stopping_while_pairing_ends_the_run_and_keeps_nothing_linked() {
    let service = Service::start().await;
    let gateway = Gateway::over_tls(&service);
    let mut line = gateway.open().await;
    line.session.start();
    line.qr().await;
    line.session.stop().await;
    let (reason, _) = line.closed().await;
    assert_eq!(reason, CloseReason::Requested);
    assert!(!Session::is_linked(gateway.kit(), INSTANCE).expect("reads"));
}

#[tokio::test]
async fn a_refused_pairing_is_told() {
    let service = Service::start().await;
    let gateway = Gateway::over_tls(&service);
    let mut line = gateway.open().await;
    service.post("/faults", json!({"fault": "bad_account_signature", "pn": OURS, "count": 1})).await;
    line.session.start();
    let code = line.qr().await;
    service.post(&format!("/accounts/{OURS}/scan"), json!({ "qr": code })).await;
    line.until("refusal", |event| matches!(event, SessionEvent::PairFailed { .. }).then_some(())).await;
    assert!(!Session::is_linked(gateway.kit(), INSTANCE).expect("reads"));
}
