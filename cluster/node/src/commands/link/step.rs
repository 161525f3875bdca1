//! What `link` does about what it sees: a pure function of the pairing's view.

use crate::client::Pairing;

/// What has been shown so far.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Shown {
    /// The person wants to type an 8-character code, and it has not been asked for yet.
    pub code_wanted: bool,
    /// The QR code or 8-character code on the screen.
    pub code: Option<String>,
    /// The state that was told.
    pub state: Option<String>,
}

/// What to do next.
#[derive(Debug, PartialEq, Eq)]
pub enum Step {
    /// Nothing new.
    Wait,
    /// The connection is ready to be asked for an 8-character code.
    AskForCode,
    /// A new QR code.
    ShowQr(String),
    /// A new 8-character code.
    ShowCode(String),
    /// Progress worth a line.
    Tell(&'static str),
    /// The number is linked and online.
    Linked,
    /// It will not happen; why, and what to do.
    GiveUp(&'static str),
}

/// Decides, and notes what is shown.
pub fn step(pairing: &Pairing, shown: &mut Shown) -> Step {
    if pairing.state == "awaiting_scan" {
        return code_of(pairing, shown);
    }
    let first_time = shown.state.as_deref() != Some(&pairing.state);
    shown.state = Some(pairing.state.clone());
    let outcome = match pairing.state.as_str() {
        "open" => Step::Linked,
        // Before the first code the instance was new as well; afterwards it means that nobody scanned.
        "new" if shown.code.is_some() => Step::GiveUp("nobody took the codes in time; run the command again"),
        "new" | "connecting" => Step::Wait,
        "pairing" => Step::Tell("The phone accepted; exchanging keys …"),
        "syncing" => Step::Tell("Linked; fetching what arrived meanwhile …"),
        "backing_off" => Step::Tell("The connection was lost; trying again …"),
        "awaiting_passkey" => {
            Step::Tell("WhatsApp asks for a passkey: answer it through POST /v1/instances/{instance}/passkey")
        }
        "conflict" => Step::GiveUp("another client took over this device; disconnect it, then connect again"),
        "restricted" => Step::GiveUp("WhatsApp restricted this account for a time; look at the phone"),
        "parked" => Step::GiveUp("the instance was parked; its reason is in GET /v1/instances/{instance}"),
        "stopped" => Step::GiveUp("somebody disconnected the instance; connect it again"),
        "logged_out" => Step::GiveUp("WhatsApp removed this device; run the command again to link it anew"),
        "deleted" => Step::GiveUp("the instance was deleted meanwhile"),
        _ => Step::Wait,
    };
    match outcome {
        Step::Tell(_) if !first_time => Step::Wait,
        outcome => outcome,
    }
}

fn code_of(pairing: &Pairing, shown: &mut Shown) -> Step {
    if shown.code_wanted && pairing.code.is_none() {
        shown.code_wanted = false;
        return Step::AskForCode;
    }
    let (text, as_code) = match (&pairing.code, &pairing.qr) {
        (Some(code), _) => (&code.text, true),
        (None, Some(qr)) => (&qr.text, false),
        (None, None) => return Step::Wait,
    };
    if shown.code.as_ref() == Some(text) {
        return Step::Wait;
    }
    shown.code = Some(text.clone());
    if as_code { Step::ShowCode(text.clone()) } else { Step::ShowQr(text.clone()) }
}

/// The 8-character code as phones show it: two groups of four.
pub fn grouped(code: &str) -> String {
    match code.split_at_checked(4) {
        Some((head, tail)) if code.len() == 8 => format!("{head}-{tail}"),
        _ => code.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairing(state: &str, qr: Option<&str>, code: Option<&str>) -> Pairing {
        let text = |text: Option<&str>| text.map(|text| serde_json::json!({ "text": text }));
        serde_json::from_value(serde_json::json!({ "state": state, "qr": text(qr), "code": text(code) }))
            .expect("a pairing")
    }

    #[test]
    fn a_link_from_the_first_code_to_the_end() {
        let mut shown = Shown::default();
        let mut check = |state: &str, qr: Option<&str>, expected: Step| {
            assert_eq!(step(&pairing(state, qr, None), &mut shown), expected, "{state}");
        };
        check("new", None, Step::Wait);
        check("connecting", None, Step::Wait);
        check("awaiting_scan", None, Step::Wait);
        check("awaiting_scan", Some("a"), Step::ShowQr("a".into()));
        check("awaiting_scan", Some("a"), Step::Wait);
        check("awaiting_scan", Some("b"), Step::ShowQr("b".into()));
        check("pairing", None, Step::Tell("The phone accepted; exchanging keys …"));
        check("pairing", None, Step::Wait);
        check("connecting", None, Step::Wait);
        check("syncing", None, Step::Tell("Linked; fetching what arrived meanwhile …"));
        check("open", None, Step::Linked);
    }

    #[test]
    fn codes_that_ran_out_end_it() {
        let mut shown = Shown { code: Some("a".into()), ..Shown::default() };
        assert!(matches!(step(&pairing("new", None, None), &mut shown), Step::GiveUp(_)));
        for state in ["conflict", "restricted", "parked", "stopped", "logged_out", "deleted"] {
            assert!(
                matches!(step(&pairing(state, None, None), &mut Shown::default()), Step::GiveUp(_)),
                "{state}"
            );
        }
    }

    #[test]
    fn a_code_to_type_is_asked_for_once_and_goes_before_the_qr_code() {
        let mut shown = Shown { code_wanted: true, ..Shown::default() };
        assert_eq!(step(&pairing("connecting", None, None), &mut shown), Step::Wait);
        assert_eq!(step(&pairing("awaiting_scan", Some("qr"), None), &mut shown), Step::AskForCode);
        let code = pairing("awaiting_scan", Some("qr"), Some("ABCD1234"));
        assert_eq!(step(&code, &mut shown), Step::ShowCode("ABCD1234".into()));
        assert_eq!(step(&code, &mut shown), Step::Wait);
        assert_eq!(grouped("ABCD1234"), "ABCD-1234");
        assert_eq!(grouped("ABCD-1234"), "ABCD-1234");
    }
}
