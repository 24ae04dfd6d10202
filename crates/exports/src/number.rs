//! What a statement writes as text with every digit, as a number again.

use exact::Exact;
use rust_decimal::Decimal;

/// A number as [`Exact`] shows it: a decimal of any length, or a fraction. `None` for other text.
pub fn read(text: &str) -> Option<Exact> {
    if let Some((numerator, denominator)) = text.split_once('/') {
        return read_decimal(numerator)?.over(&read_decimal(denominator)?);
    }
    read_decimal(text)
}

fn read_decimal(text: &str) -> Option<Exact> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    if whole.is_empty() || !whole.bytes().chain(fraction.bytes()).all(|c| c.is_ascii_digit()) {
        return None;
    }
    // Nine digits at a time, as numbers here may be longer than any machine word.
    let mut number = Exact::zero();
    let digits = format!("{whole}{fraction}");
    for chunk in digits.as_bytes().chunks(9) {
        let chunk = std::str::from_utf8(chunk).ok()?;
        let shift = 10u64.pow(u32::try_from(chunk.len()).ok()?);
        number = number * Exact::whole(shift) + Exact::whole(chunk.parse::<u64>().ok()?);
    }
    for _ in 0..fraction.len() {
        number = number.per(10);
    }
    Some(if negative { Exact::zero() - number } else { number })
}

/// A number that is one exactly, with as few digits as it has; `None` if it has more than 28.
pub fn decimal(number: &Exact) -> Option<Decimal> {
    let rounded = number.round(18)?;
    (Exact::from(rounded) == *number).then(|| rounded.normalize())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_exact_shows_can_be_read_again() {
        for text in
            ["0", "916.176", "-12.5", "1/3", "-2/7", "123456789012345678901234567890.000000000001"]
        {
            assert_eq!(read(text).unwrap().to_string(), text);
        }
        for text in ["", "-", ".5", "1,000", "1e5", "1/0", "=1+1", "12 months"] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
