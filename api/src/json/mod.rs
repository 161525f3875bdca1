//! JSON of the native API: what is read, what is written. No other module names a field.

pub(crate) mod about;
pub(crate) mod access;
pub(crate) mod account;
pub(crate) mod app;
pub(crate) mod audience;
pub(crate) mod audit;
pub(crate) mod batch;
pub(crate) mod channel;
pub(crate) mod chat;
pub(crate) mod community;
pub(crate) mod consumer;
pub(crate) mod contact;
pub(crate) mod credit;
pub(crate) mod cursor;
pub(crate) mod defaults;
pub(crate) mod descriptor;
pub(crate) mod event;
pub(crate) mod event_retention;
pub(crate) mod fields;
pub(crate) mod file;
pub(crate) mod group;
pub(crate) mod instance;
pub(crate) mod key;
pub(crate) mod member;
pub(crate) mod message;
pub(crate) mod node;
pub(crate) mod pairing;
pub(crate) mod parse;
pub(crate) mod party;
pub(crate) mod place;
pub(crate) mod plan;
pub(crate) mod portable;
pub(crate) mod profile;
pub(crate) mod raw;
pub(crate) mod send;
pub(crate) mod settings;
pub(crate) mod time;
pub(crate) mod webhook;

use schemars::JsonSchema;
use serde::Serialize;

/// A page of a list.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "PageOf{T}")]
pub(crate) struct Page<T> {
    /// The entries.
    pub(crate) data: Vec<T>,
    /// `cursor` of the next page; null when there is none.
    pub(crate) next_cursor: Option<String>,
}

/// A list that is whole.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "ListOf{T}")]
pub(crate) struct List<T> {
    /// The entries.
    pub(crate) data: Vec<T>,
}

/// The body of an operation that takes none: nothing, or `{}`.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Empty {}

/// The bytes of a value. The types of this crate always serialise: their maps have string keys and their numbers are finite.
pub(crate) fn bytes<T: Serialize>(value: &T) -> Vec<u8> {
    let bytes = serde_json::to_vec(value);
    debug_assert!(bytes.is_ok(), "{:?}", bytes.as_ref().err());
    bytes.unwrap_or_default()
}
