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

/// Runs a command that calls a server.
pub fn call(work: impl Future<Output = Result<Exit, ApiError>>) -> Exit {
    install_tls();
    let runtime = match Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            remark(error);
            return Exit::Unavailable;
        }
    };
    match runtime.block_on(work) {
        Ok(exit) => exit,
        Err(error) => {
            remark(&error);
            if matches!(error, ApiError::Unreachable { .. }) { Exit::Unavailable } else { Exit::Failed }
        }
    }
}
