//! E-mail addresses.

use std::fmt;

use lettre::Address;
use serde::Deserialize;

use super::SettingsError;

/// An e-mail address without a name beside it, such as `deals@oracle.example`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub struct EmailAddress(String);

impl EmailAddress {
    /// The address as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for EmailAddress {
    type Error = SettingsError;

    fn try_from(address: String) -> Result<EmailAddress, SettingsError> {
        match address.parse::<Address>() {
            Ok(_) => Ok(EmailAddress(address)),
            Err(_) => Err(SettingsError::Address(address)),
        }
    }
}
