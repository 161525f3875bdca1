//! Linking a device, and losing the link.

use serde_json::json;
use trunkline_model::event::CloseReason;
use trunkline_whatsapp::{Beside, Session, SessionError, SessionEvent};

use super::support::{ADA, Gateway, INSTANCE, OURS, Service, id, text};

#[tokio::test]
async fn a_phone_scans_the_code_and_the_link_survives_a_restart() {
    let service = Service::start().await;
    let mut gateway = Gateway::over_tls(&service);
    assert!(!Session::is_linked(gateway.kit(), INSTANCE).expect("reads"));
    let line = gateway.link(&service).await;
    assert!(line.session.is_connected());
    assert!(line.session.last_frame_age_ms().is_some());
    assert!(line.session.memory_bytes().await > 0);
    line.session.stop().await;
    drop(line);
    gateway.restart().await;
    assert!(Session::is_linked(gateway.kit(), INSTANCE).expect("reads"));
    let mut line = gateway.resume().await;
    assert_eq!(line.send(&id(1), &text(ADA, "after the restart")).await, None);
    assert_eq!(service.inbox(ADA, 1).await.len(), 1);
    line.session.stop().await;
    assert_eq!(line.closed().await.0, CloseReason::Requested);
}

#[tokio::test]
async fn a_code_is_typed_on_the_phone() {
    let service = Service::start().await;
    let gateway = Gateway::over_tls(&service);
    let mut line = gateway.open().await;
    line.session.start();
    line.qr().await;
    for nobody in ["12", "0155500000"] {
        let refused = line.session.request_pairing_code(nobody).await;
        assert!(matches!(refused, Err(SessionError::Invalid(_))), "{refused:?}");
    }
    let asked = line.session.request_pairing_code(OURS).await.expect("a code");
    let told = line
        .until("pairing code", |event| match event {
            SessionEvent::PairingCode { code, .. } => Some(code.clone()),
            _ => None,
        })
        .await;
    assert_eq!(asked.code, told);
    assert_eq!(asked.code.len(), 8);
    let again = line.session.request_pairing_code(OURS).await;
    assert!(matches!(again, Err(SessionError::CodeOnShow(_))), "{again:?}");
    service.post(&format!("/accounts/{OURS}/pairing-code"), json!({ "code": asked.code })).await;
    let account = line.finish_linking().await;
    assert_eq!(account.phone.as_deref(), Some(OURS));
    assert!(account.lid.is_some());
    let again = line.session.request_pairing_code(OURS).await;
    assert!(matches!(again, Err(SessionError::AlreadyLinked)), "{again:?}");
}

#[tokio::test]
async fn logging_out_unlinks_the_device_and_forgets_everything() {
    let service = Service::start().await;
    let mut gateway = Gateway::over_tls(&service);
    let mut line = gateway.link(&service).await;
    assert_eq!(line.send(&id(1), &text(ADA, "before")).await, None);
    line.session.logout().await.expect("logs out");
    assert_eq!(line.closed().await.0, CloseReason::DeviceRemoved);
    drop(line);
    gateway.restart().await;
    assert!(!Session::is_linked(gateway.kit(), INSTANCE).expect("reads"));
    let account = service.get(&format!("/accounts/{OURS}")).await;
    let devices = account["devices"].as_array().expect("a list").iter();
    assert_eq!(devices.filter(|device| device.to_string().contains(":1")).count(), 0, "{account}");
    // The same instance can be linked again.
    gateway.link(&service).await;
}

#[tokio::test]
async fn a_device_that_the_phone_removed_is_told_so() {
    let service = Service::start().await;
    let gateway = Gateway::over_tls(&service);
    let mut line = gateway.link(&service).await;
    let device = service.our_device().await;
    let number = device.split([':', '@']).nth(1).and_then(|number| number.parse::<u16>().ok());
    service.post(&format!("/accounts/{OURS}/unlink"), json!({ "device": number })).await;
    assert_eq!(line.closed().await.0, CloseReason::DeviceRemoved);
    // The credentials stay until the owner wipes them.
    assert!(Session::is_linked(gateway.kit(), INSTANCE).expect("reads"));
    line.session.start();
    assert_eq!(line.closed().await.0, CloseReason::DeviceRemoved);
    Session::wipe(gateway.kit(), INSTANCE).await.expect("wipes");
    assert!(!Session::is_linked(gateway.kit(), INSTANCE).expect("reads"));
}

#[tokio::test]
async fn a_session_without_a_link_says_so() {
    let service = Service::start().await;
    let gateway = Gateway::over_tls(&service);
    let mut line = gateway.open().await;
    assert!(matches!(line.session.logout().await, Err(SessionError::NotLinked)));
    let sent =
        line.session.send(&id(1), &text(ADA, "x"), Beside::default()).await.expect_err("nobody is there");
    assert_eq!((sent.reason(), sent.is_retryable()), ("not_connected", true));
    let read = line.session.mark_read(&format!("{ADA}@s.whatsapp.net"), None, &["A".to_owned()]).await;
    assert!(matches!(read, Err(SessionError::NotConnected)));
    assert_eq!(line.session.last_frame_age_ms(), None);
    line.session.stop().await;
    line.session.stop().await;
    line.session.start();
    assert_eq!(line.closed().await.0, CloseReason::Requested);
}
