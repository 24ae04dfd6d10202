//! Virtual keys: who is calling, what for, and how much of it.

mod budget;
mod pace;

use std::collections::HashMap;
use std::sync::Arc;

use jiff::Timestamp;
use subtle::ConstantTimeEq;

use crate::config::{Departure, KeySettings, Mistake};
use crate::standing::Subject;

pub use budget::{Budget, Reservation, Spent};
pub use pace::{AllLeft, Left, Pace, Slower};

/// A virtual key, without the key itself.
#[derive(Debug)]
pub struct Key {
    /// Its place among all keys, for [`Ring::by_number`].
    pub number: usize,
    /// What it is called in rows and figures.
    pub name: Arc<str>,
    /// Who is billed.
    pub customer: Arc<str>,
    /// The product it calls for.
    pub product: Arc<str>,
    /// The channel it calls through.
    pub channel: Arc<str>,
    /// The place of its channel and product among [`Ring::subjects`].
    pub subject: usize,
    /// What becomes of an answer whose client has left.
    pub departure: Departure,
    /// How fast it may call.
    pub pace: Pace,
    /// How much it may use.
    pub budget: Option<Budget>,
    hash: blake3::Hash,
    models: Option<Vec<String>>,
    expires: Option<Timestamp>,
}

/// All virtual keys.
#[derive(Debug, Default)]
pub struct Ring {
    /// By the first bytes of the hash: whoever shows a key cannot choose them.
    keys: HashMap<u64, Vec<Arc<Key>>>,
    in_order: Vec<Arc<Key>>,
    subjects: Vec<Subject>,
}

impl Ring {
    /// Reads all keys. Those that `before` had with the same limits go on counting where they were.
    ///
    /// # Errors
    /// All that is wrong, so that one run reports it.
    pub fn of(settings: &[KeySettings], before: Option<&Ring>) -> Result<Ring, Vec<Mistake>> {
        let mut ring = Ring::default();
        let mut mistakes = Vec::new();
        let mut names = std::collections::HashSet::new();
        for settings in settings {
            if !names.insert(&settings.name) {
                mistakes.push(Mistake::new("key", &settings.name, "is there twice"));
            }
            match ring.key(settings, before) {
                Ok(key) => {
                    let key = Arc::new(key);
                    ring.in_order.push(key.clone());
                    ring.keys.entry(prefix(&key.hash)).or_default().push(key);
                }
                Err(wrong) => mistakes.push(Mistake::new("key", &settings.name, wrong)),
            }
        }
        if mistakes.is_empty() { Ok(ring) } else { Err(mistakes) }
    }

    fn key(&mut self, settings: &KeySettings, before: Option<&Ring>) -> Result<Key, String> {
        let hash = settings.hash.strip_prefix("blake3:").unwrap_or_default();
        let hash = blake3::Hash::from_hex(hash)
            .map_err(|_| "`hash` is not `blake3:` and 64 hexadecimal digits".to_string())?;
        let subject =
            Subject { channel: settings.channel.clone(), product: settings.product.clone() };
        let known = self.subjects.iter().position(|known| *known == subject);
        let number = known.unwrap_or_else(|| {
            self.subjects.push(subject);
            self.subjects.len() - 1
        });
        let old = before.and_then(|ring| ring.all().find(|key| *key.name == *settings.name));
        let (requests, tokens) = (settings.requests_per_minute, settings.tokens_per_minute);
        Ok(Key {
            number: self.in_order.len(),
            name: settings.name.as_str().into(),
            customer: settings.customer.as_str().into(),
            product: settings.product.as_str().into(),
            channel: settings.channel.as_str().into(),
            subject: number,
            departure: settings.when_client_leaves,
            pace: Pace::new(requests, tokens, old.map(|key| &key.pace))?,
            budget: match &settings.budget {
                Some(limits) => {
                    let old = old.and_then(|key| key.budget.as_ref());
                    Some(Budget::new(limits, old)?)
                }
                None => None,
            },
            hash,
            models: settings.models.clone(),
            expires: settings.expires,
        })
    }

    /// The key that somebody shows, if it is known and holds.
    pub fn find(&self, shown: &[u8], now: Timestamp) -> Option<&Arc<Key>> {
        let hash = blake3::hash(shown);
        let same = |key: &&Arc<Key>| bool::from(key.hash.as_bytes().ct_eq(hash.as_bytes()));
        let key = self.keys.get(&prefix(&hash))?.iter().find(same)?;
        key.expires.is_none_or(|expires| now < expires).then_some(key)
    }

    /// The different channels and products of the keys, by number.
    pub fn subjects(&self) -> &[Subject] {
        &self.subjects
    }

    /// Whether all keys are one customer's.
    pub fn is_of_one_customer(&self) -> bool {
        let mut customers = self.all().map(|key| &key.customer);
        let first = customers.next();
        customers.all(|customer| Some(customer) == first)
    }

    /// Every key.
    pub fn all(&self) -> impl Iterator<Item = &Arc<Key>> {
        self.in_order.iter()
    }

    /// The key at a place, if there is one.
    pub fn by_number(&self, number: usize) -> Option<&Arc<Key>> {
        self.in_order.get(number)
    }
}

impl Key {
    /// Whether it may ask for a model of this name.
    pub fn may_ask_for(&self, model: &str) -> bool {
        self.models.as_ref().is_none_or(|models| models.iter().any(|known| known == model))
    }
}

fn prefix(hash: &blake3::Hash) -> u64 {
    let (prefix, _) = hash.as_bytes().split_first_chunk().expect("a hash has 32 bytes");
    u64::from_le_bytes(*prefix)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(name: &str, secret: &str) -> KeySettings {
        KeySettings {
            name: name.to_string(),
            hash: format!("blake3:{}", blake3::hash(secret.as_bytes()).to_hex()),
            customer: "c".to_string(),
            product: "api".to_string(),
            channel: "direct".to_string(),
            models: Some(vec!["gpt-4o".to_string()]),
            expires: Some("2026-01-02T00:00:00Z".parse().unwrap()),
            requests_per_minute: None,
            tokens_per_minute: None,
            budget: None,
            when_client_leaves: Departure::Drain,
        }
    }

    #[test]
    fn a_key_holds_until_it_expires() {
        let ring = Ring::of(&[settings("a", "one"), settings("b", "two")], None).unwrap();
        for (shown, at, expected) in [
            ("one", "2026-01-01T23:59:59Z", Some("a")),
            ("two", "2026-01-01T00:00:00Z", Some("b")),
            ("two", "2026-01-02T00:00:00Z", None),
            ("three", "2026-01-01T00:00:00Z", None),
            ("", "2026-01-01T00:00:00Z", None),
        ] {
            let found = ring.find(shown.as_bytes(), at.parse().unwrap());
            assert_eq!(found.map(|key| &*key.name), expected, "{shown} {at}");
        }
        assert_eq!(ring.subjects().len(), 1);
        let key = ring.all().next().unwrap();
        assert!(key.may_ask_for("gpt-4o") && !key.may_ask_for("gpt-5"));
    }

    #[test]
    fn one_name_is_one_key() {
        let mut other = settings("a", "two");
        other.hash = "blake3:12".to_string();
        let mistakes = Ring::of(&[settings("a", "one"), other], None).unwrap_err();
        assert_eq!(mistakes.len(), 2, "{mistakes:?}");
    }
}
