//! Who has which key, who signed what, and who has to.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use journal::Event;
use serde::Deserialize;
use signing::{
    JournalId, KeyEvent, KeyRegistered, KeyRevoked, NotAdmitted, NotVerified, Registry, SecretKey,
    Signed, key_file,
};
use thiserror::Error;

use super::{Workspace, cases};
use crate::outcome::Failure;

/// The kinds of events that are said by parties, and signed by those that have keys.
const SAID: [&str; 3] = [cases::COMMAND, cases::DECLARED, cases::METERED];

/// The keys of all parties, and the journal they sign for.
#[derive(Debug, Clone, Default)]
pub struct Signatures {
    /// The keys, as all events so far leave them.
    pub registry: Registry,
    journal: Option<JournalId>,
}

/// What is wrong with a signature in the journal.
#[derive(Debug, Error)]
pub enum Wrong {
    #[error("its change of keys does not count: {0}")]
    Keys(#[from] NotAdmitted),
    #[error("its signature does not count: {0}")]
    Signature(#[from] NotVerified),
    #[error("it is of `{0}`, which has a key, and is not signed")]
    Unsigned(String),
    #[error("its signature is of `{signer}`, but it is recorded as one of `{actor}`")]
    Another { signer: String, actor: String },
    #[error("it cannot be read: {0}")]
    Unreadable(#[from] serde_json::Error),
}

/// A command in the journal, as far as signatures go.
#[derive(Deserialize)]
struct Commanded {
    signed: Option<Signed>,
}

impl Signatures {
    /// The journal that is signed for: its first event tells it from all others.
    pub fn journal(&self) -> JournalId {
        self.journal.unwrap_or(JournalId::NONE)
    }

    /// Goes on by one event.
    fn follow(&mut self, event: &Event) -> Result<(), Wrong> {
        let journal = *self.journal.get_or_insert(JournalId(*event.hash.as_bytes()));
        if let Some(change) = key_event(event)? {
            self.registry.admit(&change, journal, event.recorded)?;
            let registry = std::mem::take(&mut self.registry);
            self.registry = registry.apply(&change, journal, event.recorded);
        }
        Ok(())
    }
}

/// Sees, event by event, that every signature in the journal counts.
#[derive(Debug)]
pub struct Checking {
    signatures: Signatures,
    required: Option<bool>,
    /// How many commands were signed.
    pub signed: u64,
    /// The first event whose signature does not count, or that lacks one.
    pub wrong: Option<(journal::Position, Wrong)>,
}

impl Checking {
    pub fn follow(&mut self, event: &Event) {
        if self.wrong.is_none()
            && let Err(wrong) = self.check(event)
        {
            self.wrong = Some((event.position, wrong));
        }
    }

    fn check(&mut self, event: &Event) -> Result<(), Wrong> {
        self.signatures.follow(event)?;
        if !SAID.contains(&event.kind.as_str()) {
            return Ok(());
        }
        match Commanded::deserialize(&event.payload)?.signed {
            Some(signed) if signed.party == event.actor => {
                let Signatures { registry, .. } = &self.signatures;
                signed.verify(registry, self.signatures.journal(), event.recorded)?;
                self.signed += 1;
                Ok(())
            }
            Some(Signed { party: signer, .. }) => {
                Err(Wrong::Another { signer, actor: event.actor.clone() })
            }
            None if must_sign(self.required, &self.signatures.registry, &event.actor) => {
                Err(Wrong::Unsigned(event.actor.clone()))
            }
            None => Ok(()),
        }
    }
}

impl Workspace {
    /// The keys of all parties now.
    pub fn signatures(&self) -> Result<Signatures, Failure> {
        let fold = self.fold()?;
        let journal = fold.first.map(|first| JournalId(*first.as_bytes()));
        let mut signatures = Signatures { journal, ..Signatures::default() };
        for event in &fold.keys {
            // One that does not count changes nothing; `charter journal verify` names it.
            let _ = signatures.follow(event);
        }
        Ok(signatures)
    }

    /// Begins to check the signatures in the journal.
    pub fn checking(&self) -> Checking {
        let required = self.settings.signing.required;
        Checking { signatures: Signatures::default(), required, signed: 0, wrong: None }
    }

    /// Signs the text of a command, if there is a key for the party: the one in `key`, or else in
    /// the user's configuration folder. A party that has registered none signs nothing.
    pub fn sign_if_keyed(
        &self,
        party: &str,
        id: &str,
        text: &str,
        key: Option<&Path>,
    ) -> Result<Option<Signed>, Failure> {
        let signatures = self.signatures()?;
        if !signatures.registry.knows(party) {
            return Ok(None);
        }
        let default = default_key(party)?;
        if key.is_none() && !default.exists() {
            return Ok(None);
        }
        let secret = valid_key(&signatures.registry, party, key.unwrap_or(&default), self.now)?;
        Ok(Some(Signed::new(&secret, signatures.journal(), party, id, text)))
    }

    /// Refuses a command that has to be signed and is not, or whose signature does not count for
    /// exactly this party, this id and this text.
    pub fn require(
        &self,
        party: &str,
        id: &str,
        text: &str,
        signed: Option<&Signed>,
    ) -> Result<(), Failure> {
        let signatures = self.signatures()?;
        let required = self.settings.signing.required;
        match signed {
            Some(signed)
                if (&*signed.party, &*signed.id, &*signed.command) == (party, id, text) =>
            {
                Ok(signed.verify(&signatures.registry, signatures.journal(), self.now)?)
            }
            Some(signed) => Err(Failure::failed(
                format!(
                    "the signature is for command `{}` of `{}`, not for this one",
                    signed.id, signed.party
                ),
                "sign each command for itself",
            )),
            None if must_sign(required, &signatures.registry, party) => Err(Failure::failed(
                format!(
                    "`{party}` has to sign what it says here, and there is no key to do it with"
                ),
                format!(
                    "give the key's file with `--key FILE`, or put it at {}",
                    default_key(party)?.display()
                ),
            )),
            None => Ok(()),
        }
    }
}

fn must_sign(required: Option<bool>, registry: &Registry, party: &str) -> bool {
    required.unwrap_or_else(|| registry.knows(party))
}

/// The stream of a party's keys.
pub fn keys(party: &str) -> String {
    format!("keys/{party}")
}

/// Where a party's key is if nothing else is said: in the user's configuration folder, as the XDG
/// Base Directory Specification has it, and never in a workspace, which is copied and shared.
pub fn default_key(party: &str) -> Result<PathBuf, Failure> {
    // The specification: a path that is not absolute is to be ignored.
    let stated = std::env::var_os("XDG_CONFIG_HOME").map(PathBuf::from);
    let folder = stated
        .filter(|folder| folder.is_absolute())
        .or_else(|| Some(std::env::home_dir()?.join(".config")))
        .ok_or_else(|| {
            Failure::failed(
                "there is no home folder to keep keys in",
                "say where with `--key FILE`",
            )
        })?;
    Ok(folder.join("charterparty/keys").join(format!("{party}.pem")))
}

/// The key in a file, if it is one the party may sign with now.
pub fn valid_key(
    registry: &Registry,
    party: &str,
    file: &Path,
    now: Timestamp,
) -> Result<SecretKey, Failure> {
    let secret = key_file::read(file)?;
    registry.valid_key(party, secret.public().fingerprint(), now).map_err(|wrong| {
        Failure::failed(
            format!("`{party}` cannot sign with `{}`: {wrong}", file.display()),
            format!("`charter keys list {party}` shows the keys it can sign with"),
        )
    })?;
    Ok(secret)
}

fn key_event(event: &Event) -> Result<Option<KeyEvent>, serde_json::Error> {
    let read = match event.kind.as_str() {
        KeyRegistered::KIND => KeyEvent::Registered(KeyRegistered::deserialize(&event.payload)?),
        KeyRevoked::KIND => KeyEvent::Revoked(KeyRevoked::deserialize(&event.payload)?),
        _ => return Ok(None),
    };
    // Elsewhere it would be overlooked by whoever reads the streams of keys alone.
    Ok((event.stream == keys(read.party())).then_some(read))
}

#[cfg(test)]
mod tests {
    use signing::PublicKey;

    use super::super::Clock;
    use super::*;

    const PARTY: &str = "openai";

    struct Scene {
        folder: tempfile::TempDir,
        key: PathBuf,
    }

    impl Scene {
        /// A workspace with these settings, and a key file.
        fn new(settings: &str) -> Scene {
            let folder = tempfile::tempdir().unwrap();
            std::fs::write(folder.path().join("charter.toml"), settings).unwrap();
            let key = folder.path().join("key.pem");
            key_file::write(&key, &secret(1)).unwrap();
            Scene { folder, key }
        }

        fn workspace(&self, second: i64) -> Workspace {
            Workspace::find(self.folder.path(), Clock::Story(at(second))).unwrap()
        }

        fn register(&self, key: PublicKey, second: i64) {
            let workspace = self.workspace(second);
            let party = PARTY.to_owned();
            let event = KeyRegistered { party, key, from: at(second), vouched: None };
            let event = journal::NewEvent {
                kind: KeyRegistered::KIND.to_owned(),
                stream: keys(PARTY),
                actor: "operator".to_owned(),
                cause: None,
                effective: at(second),
                payload: serde_json::to_value(event).unwrap(),
            };
            workspace.append(workspace.head().unwrap().position, vec![event]).unwrap();
        }
    }

    fn secret(number: u8) -> SecretKey {
        SecretKey::from_seed(&[number; 32].into())
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_700_000_000 + second).unwrap()
    }

    #[test]
    fn a_party_signs_once_it_has_a_key() {
        let scene = Scene::new("");
        let sign = |second, file: &Path| {
            scene.workspace(second).sign_if_keyed(PARTY, "c1", "{}", Some(file))
        };
        // Before, nobody could check it, and nobody asks for it.
        assert_eq!(sign(0, &scene.key).unwrap(), None);
        let require = |second, id: &str, text: &str, signed: Option<&Signed>| {
            scene.workspace(second).require(PARTY, id, text, signed)
        };
        require(0, "c1", "{}", None).unwrap();

        scene.register(secret(1).public(), 1);
        let signed = sign(2, &scene.key).unwrap().unwrap();
        require(2, "c1", "{}", Some(&signed)).unwrap();
        assert!(require(2, "c1", "{}", None).is_err());
        assert!(require(2, "c1", "[]", Some(&signed)).is_err());
        assert!(require(2, "c2", "{}", Some(&signed)).is_err());
        let other = Signed { id: "c2".to_owned(), ..signed.clone() };
        assert!(require(2, "c2", "{}", Some(&other)).is_err());
        let workspace = scene.workspace(2);
        workspace.require("microsoft", "c1", "{}", None).unwrap();
        assert!(workspace.require("microsoft", "c1", "{}", Some(&signed)).is_err());

        let stranger = scene.folder.path().join("stranger.pem");
        key_file::write(&stranger, &secret(2)).unwrap();
        assert!(sign(2, &stranger).is_err());
    }

    #[test]
    fn the_settings_say_who_has_to_sign() {
        let all = Scene::new("[signing]\nrequired = true");
        assert!(all.workspace(0).require(PARTY, "c1", "{}", None).is_err());
        let none = Scene::new("[signing]\nrequired = false");
        none.register(secret(1).public(), 0);
        none.workspace(1).require(PARTY, "c1", "{}", None).unwrap();
    }
}
