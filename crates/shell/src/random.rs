//! What nobody is to guess.

use crate::outcome::Failure;

/// 32 random bytes, and their hexadecimal digits.
pub fn secret() -> Result<([u8; 32], String), Failure> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes)?;
    Ok((bytes, bytes.iter().map(|byte| format!("{byte:02x}")).collect()))
}
