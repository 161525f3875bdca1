//! Deliberate misbehaviour, armed through the control interface.

use serde::{Deserialize, Serialize};

use crate::limits::FAULTS_MAX;

/// Everything that can be made to go wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultKind {
    /// An IQ gets no answer. `value`: `xmlns`, or `xmlns/child`.
    WithholdIq,
    /// Pair-success carries a container whose HMAC is wrong.
    BadHmac,
    /// Pair-success carries a wrong account signature.
    BadAccountSignature,
    /// Key bundles come without a one-time key.
    NoOneTimeKeys,
    /// Messages are refused in their ack. `value`: the code, e.g. `463`.
    AckError,
    /// Logins are refused. `value`: the reason, e.g. `401`, `403`, `405`, `503`, or `402` for a ban.
    Failure,
    /// Right after a login comes a stream error. `value`: a code, `replaced` or `device_removed`.
    StreamError,
    /// Resumption is refused: IK hellos are answered with XXfallback.
    RejectIk,
    /// Stanzas to the client are deflated.
    Compress,
    /// Frames to the client are spread over several WebSocket messages.
    SplitFrames,
    /// Several frames to the client share one WebSocket message.
    CoalesceFrames,
    /// A message is taken in and passed on, then the connection drops instead of the ack.
    DropBeforeAck,
    /// Everything sent to the client waits first. `value`: milliseconds.
    Delay,
    /// A phone does not share its app-state key with new companions.
    NoKeyShare,
    /// Downloads answer 410.
    MediaGone,
    /// Uploads answer 401, as if the media token had expired.
    MediaAuth,
}

/// One armed fault.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// What goes wrong.
    pub fault: FaultKind,
    /// Only for this account (phone number digits); for all if neither this nor `device` is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pn: Option<String>,
    /// Only for this device, as `<pn>:<device>` or a full device JID.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<String>,
    /// How many times it strikes; without end if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<u32>,
    /// Parameter of the fault.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
}

/// Whom a fault may strike.
#[derive(Debug, Clone, Copy)]
pub struct Target<'a> {
    /// Phone number digits; empty while unknown (before login).
    pub pn: &'a str,
    /// Device number.
    pub device: u16,
}

impl Target<'static> {
    /// A client that has not said who it is. Faults limited to an account or device do not strike it.
    pub const ANONYMOUS: Self = Self { pn: "", device: 0 };
}

/// The armed faults.
#[derive(Debug, Default)]
pub struct Faults {
    armed: Vec<Fault>,
}

impl Faults {
    /// Arms `fault`. `false` if too many are armed already.
    pub fn arm(&mut self, fault: Fault) -> bool {
        let room = self.armed.len() < FAULTS_MAX;
        if room {
            self.armed.push(fault);
        }
        room
    }

    /// Disarms every fault.
    pub fn clear(&mut self) {
        self.armed.clear();
    }

    /// The faults armed now.
    pub fn armed(&self) -> &[Fault] {
        &self.armed
    }

    /// Whether `kind` applies to `target`, without using it up; its value.
    pub fn peek(&self, kind: FaultKind, target: Target<'_>) -> Option<&Fault> {
        self.armed.iter().find(|fault| fault.fault == kind && applies(fault, target))
    }

    /// Lets `kind` strike `target` once if armed and `accept`ed: its value, empty if it has none.
    pub fn strike_if(
        &mut self,
        kind: FaultKind,
        target: Target<'_>,
        accept: impl Fn(&str) -> bool,
    ) -> Option<String> {
        let at = self.armed.iter().position(|fault| {
            fault.fault == kind
                && applies(fault, target)
                && accept(fault.value.as_deref().unwrap_or_default())
        })?;
        let value = self.armed[at].value.clone().unwrap_or_default();
        if let Some(count) = &mut self.armed[at].count {
            *count = count.saturating_sub(1);
            if *count == 0 {
                self.armed.remove(at);
            }
        }
        Some(value)
    }

    /// Lets `kind` strike `target` once if armed: its value, empty if it has none.
    pub fn strike(&mut self, kind: FaultKind, target: Target<'_>) -> Option<String> {
        self.strike_if(kind, target, |_| true)
    }
}

fn applies(fault: &Fault, target: Target<'_>) -> bool {
    if let Some(device) = &fault.device {
        let named = device.split_once('@').map_or(device.as_str(), |(user, _)| user);
        let (pn, number) = named.split_once(':').unwrap_or((named, "0"));
        return pn == target.pn && number.parse() == Ok(target.device);
    }
    fault.pn.as_deref().is_none_or(|pn| pn == target.pn)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(json: serde_json::Value) -> Fault {
        serde_json::from_value(json).expect("a fault")
    }

    #[test]
    fn a_counted_fault_strikes_that_often() {
        let mut faults = Faults::default();
        assert!(faults.arm(fault(serde_json::json!({"fault": "ack_error", "count": 2, "value": "463"}))));
        let anyone = Target { pn: "1", device: 1 };
        assert_eq!(faults.strike(FaultKind::Failure, anyone), None);
        assert_eq!(faults.strike(FaultKind::AckError, anyone).as_deref(), Some("463"));
        assert_eq!(faults.strike(FaultKind::AckError, anyone).as_deref(), Some("463"));
        assert_eq!(faults.strike(FaultKind::AckError, anyone), None);
    }

    #[test]
    fn a_fault_strikes_whom_it_names() {
        for (limits, one_one, one_two, two_one) in [
            (serde_json::json!({"fault": "delay"}), true, true, true),
            (serde_json::json!({"fault": "delay", "pn": "1"}), true, true, false),
            (serde_json::json!({"fault": "delay", "device": "1:1"}), true, false, false),
            (serde_json::json!({"fault": "delay", "device": "1:2@s.whatsapp.net"}), false, true, false),
        ] {
            let mut faults = Faults::default();
            faults.arm(fault(limits.clone()));
            let hit = |pn, device| faults.peek(FaultKind::Delay, Target { pn, device }).is_some();
            assert_eq!((hit("1", 1), hit("1", 2), hit("2", 1)), (one_one, one_two, two_one), "{limits}");
        }
    }

    #[test]
    fn misspelt_faults_are_refused() {
        for wrong in [serde_json::json!({"fault": "nope"}), serde_json::json!({"fault": "delay", "cuont": 1})]
        {
            assert!(serde_json::from_value::<Fault>(wrong).is_err());
        }
    }
}
