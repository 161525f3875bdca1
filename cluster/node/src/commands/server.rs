//! What the commands that talk to a running server have in common.

use tokio::runtime::Builder;

use crate::client::{Api, ApiError, install_tls};
use crate::console::remark;
use crate::exit::Exit;

/// Which server, and who asks.
#[derive(Debug, clap::Args)]
pub struct ServerFlags {
    /// Address of the server
    #[arg(long, env = "TRUNKLINE_URL", default_value = "http://127.0.0.1:8080")]
    url: String,
    /// API key
    #[arg(long, env = "TRUNKLINE_KEY", hide_env_values = true)]
    key: String,
}

impl ServerFlags {
    /// The server's API.
    ///
    /// # Errors
    /// [`ApiError::Garbled`] when the address is no HTTP URL.
    pub fn api(&self) -> Result<Api, ApiError> {
        Api::new(&self.url, self.key.clone())
    }
}

/// Waits for work that calls a server; `None`, which has been told, when there are no threads for it.
pub fn block_on<T>(work: impl Future<Output = T>) -> Option<T> {
    install_tls();
    match Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => Some(runtime.block_on(work)),
        Err(error) => {
            remark(error);
            None
        }
    }
}

/// Runs a command that calls a server.
pub fn call(work: impl Future<Output = Result<Exit, ApiError>>) -> Exit {
    match block_on(work) {
        None => Exit::Unavailable,
        Some(Ok(exit)) => exit,
        Some(Err(error)) => {
            remark(&error);
            if matches!(error, ApiError::Unreachable { .. }) { Exit::Unavailable } else { Exit::Failed }
        }
    }
}
