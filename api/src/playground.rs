//! The playground: Swagger UI over the OpenAPI document, out of the binary. It asks no other host for anything.

use std::io::{Cursor, Read};
use std::sync::LazyLock;

use bytes::Bytes;
use zip::ZipArchive;

/// The page.
pub(crate) const PAGE: &str = include_str!("playground/page.html");

/// What the page may load and do: everything is this server's own, and nothing may frame it.
pub(crate) const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
    img-src 'self' data:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

const START: &str = include_str!("playground/start.js");

/// A file of the page.
pub(crate) struct File {
    name: &'static str,
    pub(crate) content_type: &'static str,
    pub(crate) bytes: LazyLock<Bytes>,
}

static FILES: [File; 4] = [
    File {
        name: "start.js",
        content_type: "text/javascript",
        bytes: LazyLock::new(|| Bytes::from_static(START.as_bytes())),
    },
    File {
        name: "swagger-ui-bundle.js",
        content_type: "text/javascript",
        bytes: LazyLock::new(|| unpacked("/dist/swagger-ui-bundle.js")),
    },
    File {
        name: "swagger-ui.css",
        content_type: "text/css",
        bytes: LazyLock::new(|| unpacked("/dist/swagger-ui.css")),
    },
    File {
        name: "favicon-32x32.png",
        content_type: "image/png",
        bytes: LazyLock::new(|| unpacked("/dist/favicon-32x32.png")),
    },
];

/// A file of the page by its name.
pub(crate) fn file(name: &str) -> Option<&'static File> {
    FILES.iter().find(|file| file.name == name)
}

/// A file of the archive that is part of the binary; a test holds that each of them is there.
fn unpacked(path: &str) -> Bytes {
    let read = || {
        let mut archive =
            ZipArchive::new(Cursor::new(utoipa_swagger_ui_vendored::SWAGGER_UI_VENDORED)).ok()?;
        // The archive's first folder is named after its version.
        let name =
            archive.file_names().filter_map(Result::ok).find(|name| name.ends_with(path))?.into_owned();
        let mut file = archive.by_name(&name).ok()?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).ok()?;
        Some(Bytes::from(bytes))
    };
    read().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_loads_only_files_that_are_there() {
        let loaded: Vec<&str> =
            PAGE.split(['"', '\'']).filter_map(|piece| piece.strip_prefix("/docs/playground/")).collect();
        assert_eq!(loaded.len(), FILES.len());
        for name in loaded {
            let file = file(name).expect("a file of the page");
            assert!(!file.bytes.is_empty(), "{name}");
        }
        assert!(!PAGE.contains("://"), "the page asks another host");
        assert!(file("../Cargo.toml").is_none());
    }
}
