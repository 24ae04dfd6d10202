use std::net::SocketAddr;
use std::path::PathBuf;

/// Serves the pages and the HTTP API of the workspace.
///
/// Whoever opens a page has to log in. The first start prints a link, good for once, by which the first
/// operator makes an account. Only this machine is listened to unless `--listen` says another address.
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = "\
Examples:
  charter serve
  charter serve --listen 127.0.0.1:9000
  charter serve --gateway                        carry model API calls as well, as charter.toml says
  charter serve --listen 0.0.0.0:443 --url https://charter.example --certificate cert.pem --key key.pem")]
pub struct Args {
    /// The address to listen on
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8480")]
    pub listen: SocketAddr,
    /// How people reach it, where a proxy stands before it; follows from the address if not given
    #[arg(long, value_name = "URL")]
    pub url: Option<String>,
    /// Carry model API calls too, as `charter gateway` does: where `[gateway]` in charter.toml says, or here
    #[arg(long, value_name = "ADDRESS", num_args = 0..=1)]
    #[allow(clippy::option_option, reason = "whether it is there, and whether it says where")]
    pub gateway: Option<Option<SocketAddr>>,
    /// The certificates to serve TLS with, as PEM
    #[arg(long, value_name = "FILE", requires = "key")]
    pub certificate: Option<PathBuf>,
    /// The key of the first certificate, as PEM
    #[arg(long, value_name = "FILE", requires = "certificate")]
    pub key: Option<PathBuf>,
}
