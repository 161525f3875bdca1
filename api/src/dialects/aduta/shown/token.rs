//! Personal tokens.

use schemars::JsonSchema;
use serde::Serialize;
use trunkline_model::command::KeyView;

use crate::json::time::Time;

/// A personal token.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TokenJson {
    id: String,
    name: String,
    created_at: Time,
    last_used_at: Option<Time>,
    expires_at: Option<Time>,
    /// The token itself, when it was just made.
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<String>,
}

impl TokenJson {
    pub(crate) fn of(view: &KeyView) -> TokenJson {
        TokenJson {
            id: view.record.id.to_string(),
            name: view.record.label.clone(),
            created_at: Time(view.record.created_at_ms),
            last_used_at: view.last_used_at_ms.map(Time),
            expires_at: view.record.expires_at_ms.map(Time),
            token: None,
        }
    }

    /// With the token itself.
    pub(crate) fn with(mut self, token: &str) -> TokenJson {
        self.token = Some(token.to_owned());
        self
    }
}
