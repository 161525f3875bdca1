//! Personal tokens.

use trunkline_model::Failure;
use trunkline_model::limits::KEY_LABEL_BYTES_MAX;

use super::twofold;
use crate::dialects::aduta::given;
use crate::json::fields::Problems;
use crate::json::time::{now_ms, read_time};

twofold! {
    /// A personal token that is to be made.
    TokenBody, TokenOthers {
        /// What it is for.
        name / "label": String,
        /// When it ends, in RFC 3339; never when it is left out.
        expires_at / "expiresAt": String,
    }
}

impl TokenBody {
    /// Its name, and when it ends, in milliseconds since the Unix epoch.
    ///
    /// # Errors
    /// `VALIDATION` with every field that is wrong.
    pub(crate) fn read(self) -> Result<(String, Option<i64>), Failure> {
        let body = self.merged();
        let mut problems = Problems::default();
        let name = given(body.name).unwrap_or_default();
        problems.bound("name", &name, KEY_LABEL_BYTES_MAX);
        if name.trim().is_empty() {
            problems.add("name", "is missing");
        }
        let end = given(body.expires_at).and_then(|text| read_time(&mut problems, "expiresAt", &text));
        if end.is_some_and(|end_ms| end_ms <= now_ms()) {
            problems.add("expiresAt", "is over");
        }
        problems.or(Some((name, end)))
    }
}
