use ed25519_dalek::{Signer, SigningKey};
use proptest::prelude::*;
use signing::{Message, Purpose, Signature};

use crate::common::{JOURNAL, Parts, key, parts};

/// RFC 8032, section 7.1: secret key, public key, message, signature.
const VECTORS: [[&str; 4]; 4] = [
    [
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ],
    [
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ],
    [
        "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
    ],
    [
        "833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
        "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
        "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
        "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704",
    ],
];

fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
}

#[test]
fn the_vectors_of_rfc_8032_hold() {
    for [secret, public, message, signature] in VECTORS.map(|row| row.map(bytes)) {
        let seed: [u8; 32] = secret.try_into().unwrap();
        let key = signing::SecretKey::from_seed(&seed.into());
        assert_eq!(key.public().as_bytes()[..], public);
        let peer = SigningKey::from_bytes(&seed);
        assert_eq!(peer.sign(&message).to_bytes()[..], signature);
    }
}

/// The encoding written a second time, from its description.
fn encoding(context: &str, parts: &Parts) -> Vec<u8> {
    let parts = [
        context.as_bytes(),
        &parts.journal,
        parts.party.as_bytes(),
        parts.id.as_bytes(),
        &parts.bytes,
    ];
    parts.iter().flat_map(|part| [&(part.len() as u64).to_le_bytes(), *part].concat()).collect()
}

#[test]
fn what_is_signed_is_the_documented_encoding() {
    let parts = Parts {
        journal: JOURNAL.0,
        purpose: Purpose::Command,
        party: "openai".into(),
        id: "c1".into(),
        bytes: b"{}".to_vec(),
    };
    let expected = encoding("charterparty signed command, format 1", &parts);
    assert_eq!(parts.message().encode(), expected);
    let peer = SigningKey::from_bytes(&[1; 32]);
    assert_eq!(key(1).sign(&parts.message()).to_bytes(), peer.sign(&expected).to_bytes());
}

/// A signature of a point of small order is one for every message under a key of small order; such
/// a key cannot be read, and such a signature passes under no key.
#[test]
fn a_signature_for_everything_is_one_for_nothing() {
    let message = Message {
        journal: JOURNAL,
        purpose: Purpose::Command,
        party: "openai",
        id: "c1",
        bytes: b"{}",
    };
    let mut identity = [0; 64];
    identity[0] = 1;
    assert!(!key(1).public().verifies(&message, &Signature::from_bytes(&identity)));
    assert!(!key(1).public().verifies(&message, &Signature::from_bytes(&[0; 64])));
}

/// The order of the group, little-endian: s + order signs the same, and must not pass.
#[test]
fn a_signature_has_one_form() {
    let message = Message {
        journal: JOURNAL,
        purpose: Purpose::Command,
        party: "openai",
        id: "c1",
        bytes: b"{}",
    };
    let order = bytes("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
    let mut twin = key(1).sign(&message).to_bytes();
    let mut carry = 0;
    for (byte, add) in twin[32..].iter_mut().zip(order) {
        let sum = u16::from(*byte) + u16::from(add) + carry;
        *byte = (sum & 0xff) as u8;
        carry = sum >> 8;
    }
    assert!(key(1).public().verifies(&message, &key(1).sign(&message)));
    assert!(!key(1).public().verifies(&message, &Signature::from_bytes(&twin)));
}

proptest! {
    #[test]
    fn a_signature_is_for_one_message_and_one_key(a in parts(), b in parts(), signer in 0..4u8, other in 0..4u8) {
        let signature = key(signer).sign(&a.message());
        prop_assert!(key(signer).public().verifies(&a.message(), &signature));
        prop_assert_eq!(key(other).public().verifies(&b.message(), &signature), a == b && signer == other);
        prop_assert_eq!(a.message().encode() == b.message().encode(), a == b);
    }

    #[test]
    fn any_flipped_bit_of_a_signature_fails(parts in parts(), bit in 0..512usize) {
        let mut bytes = key(1).sign(&parts.message()).to_bytes();
        bytes[bit / 8] ^= 1 << (bit % 8);
        prop_assert!(!key(1).public().verifies(&parts.message(), &Signature::from_bytes(&bytes)));
    }

    #[test]
    fn any_flipped_bit_of_a_key_fails(parts in parts(), bit in 0..256usize) {
        let signature = key(1).sign(&parts.message());
        let mut bytes = *key(1).public().as_bytes();
        bytes[bit / 8] ^= 1 << (bit % 8);
        if let Ok(other) = signing::PublicKey::from_bytes(&bytes) {
            prop_assert!(!other.verifies(&parts.message(), &signature));
        }
    }

    #[test]
    fn any_flipped_bit_of_what_was_signed_fails(
        parts in parts().prop_filter("something to flip", |parts| !parts.bytes.is_empty()),
        byte in any::<prop::sample::Index>(), bit in 0..8u32,
    ) {
        let signature = key(1).sign(&parts.message());
        let mut changed = parts.clone();
        let place = byte.index(changed.bytes.len());
        changed.bytes[place] ^= 1u8 << bit;
        prop_assert!(!key(1).public().verifies(&changed.message(), &signature));
    }
}
