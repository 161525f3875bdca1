//! Bytes as JavaScript programs write them into JSON.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::PortableError;

/// A JSON document with the place that it came from.
#[derive(Clone)]
pub(super) struct Node<'a> {
    place: String,
    value: &'a Value,
}

impl<'a> Node<'a> {
    pub(super) fn new(place: impl Into<String>, value: &'a Value) -> Node<'a> {
        Node { place: place.into(), value }
    }

    pub(super) fn value(&self) -> &'a Value {
        self.value
    }

    pub(super) fn wrong(&self, problem: &str) -> PortableError {
        PortableError::unreadable(self.place.clone(), problem)
    }

    /// A member that may be absent or null.
    pub(super) fn optional(&self, name: &str) -> Option<Node<'a>> {
        let value = self.value.get(name).filter(|value| !value.is_null())?;
        Some(Node { place: format!("{}.{name}", self.place), value })
    }

    pub(super) fn member(&self, name: &str) -> Result<Node<'a>, PortableError> {
        self.optional(name).ok_or_else(|| self.wrong(&format!("has no `{name}`")))
    }

    /// The members of an object, by name.
    pub(super) fn members(
        &self,
    ) -> Result<impl Iterator<Item = (&'a String, Node<'a>)> + use<'a>, PortableError> {
        let place = self.place.clone();
        let object = self.value.as_object().ok_or_else(|| self.wrong("is not an object"))?;
        Ok(object.iter().map(move |(name, value)| (name, Node { place: format!("{place}.*"), value })))
    }

    pub(super) fn text(&self) -> Result<&'a str, PortableError> {
        self.value.as_str().ok_or_else(|| self.wrong("is not a text"))
    }

    /// A whole number, also one in a text.
    pub(super) fn integer(&self) -> Result<i64, PortableError> {
        let number = match self.value {
            Value::Number(number) => number.as_i64().or_else(|| number.as_f64().map(|float| float as i64)),
            Value::String(text) => text.parse().ok(),
            _ => None,
        };
        number.ok_or_else(|| self.wrong("is not a whole number"))
    }

    pub(super) fn unsigned(&self) -> Result<u32, PortableError> {
        u32::try_from(self.integer()?).map_err(|_| self.wrong("is not a number from 0 to 2^32"))
    }

    /// Bytes: base64, `{"type":"Buffer","data":…}`, an array of numbers, or an object with numbers for keys.
    pub(super) fn bytes(&self) -> Result<Vec<u8>, PortableError> {
        bytes(self.value).ok_or_else(|| self.wrong("has no bytes"))
    }

    pub(super) fn array<const N: usize>(&self) -> Result<[u8; N], PortableError> {
        let bytes = self.bytes()?;
        bytes.try_into().map_err(|_| self.wrong(&format!("has not {N} bytes")))
    }

    /// A public key, with or without the byte of its type.
    pub(super) fn public_key(&self) -> Result<[u8; 32], PortableError> {
        let bytes = self.bytes()?;
        let raw = match bytes.as_slice() {
            [0x05, raw @ ..] if raw.len() == 32 => raw,
            raw => raw,
        };
        raw.try_into().map_err(|_| self.wrong("is no public key"))
    }
}

fn bytes(value: &Value) -> Option<Vec<u8>> {
    match value {
        Value::String(text) => STANDARD.decode(text).ok(),
        Value::Array(items) => items.iter().map(byte).collect(),
        Value::Object(members) if members.get("type").is_some_and(|kind| kind == "Buffer") => {
            bytes(members.get("data")?)
        }
        Value::Object(members) => {
            let mut numbered: Vec<(usize, u8)> = members
                .iter()
                .map(|(index, value)| Some((index.parse().ok()?, byte(value)?)))
                .collect::<Option<_>>()?;
            numbered.sort_unstable_by_key(|(index, _)| *index);
            let is_whole = numbered.iter().enumerate().all(|(at, (index, _))| at == *index);
            is_whole.then(|| numbered.into_iter().map(|(_, byte)| byte).collect())
        }
        _ => None,
    }
}

fn byte(value: &Value) -> Option<u8> {
    u8::try_from(value.as_u64()?).ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn bytes_are_read_in_every_form() {
        for value in [
            json!("AQID"),
            json!({"type": "Buffer", "data": "AQID"}),
            json!({"type": "Buffer", "data": [1, 2, 3]}),
            json!([1, 2, 3]),
            json!({"0": 1, "1": 2, "2": 3}),
        ] {
            assert_eq!(Node::new("x", &value).bytes().ok(), Some(vec![1, 2, 3]), "{value}");
        }
        for value in [json!(7), json!("no base64!"), json!([256]), json!({"0": 1, "2": 3}), json!(null)] {
            assert!(Node::new("x", &value).bytes().is_err(), "{value}");
        }
    }

    #[test]
    fn what_is_wrong_is_named_without_its_content() {
        let value = json!({"noiseKey": {"private": "secret!"}});
        let node = Node::new("creds.json", &value);
        let error = node.member("noiseKey").and_then(|key| key.member("private")).and_then(|key| key.bytes());
        let shown = error.expect_err("no bytes").to_string();
        assert!(shown.contains("creds.json.noiseKey.private") && !shown.contains("secret"), "{shown}");
    }
}
