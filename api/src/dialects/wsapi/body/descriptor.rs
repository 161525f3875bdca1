//! A file on WhatsApp's media hosts, as clients of the first generation describe it.

use schemars::JsonSchema;
use serde::Deserialize;
use trunkline_model::Failure;
use trunkline_model::inbound::InboundMedia;

use crate::json::descriptor::{Described, Names};
use crate::json::fields::{Base64, Problems};

/// The whole description that came with an event.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct DescriptorBody {
    /// `image`, `video`, `audio`, `voice`, `document` or `sticker`.
    media_type: Option<String>,
    /// Where it is; only its path counts.
    url: Option<String>,
    /// The same as a path on the media hosts.
    direct_path: Option<String>,
    /// Key that opens it.
    media_key: Option<Base64>,
    mime_type: Option<String>,
    file_length: Option<u64>,
    /// SHA-256 of the plain file.
    #[serde(rename = "fileSHA256", alias = "fileSha256")]
    file_sha256: Option<Base64>,
    /// SHA-256 of the encrypted file.
    #[serde(rename = "fileEncSHA256", alias = "fileEncSha256")]
    file_enc_sha256: Option<Base64>,
    file_name: Option<String>,
}

const NAMES: Names = Names {
    kind: "mediaType",
    direct_path: "directPath",
    media_key: "mediaKey",
    file_sha256: "fileSHA256",
    file_enc_sha256: "fileEncSHA256",
    size_bytes: "fileLength",
    file_name: "fileName",
};

impl DescriptorBody {
    /// The file.
    ///
    /// # Errors
    /// `VALIDATION` with every field that is wrong.
    pub(crate) fn read(self) -> Result<InboundMedia, Failure> {
        let given = |bytes: Option<Base64>| bytes.filter(|Base64(bytes)| !bytes.is_empty());
        let described = Described {
            kind: self.media_type.map(|word| word.to_ascii_lowercase()),
            direct_path: self.direct_path,
            url: self.url,
            media_key: self.media_key,
            file_sha256: given(self.file_sha256),
            file_enc_sha256: self.file_enc_sha256,
            size_bytes: self.file_length,
            mime_type: self.mime_type,
            file_name: super::super::given(self.file_name),
        };
        let mut problems = Problems::default();
        let media = described.read(&mut problems, &NAMES);
        problems.or(media)
    }
}
