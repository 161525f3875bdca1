//! Linking a companion by an eight-character code: the service relays between companion and phone.

use wacore_binary::Node;
use wacore_binary::builder::NodeBuilder;

use super::pairing::ScanError;
use super::{AccountId, ConnId, Session, World};
use crate::iq::{self, IqError};
use crate::phone::{CompanionFinish, PhoneError};
use crate::stanza::{attr, attr_jid, child_array, child_bytes, leaf, service};

/// Random bytes behind a link reference.
const REF_BYTES: usize = 24;

/// Pairing by code as far as it got.
pub(super) struct ByCode {
    account: AccountId,
    reference: String,
    wrapped_ephemeral: [u8; 80],
}

impl World {
    pub(super) fn on_pairing_code_step(&mut self, conn: ConnId, request: &Node, step: &Node) {
        let answer = match attr(step, "stage").as_deref() {
            Some("companion_hello") => self.companion_hello(conn, step).map(|child| vec![child]),
            Some("companion_finish") => {
                // The companion waits for this answer before it would accept pair-success.
                self.send(conn, iq::result(request, Vec::new()));
                self.companion_finish(conn, step);
                return;
            }
            _ => Err(IqError::BAD_REQUEST),
        };
        let stanza = match answer {
            Ok(children) => iq::result(request, children),
            Err(error) => iq::error(request, error),
        };
        self.send(conn, stanza);
    }

    fn companion_hello(&mut self, conn: ConnId, step: &Node) -> Result<Node, IqError> {
        let account =
            attr_jid(step, "jid").and_then(|jid| self.accounts.of(&jid)).ok_or(IqError::NOT_FOUND)?;
        let wrapped_ephemeral = child_array(step, "link_code_pairing_wrapped_companion_ephemeral_pub")
            .ok_or(IqError::BAD_REQUEST)?;
        let noise = child_array::<32>(step, "companion_server_auth_key_pub").ok_or(IqError::BAD_REQUEST)?;
        let reference = self.reference("3@", REF_BYTES);
        let pairing = self.pairing_mut(conn).ok_or(IqError::NOT_FOUND)?;
        if pairing.noise != noise {
            return Err(IqError::BAD_REQUEST);
        }
        pairing.by_code = Some(ByCode { account, reference: reference.clone(), wrapped_ephemeral });
        Ok(NodeBuilder::new("link_code_companion_reg")
            .attr("stage", "companion_hello")
            .children([leaf("link_code_pairing_ref", reference)])
            .build())
    }

    /// The person types a code on the account's phone. The code is not checked here: a wrong one shows
    /// when the companion's answer does not open.
    ///
    /// # Errors
    /// [`ScanError`] if no client waits for a code of this account, or the code is malformed.
    pub fn enter_pairing_code(&mut self, account: AccountId, code: &str) -> Result<(), ScanError> {
        let waiting = self.sessions.iter().filter_map(|(conn, session)| match session {
            Session::Pairing(pairing) => {
                pairing.by_code.as_ref().filter(|by| by.account == account).map(|by| (*conn, by))
            }
            Session::Device(_) => None,
        });
        // The newest client, should several wait.
        let (conn, by_code) = waiting.max_by_key(|(conn, _)| *conn).ok_or(ScanError::NobodyWaiting)?;
        let (wrapped, reference) = (by_code.wrapped_ephemeral, by_code.reference.clone());
        let hello = self
            .with_phone(account, |phone, _| phone.enter_pairing_code(code, &wrapped, reference.as_bytes()))
            .ok_or_else(|| ScanError::Phone("busy".to_owned()))?
            .map_err(|error| ScanError::Phone(error.to_string()))?;
        let step = NodeBuilder::new("link_code_companion_reg")
            .attr("stage", "primary_hello")
            .children([
                leaf("link_code_pairing_wrapped_primary_ephemeral_pub", hello.wrapped_ephemeral),
                leaf("primary_identity_pub", hello.identity),
                leaf("link_code_pairing_ref", hello.link_ref),
            ])
            .build();
        let notification = NodeBuilder::new("notification")
            .attr("from", service())
            .attr("type", "link_code_companion_reg")
            .attr("id", self.stanza_id())
            .attr("t", self.now_s())
            .children([step])
            .build();
        self.send(conn, notification);
        Ok(())
    }

    fn companion_finish(&mut self, conn: ConnId, step: &Node) {
        let Some(by_code) = self.pairing_mut(conn).and_then(|pairing| pairing.by_code.take()) else { return };
        let account = by_code.account;
        if let Err(why) = self.finish_by_code(conn, &by_code, step) {
            self.counters.pairings_refused += 1;
            self.outcome(account, &format!("refused: {why}"));
        }
    }

    fn finish_by_code(&mut self, conn: ConnId, by_code: &ByCode, step: &Node) -> Result<(), String> {
        let field = |name| child_bytes(step, name).map(|bytes| bytes.into_owned());
        let finish = CompanionFinish {
            wrapped_key_bundle: field("link_code_pairing_wrapped_key_bundle").ok_or("no key bundle")?,
            companion_identity: child_array(step, "companion_identity_public")
                .ok_or("no companion identity")?,
            link_ref: field("link_code_pairing_ref")
                .unwrap_or_else(|| by_code.reference.clone().into_bytes()),
        };
        let secret = self
            .with_phone(by_code.account, |phone, _| phone.finish_pairing_code(&finish))
            .ok_or("the phone is busy")?
            .map_err(|error: PhoneError| error.to_string())?;
        self.sign_in(conn, by_code.account, secret.0).map_err(|error| error.to_string())
    }
}
