//! Questions in GraphQL, by the numbers that the protocol crate knows them under.
//!
//! Asked here rather than through that crate's own methods, whose errors keep the code of a refusal in their text alone.

use serde_json::{Value, json};
use wacore::iq::mex::MexResponse;
use wacore::iq::spec::IqSpec;
use wacore::request::InfoQuery;
use wacore_binary::builder::NodeBuilder;
use wacore_binary::{Jid, NodeContent, NodeContentRef, NodeRef, Server};
use whatsapp_rust::anyhow::{self, anyhow};

use super::{Session, iq_error, refused};
use crate::error::{SessionError, shorten};

/// One question.
struct Question {
    id: &'static str,
    payload: Vec<u8>,
}

impl IqSpec for Question {
    type Response = MexResponse;

    fn build_iq(&self) -> InfoQuery<'static> {
        let query = NodeBuilder::new("query").attr("query_id", self.id).bytes(self.payload.clone()).build();
        InfoQuery::get("w:mex", Jid::new("", Server::Pn), Some(NodeContent::Nodes(vec![query])))
    }

    fn parse_response(&self, response: &NodeRef<'_>) -> Result<MexResponse, anyhow::Error> {
        let result = response.get_optional_child("result").ok_or_else(|| anyhow!("no result"))?;
        match result.content.as_ref() {
            Some(NodeContentRef::Bytes(bytes)) => Ok(serde_json::from_slice(bytes)?),
            Some(NodeContentRef::String(text)) => Ok(serde_json::from_str(text)?),
            _ => Err(anyhow!("an empty result")),
        }
    }
}

impl Session {
    /// Asks a question; the member `name` of the data.
    ///
    /// # Errors
    /// What WhatsApp refused it with; [`SessionError::NotFound`] when there is no data.
    pub(super) async fn ask_graph(
        &self,
        id: &'static str,
        name: &'static str,
        variables: Value,
    ) -> Result<Value, SessionError> {
        let payload = json!({ "variables": variables }).to_string().into_bytes();
        let response = self.inner.client.execute(Question { id, payload }).await;
        answer(response.map_err(|error| iq_error(&error))?, name)
    }
}

fn answer(response: MexResponse, name: &str) -> Result<Value, SessionError> {
    if let Some(error) = response.fatal_error() {
        let code = error.error_code().and_then(|code| u16::try_from(code).ok());
        return Err(match code {
            Some(code) => refused(code, &error.message),
            None => SessionError::Refused(shorten(error.message.clone())),
        });
    }
    let found = response.data.and_then(|mut data| data.get_mut(name).map(Value::take));
    found
        .filter(|value| !value.is_null())
        .ok_or_else(|| SessionError::NotFound("the answer is empty".to_owned()))
}

/// A number, written as one or as text.
pub(super) fn number(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str()?.parse().ok())
}

/// A time in seconds, written as a number or as text, in milliseconds.
pub(super) fn milliseconds(value: &Value) -> Option<i64> {
    i64::try_from(number(value)?).ok()?.checked_mul(1_000)
}

/// A word of the service's in lower case.
pub(super) fn word(value: &Value) -> Option<String> {
    value.as_str().filter(|word| !word.is_empty()).map(str::to_ascii_lowercase)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_keeps_its_code() {
        let check = |response: Value, expected: &str| {
            let response = serde_json::from_value(response).expect("a response");
            let got = match answer(response, "thing") {
                Ok(value) => value.to_string(),
                Err(error) => error.label().to_owned(),
            };
            assert_eq!(got, expected);
        };
        let error = |code: Value| json!({"data": null, "errors": [{"message": "no", "extensions": {"error_code": code}}]});
        check(json!({"data": {"thing": {"id": 1}}}), r#"{"id":1}"#);
        check(json!({"data": {"thing": null}}), "WHATSAPP_NOT_FOUND");
        check(json!({"data": null}), "WHATSAPP_NOT_FOUND");
        check(error(json!(404)), "WHATSAPP_NOT_FOUND");
        check(error(json!(403)), "WHATSAPP_FORBIDDEN");
        check(error(json!(409)), "WHATSAPP_REFUSED");
        check(error(Value::Null), "WHATSAPP_REFUSED");
    }

    #[test]
    fn numbers_and_times_come_in_two_forms() {
        assert_eq!((number(&json!("7")), number(&json!(7)), number(&json!(null))), (Some(7), Some(7), None));
        assert_eq!(milliseconds(&json!("1700000000")), Some(1_700_000_000_000));
        assert_eq!(milliseconds(&json!(u64::MAX)), None);
        assert_eq!(word(&json!("NOT_ELIGIBLE")).as_deref(), Some("not_eligible"));
    }
}
