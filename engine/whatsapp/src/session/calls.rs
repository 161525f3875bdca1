//! Calls, as far as they can be dealt with without taking part: who rings, declining, links.

use std::collections::VecDeque;

use trunkline_model::Address;
use trunkline_model::command::{CallCommand, CallEvent, CallStep, Reply};
use wacore::stanza::call::build_reject;
use wacore::stanza::group_call::{build_call_link_create, parse_call_link_create_ack};
use wacore::types::call::{CallAction, IncomingCall, MissedCall};
use wacore::types::group_call::CallLinkMedia;
use wacore_binary::Jid;

use super::Session;
use super::confirmed::stanza_id;
use crate::error::{SessionError, shorten};
use crate::limits::RINGING_CALLS_MAX;
use crate::message::{address_of, party};

/// The calls that ring, with what declining one needs to name.
#[derive(Default)]
pub(super) struct Ringing(VecDeque<Offer>);

struct Offer {
    call: String,
    from: Jid,
    creator: Jid,
}

impl Ringing {
    /// Notes what a signal means for who rings.
    pub(super) fn note(&mut self, signal: &IncomingCall) {
        let call = signal.action.call_id();
        match &signal.action {
            CallAction::Offer { .. } | CallAction::OfferNotice { .. } if !signal.offline => {
                self.forget(call);
                if self.0.len() >= RINGING_CALLS_MAX {
                    self.0.pop_front();
                }
                let creator = signal.action.call_creator().clone();
                self.0.push_back(Offer { call: call.to_owned(), from: signal.from.clone(), creator });
            }
            CallAction::Accept { .. } | CallAction::Reject { .. } | CallAction::Terminate { .. } => {
                self.forget(call)
            }
            _ => {}
        }
    }

    fn forget(&mut self, call: &str) {
        self.0.retain(|offer| offer.call != call);
    }

    fn find(&self, call: &str) -> Option<(Jid, Jid)> {
        let offer = self.0.iter().find(|offer| offer.call == call)?;
        Some((offer.from.clone(), offer.creator.clone()))
    }
}

impl Session {
    /// Does something about calls.
    ///
    /// # Errors
    /// [`SessionError::NotConnected`], [`SessionError::NotFound`] for a call that does not ring, or what WhatsApp answered.
    pub async fn call(&self, command: CallCommand) -> Result<Reply, SessionError> {
        match command {
            CallCommand::Reject { call, from } => {
                self.reject_call(&call, from.as_ref()).await.map(|()| Reply::Done)
            }
            CallCommand::CreateLink { video } => self.create_call_link(video).await.map(Reply::CallLink),
        }
    }

    /// Declines a call, and waits until WhatsApp took note. Who calls is known of a call that rings on this connection;
    /// of any other it has to be said.
    ///
    /// # Errors
    /// [`SessionError::NotConnected`], [`SessionError::Timeout`]; [`SessionError::NotFound`] when it does not ring and nobody
    /// is named; [`SessionError::Invalid`] when `from` is no person.
    pub async fn reject_call(&self, call: &str, from: Option<&Address>) -> Result<(), SessionError> {
        self.connected()?;
        let ringing = self.inner.link.ringing.lock().find(call);
        let (from, creator) = match (ringing, from) {
            (Some(known), _) => known,
            (None, Some(from)) => {
                let caller = address_of(from)
                    .ok_or_else(|| SessionError::Invalid("the caller is nobody".to_owned()))?;
                (caller.clone(), caller)
            }
            (None, None) => return Err(SessionError::NotFound("no such call rings".to_owned())),
        };
        let id = stanza_id()?;
        self.send_confirmed(&id, build_reject(call, &from, &creator, &id)).await?;
        self.inner.link.ringing.lock().forget(call);
        Ok(())
    }

    async fn create_call_link(&self, video: bool) -> Result<String, SessionError> {
        self.connected()?;
        let media = if video { CallLinkMedia::Video } else { CallLinkMedia::Audio };
        let id = stanza_id()?;
        let protocol =
            |error: whatsapp_rust::anyhow::Error| SessionError::Protocol(shorten(error.to_string()));
        let request = build_call_link_create(media, &id).map_err(protocol)?;
        let ack = self.send_confirmed(&id, request).await?;
        Ok(parse_call_link_create_ack(ack.get()).map_err(protocol)?.url())
    }
}

/// What a signal says that callers want to know. Most are about the media of a call.
pub(super) fn call_event(signal: &IncomingCall) -> Option<CallEvent> {
    let mut from = party(&signal.from, None, signal.notify.as_deref());
    let step = match &signal.action {
        CallAction::Offer { caller_pn, is_video, group_jid, .. } => {
            from = party(&signal.from, caller_pn.as_ref(), signal.notify.as_deref());
            CallStep::Offered {
                video: *is_video,
                group: group_jid.as_ref().map(Jid::to_string),
                is_group: group_jid.is_some() || signal.group.is_some(),
            }
        }
        CallAction::OfferNotice { is_video, is_group, .. } => {
            CallStep::Offered { video: *is_video, group: None, is_group: *is_group }
        }
        CallAction::Accept { .. } => CallStep::Accepted { elsewhere: false },
        // A device that is busy declines for itself alone.
        CallAction::Reject { reason, .. } if reason.as_deref() == Some("busy") => return None,
        CallAction::Reject { .. } => ended(Some("rejected"), None),
        CallAction::Terminate { reason, duration, .. } => match reason.as_deref() {
            Some("accepted_elsewhere") => CallStep::Accepted { elsewhere: true },
            Some("rejected_elsewhere") => ended(Some("rejected"), *duration),
            reason => ended(reason, *duration),
        },
        _ => return None,
    };
    let call = signal.action.call_id().to_owned();
    Some(CallEvent { call, from, time_ms: signal.timestamp.timestamp_millis(), step })
}

/// A call that rang while nobody was there.
pub(super) fn missed(call: &MissedCall) -> CallEvent {
    CallEvent {
        call: call.call_id.clone(),
        from: party(&call.from, None, None),
        time_ms: call.timestamp.timestamp_millis(),
        step: ended(Some("missed"), None),
    }
}

fn ended(reason: Option<&str>, duration_seconds: Option<u32>) -> CallStep {
    CallStep::Ended { reason: reason.map(str::to_owned), duration_seconds }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wacore::chrono::DateTime;

    fn signal(action: CallAction) -> IncomingCall {
        let from: Jid = "15550000001:2@s.whatsapp.net".parse().expect("an id");
        IncomingCall::builder()
            .from(from)
            .stanza_id("S".to_owned())
            .notify("Ada".to_owned())
            .timestamp(DateTime::from_timestamp(7, 0).expect("a time"))
            .offline(false)
            .action(action)
            .build()
    }

    fn creator() -> Jid {
        "100000012345678:2@lid".parse().expect("an id")
    }

    fn offer(call: &str) -> CallAction {
        CallAction::Offer {
            call_id: call.to_owned(),
            call_creator: creator(),
            caller_pn: None,
            caller_country_code: None,
            device_class: None,
            joinable: false,
            is_video: true,
            audio: Vec::new(),
            group_jid: None,
        }
    }

    fn terminate(reason: Option<&str>) -> CallAction {
        CallAction::Terminate {
            call_id: "C".to_owned(),
            call_creator: creator(),
            reason: reason.map(str::to_owned),
            duration: Some(9),
            audio_duration: None,
        }
    }

    #[test]
    fn the_steps_that_callers_hear_of() {
        let check = |action: CallAction, expected: Option<CallStep>| {
            let told = call_event(&signal(action));
            assert_eq!(told.as_ref().map(|event| &event.step), expected.as_ref());
            if let Some(event) = told {
                assert_eq!((event.call.as_str(), event.time_ms), ("C", 7_000));
                assert_eq!(event.from.name.as_deref(), Some("Ada"));
            }
        };
        check(offer("C"), Some(CallStep::Offered { video: true, group: None, is_group: false }));
        check(terminate(None), Some(ended(None, Some(9))));
        check(terminate(Some("timeout")), Some(ended(Some("timeout"), Some(9))));
        check(terminate(Some("accepted_elsewhere")), Some(CallStep::Accepted { elsewhere: true }));
        check(terminate(Some("rejected_elsewhere")), Some(ended(Some("rejected"), Some(9))));
        let reject = |reason: Option<&str>| CallAction::Reject {
            call_id: "C".to_owned(),
            call_creator: creator(),
            reason: reason.map(str::to_owned),
        };
        check(reject(None), Some(ended(Some("rejected"), None)));
        check(reject(Some("busy")), None);
        check(CallAction::RelayLatency { call_id: "C".to_owned(), call_creator: creator() }, None);
    }

    #[test]
    fn a_call_rings_until_it_ends_and_so_many_at_most() {
        let mut ringing = Ringing::default();
        ringing.note(&signal(offer("C")));
        assert_eq!(ringing.find("C").map(|(_, creator)| creator), Some(creator()));
        ringing.note(&signal(terminate(None)));
        assert!(ringing.find("C").is_none());
        for n in 0..=RINGING_CALLS_MAX {
            ringing.note(&signal(offer(&n.to_string())));
        }
        assert!(ringing.find("0").is_none() && ringing.find("1").is_some());
    }
}
