use proptest::prelude::*;
use signing::{Fingerprint, ParsePublicKeyError, PublicKey, Seal, Signature};

use crate::common::key;

#[test]
fn a_key_reads_back_as_it_is_written() {
    for number in 0..20 {
        let public = key(number).public();
        assert_eq!(public.to_string().parse(), Ok(public));
        assert_eq!(public.fingerprint().to_string().parse(), Ok(public.fingerprint()));
        let json = serde_json::to_string(&public).unwrap();
        assert_eq!(serde_json::from_str::<PublicKey>(&json).unwrap(), public);
    }
    assert_ne!(key(1).public().fingerprint(), key(2).public().fingerprint());
}

#[test]
fn what_everybody_can_sign_for_is_no_key() {
    let written = |bytes: [u8; 32]| {
        let base64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        let bits: String = bytes.iter().map(|byte| format!("{byte:08b}")).collect();
        let six = |at| usize::from_str_radix(&format!("{:0<6}", &bits[at..256.min(at + 6)]), 2);
        let digits = (0..256).step_by(6).map(|at| base64.as_bytes()[six(at).unwrap()] as char);
        format!("ed25519:{}", digits.collect::<String>())
    };
    assert_eq!(written(*key(1).public().as_bytes()), key(1).public().to_string());
    let mut identity = [0; 32];
    identity[0] = 1;
    // The prime and two: 2^255 - 17 is another spelling of 2, which may or may not be on the curve.
    let mut beyond = [0xff; 32];
    (beyond[0], beyond[31]) = (0xee, 0x7f);
    for bytes in [[0; 32], identity, beyond] {
        assert_eq!(
            written(bytes).parse::<PublicKey>(),
            Err(ParsePublicKeyError::NotAKey),
            "{bytes:?}"
        );
    }
}

#[test]
fn a_key_has_one_spelling() {
    let right = key(1).public().to_string();
    let mut last = right.clone();
    // The last character carries two bits of nothing.
    let other = char::from(last.pop().unwrap() as u8 + 1);
    last.push(other);
    for wrong in [
        right.to_uppercase(),
        right.replace("ed25519:", ""),
        right.replace("ed25519:", "ed25519: "),
        format!("{right}="),
        format!(" {right}"),
        format!("{right}\n"),
        right[..right.len() - 1].to_owned(),
        format!("{right}A"),
        last,
        String::new(),
        "ed25519:".into(),
    ] {
        assert_eq!(wrong.parse::<PublicKey>(), Err(ParsePublicKeyError::Spelling), "{wrong:?}");
    }
    let right = key(1).public().fingerprint().to_string();
    for wrong in [right.replace('-', ""), right.to_uppercase(), format!("{right}-"), "é".repeat(16)]
    {
        assert!(wrong.parse::<Fingerprint>().is_err(), "{wrong:?}");
    }
}

#[test]
fn a_secret_key_is_never_shown() {
    let shown = format!("{:?} {:#?}", key(7), key(7));
    assert!(shown.contains(&key(7).public().to_string()));
    for secret in ["07070707", "7, 7, 7", "BwcHBwcH"] {
        assert!(!shown.contains(secret));
    }
}

proptest! {
    #[test]
    fn reading_never_panics_and_what_is_read_is_written_alike(
        text in prop_oneof![
            ".*", "[A-Za-z0-9_-]{0,90}", "ed25519:[A-Za-z0-9_-]{42,44}", "[0-9a-f-]{32,40}",
            "([0-9a-f]{4}-){7}[0-9a-f]{4}",
        ],
    ) {
        if let Ok(key) = text.parse::<PublicKey>() { prop_assert_eq!(key.to_string(), text.clone()) }
        if let Ok(short) = text.parse::<Fingerprint>() { prop_assert_eq!(short.to_string(), text.clone()) }
        if let Ok(signature) = text.parse::<Signature>() { prop_assert_eq!(signature.to_string(), text.clone()) }
        if let Ok(seal) = text.parse::<Seal>() { prop_assert_eq!(seal.to_string(), text) }
    }

    #[test]
    fn a_changed_character_is_another_key_or_none(place in 0..51usize, character in any::<char>()) {
        let right = key(1).public().to_string();
        let changed: String =
            right.chars().enumerate().map(|(at, old)| if at == place { character } else { old }).collect();
        prop_assert_eq!(changed.parse() == Ok(key(1).public()), changed == right);
    }
}
