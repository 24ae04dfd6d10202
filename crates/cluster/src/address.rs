//! Where a scheduler is.

use std::str::FromStr;

use crate::Failure;

/// The address of a scheduler, as `http://HOST:PORT`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scheduler {
    /// A name or an address.
    pub host: String,
    /// The port.
    pub port: u16,
}

impl FromStr for Scheduler {
    type Err = Failure;

    fn from_str(text: &str) -> Result<Self, Failure> {
        let address = text.strip_prefix("http://").map(|rest| rest.trim_end_matches('/'));
        let parts = address.and_then(|address| address.rsplit_once(':'));
        match parts.map(|(host, port)| (host.to_string(), port.parse())) {
            Some((host, Ok(port))) if !host.is_empty() => Ok(Self { host, port }),
            _ => Err("expected one such as `http://127.0.0.1:50050`".into()),
        }
    }
}

impl std::fmt::Display for Scheduler {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "http://{}:{}", self.host, self.port)
    }
}

#[cfg(test)]
mod tests {
    use super::Scheduler;

    #[test]
    fn the_url_of_a_scheduler_names_host_and_port() {
        for text in ["http://127.0.0.1:50050", "http://127.0.0.1:50050/"] {
            let scheduler: Scheduler = text.parse().unwrap();
            assert_eq!(scheduler.to_string(), "http://127.0.0.1:50050");
        }
        for text in ["", "127.0.0.1:50050", "http://127.0.0.1", "http://:1", "https://a:1"] {
            assert!(text.parse::<Scheduler>().is_err(), "{text}");
        }
    }
}
