//! Files at public addresses.

use schemars::JsonSchema;
use serde::Serialize;

use crate::json::time::Time;
use crate::native::files::Public;

/// Where a file is; the address stands at the top as well.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PublicJson {
    success: bool,
    public_url: String,
    data: PlaceJson,
}

/// A file at a public address.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct PlaceJson {
    public_url: String,
    mimetype: Option<String>,
    file_name: Option<String>,
    size: u64,
    expires_at: Time,
}

impl PublicJson {
    pub(crate) fn of(public: &Public) -> PublicJson {
        let record = &public.record;
        let data = PlaceJson {
            public_url: public.url.clone(),
            mimetype: record.mime_type.clone(),
            file_name: record.file_name.clone(),
            size: record.blob.size_bytes,
            expires_at: Time(record.expires_at_ms),
        };
        PublicJson { success: true, public_url: public.url.clone(), data }
    }
}
