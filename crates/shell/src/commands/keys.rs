use std::borrow::Borrow;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use journal::NewEvent;
use serde_json::json;
use signing::{
    Fingerprint, KeyEvent, KeyRegistered, KeyRevoked, ParsePublicKeyError, PublicKey, Registered,
    Registry, SecretKey, key_file,
};
use zeroize::Zeroizing;

use super::time::When;
use crate::outcome::{Answer, Failure, Outcome};
use crate::term;
use crate::term::say;
use crate::workspace::{Workspace, default_key, stream_of_keys, valid_key};

#[derive(clap::Subcommand)]
pub enum Command {
    /// Make a key for a party, in a file that only you can read
    #[command(after_help = "\
Examples:
  charter keys new openai
  charter keys new openai --key /media/stick/openai-spare.pem     a second one, kept elsewhere

The secret key is never shown and never enters a workspace. It is in PKCS#8, which `openssl` reads.")]
    New {
        /// The party
        #[arg(value_name = "PARTY")]
        party: Party,
        /// Where to keep it, if not in your configuration folder
        #[arg(long, value_name = "FILE")]
        key: Option<PathBuf>,
    },
    /// Enter a party's key into the journal: from then on what it signs counts
    #[command(after_help = "\
Examples:
  charter keys register openai                              the first key, from your configuration folder
  charter keys register openai ed25519:tOzTvcLCVlpgwvM…    the first key, as the party tells it
  charter keys register openai --key /media/stick/openai-spare.pem
                                                            a further one, which your first one signs

The operator enters a party's first key: compare its fingerprint with the party over another channel.
From then on only the party's own keys register or revoke its keys. A party whose keys are all lost
or revoked cannot sign in this journal again, so register a second one and keep it elsewhere.")]
    Register {
        /// The party
        #[arg(value_name = "PARTY")]
        party: Party,
        /// Its public key, as `charter keys new` showed it
        #[arg(value_name = "KEY", conflicts_with = "key", value_parser = public_key)]
        public: Option<Box<PublicKey>>,
        /// The file of the key, if not in your configuration folder
        #[arg(long, value_name = "FILE")]
        key: Option<PathBuf>,
        /// Since when it is valid; now if not given
        #[arg(long, value_name = "WHEN")]
        from: Option<When>,
        /// The file of the key that signs for a further one, if not in your configuration folder
        #[arg(long, value_name = "FILE")]
        with: Option<PathBuf>,
        /// Who enters a first key
        #[arg(long, value_name = "WHO", default_value = "operator")]
        by: String,
    },
    /// Enter that a key of a party is no longer valid
    #[command(after_help = "\
Examples:
  charter keys revoke openai 1f0c-… --reason \"laptop lost\" --with /media/stick/openai-spare.pem
  charter keys revoke openai 1f0c-… --reason \"retired\" --at 2027-01-01

What was signed and recorded before stays valid: nobody takes back what they said.")]
    Revoke {
        /// The party
        #[arg(value_name = "PARTY")]
        party: Party,
        /// The fingerprint of the key, as `charter keys list` shows it
        #[arg(value_name = "FINGERPRINT")]
        key: Fingerprint,
        /// Why
        #[arg(long, value_name = "TEXT")]
        reason: String,
        /// Since when it is not valid; now if not given
        #[arg(long, value_name = "WHEN")]
        at: Option<When>,
        /// The file of the key that signs this, if not in your configuration folder
        #[arg(long, value_name = "FILE")]
        with: Option<PathBuf>,
        /// Revoke it even if it is the party's last: then the party can never sign here again
        #[arg(long)]
        last: bool,
    },
    /// List the keys of a party, or of all
    #[command(after_help = "\
Examples:
  charter keys list
  charter keys list openai --json")]
    List {
        /// The party
        #[arg(value_name = "PARTY")]
        party: Option<Party>,
    },
}

/// The name of a party, which is a file's and a stream's name too.
#[derive(Debug, Clone)]
pub struct Party(String);

impl std::str::FromStr for Party {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let fits = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_');
        if !text.is_empty() && text.chars().all(fits) {
            return Ok(Party(text.to_owned()));
        }
        Err("a party is named by letters, digits, `-` and `_`, as documents name it".to_owned())
    }
}

fn public_key(text: &str) -> Result<Box<PublicKey>, ParsePublicKeyError> {
    text.parse().map(Box::new)
}

pub fn run<W: Borrow<Workspace>>(
    open: impl FnOnce() -> Result<W, Failure>,
    command: &Command,
    json: bool,
) -> Outcome {
    match command {
        // Needs no workspace: whoever has the key may have no copy of the journal.
        Command::New { party, key } => new(&party.0, key.as_deref(), json),
        Command::Register { party, public, key, from, with, by } => {
            let workspace = open()?;
            let workspace = workspace.borrow();
            let public = match public {
                Some(public) => **public,
                None => key_file::read(&or_default(key, &party.0)?).map_err(no_file)?.public(),
            };
            let register = Register { party: &party.0, public, by };
            register.run(workspace, instant(workspace, *from)?, with, json)
        }
        Command::Revoke { party, key, reason, at, with, last } => {
            let workspace = open()?;
            let workspace = workspace.borrow();
            let at = instant(workspace, *at)?;
            let revoke = Revoke { party: &party.0, key: *key, at, reason, last: *last };
            revoke.run(workspace, with, json)
        }
        Command::List { party } => list(open()?.borrow(), party.as_ref(), json),
    }
}

fn new(party: &str, key: Option<&Path>, json: bool) -> Outcome {
    let path = match key {
        Some(path) => path.to_owned(),
        None => {
            let path = default_key(party)?;
            if let Some(folder) = path.parent() {
                for_owner(std::fs::DirBuilder::new().recursive(true)).create(folder)?;
            }
            path
        }
    };
    let mut seed = Zeroizing::new([0; 32]);
    getrandom::fill(&mut *seed).map_err(|error| {
        Failure::failed(
            format!("the system gives no random bytes: {error}"),
            "a key made without them could be guessed; try again",
        )
    })?;
    let secret = SecretKey::from_seed(&seed);
    key_file::write(&path, &secret)?;
    let public = secret.public();
    if json {
        term::json(&json!({
            "party": party, "key": public, "fingerprint": public.fingerprint(), "file": path,
        }))?;
        return Ok(Answer::Yes);
    }
    say!("{}  a key for {party} in {}", term::green("made"), path.display());
    say!("  public key   {public}");
    say!("  fingerprint  {}", public.fingerprint());
    say!("{}", term::dim(format!("next: charter keys register {party} {public}")));
    Ok(Answer::Yes)
}

#[cfg(unix)]
fn for_owner(folder: &mut std::fs::DirBuilder) -> &mut std::fs::DirBuilder {
    std::os::unix::fs::DirBuilderExt::mode(folder, 0o700)
}

#[cfg(not(unix))]
fn for_owner(folder: &mut std::fs::DirBuilder) -> &mut std::fs::DirBuilder {
    folder
}

struct Register<'a> {
    party: &'a str,
    public: PublicKey,
    by: &'a str,
}

impl Register<'_> {
    fn run(
        &self,
        workspace: &Workspace,
        from: Timestamp,
        with: &Option<PathBuf>,
        json: bool,
    ) -> Outcome {
        let head = workspace.head()?;
        let signatures = workspace.signatures()?;
        let party = self.party.to_owned();
        let first = !signatures.registry.knows(&party);
        let (event, actor) = if first {
            (KeyRegistered { party, key: self.public, from, vouched: None }, self.by)
        } else {
            let secret = vouching(workspace, &signatures.registry, self.party, with)?;
            let journal = signatures.journal();
            (KeyRegistered::vouched(&party, self.public, from, journal, &secret), self.party)
        };
        let payload = serde_json::to_value(&event)?;
        let change = KeyEvent::Registered(event);
        signatures.registry.admit(&change, signatures.journal(), workspace.now)?;
        enter(workspace, head.position, KeyRegistered::KIND, self.party, actor, from, payload)?;
        let fingerprint = self.public.fingerprint();
        if json {
            term::json(&json!({
                "party": self.party, "key": self.public, "fingerprint": fingerprint,
                "from": from, "first": first,
            }))?;
            return Ok(Answer::Yes);
        }
        say!("{}  {fingerprint} for {}", term::green("registered"), self.party);
        if first {
            say!("compare the fingerprint with {} over another channel", self.party);
        }
        Ok(Answer::Yes)
    }
}

struct Revoke<'a> {
    party: &'a str,
    key: Fingerprint,
    at: Timestamp,
    reason: &'a str,
    last: bool,
}

impl Revoke<'_> {
    fn run(&self, workspace: &Workspace, with: &Option<PathBuf>, json: bool) -> Outcome {
        let Revoke { party, key, at, reason, last } = *self;
        let head = workspace.head()?;
        let signatures = workspace.signatures()?;
        let secret = vouching(workspace, &signatures.registry, party, with)?;
        let event = KeyRevoked::vouched(party, key, at, reason, signatures.journal(), &secret);
        let payload = serde_json::to_value(&event)?;
        let change = KeyEvent::Revoked(event);
        signatures.registry.admit(&change, signatures.journal(), workspace.now)?;
        let others = signatures.registry.keys(party).iter();
        let others = others.filter(|other| other.key.fingerprint() != key);
        if !last && !others.clone().any(|other| state(other, workspace.now) == "valid") {
            return Err(Failure::failed(
                format!("this is the last valid key of `{party}`, which could not sign here again"),
                "register another one first, or say `--last`",
            ));
        }
        enter(workspace, head.position, KeyRevoked::KIND, party, party, at, payload)?;
        if json {
            term::json(&json!({ "party": party, "fingerprint": key, "at": at, "reason": reason }))?;
            return Ok(Answer::Yes);
        }
        say!("{}  {key} of {party}: {reason}", term::green("revoked"));
        Ok(Answer::Yes)
    }
}

fn list(workspace: &Workspace, party: Option<&Party>, json: bool) -> Outcome {
    let registry = workspace.signatures()?.registry;
    let parties: Vec<_> = match party {
        Some(Party(party)) => vec![party.as_str()],
        None => registry.parties().collect(),
    };
    let keys = || parties.iter().flat_map(|party| registry.keys(party).iter().map(|k| (*party, k)));
    if json {
        let row = |(party, key): (&str, &Registered)| {
            let revoked = key.revoked.as_ref();
            json!({
                "party": party, "key": key.key, "fingerprint": key.key.fingerprint(),
                "from": key.from, "state": state(key, workspace.now),
                "revoked": revoked.map(|(at, reason)| json!({ "at": at, "reason": reason })),
            })
        };
        term::json(&keys().map(row).collect::<Vec<_>>())?;
        return Ok(Answer::Yes);
    }
    for (party, key) in keys() {
        let state = match (state(key, workspace.now), &key.revoked) {
            ("revoked", Some((at, reason))) => term::red(format!("revoked {at}: {reason}")),
            ("valid", Some((at, reason))) => term::yellow(format!("valid until {at}: {reason}")),
            (state, _) => term::green(format!("{state} from {}", key.from)),
        };
        say!("{}  {}  {state}", term::bold(party), key.key.fingerprint());
        say!("    {}", term::dim(key.key));
    }
    say!("{}", term::count(keys().count(), "key"));
    Ok(Answer::Yes)
}

fn state(key: &Registered, now: Timestamp) -> &'static str {
    match &key.revoked {
        Some((at, _)) if *at <= now => "revoked",
        _ if now < key.from => "to come",
        _ => "valid",
    }
}

fn enter(
    workspace: &Workspace,
    expected: journal::Position,
    kind: &str,
    party: &str,
    actor: &str,
    effective: Timestamp,
    payload: serde_json::Value,
) -> Result<(), Failure> {
    let (kind, actor) = (kind.to_owned(), actor.to_owned());
    let stream = stream_of_keys(party);
    let event = NewEvent { kind, stream, actor, cause: None, effective, payload };
    workspace.append(expected, vec![event])?;
    Ok(())
}

fn instant(workspace: &Workspace, when: Option<When>) -> Result<Timestamp, Failure> {
    match when {
        None => Ok(workspace.now),
        Some(when) => when.instant(&workspace.read_terms()?.terms.time_zone()),
    }
}

/// The key that vouches for a change of its party's keys.
fn vouching(
    workspace: &Workspace,
    registry: &Registry,
    party: &str,
    with: &Option<PathBuf>,
) -> Result<SecretKey, Failure> {
    let path = or_default(with, party)?;
    if !path.exists() {
        return Err(Failure::failed(
            format!(
                "`{party}` has a key, so this takes a signature of `{party}`, and there is no `{}`",
                path.display()
            ),
            "whoever has a valid key of the party runs this, naming its file with `--with FILE`",
        ));
    }
    valid_key(registry, party, &path, workspace.now)
}

fn or_default(path: &Option<PathBuf>, party: &str) -> Result<PathBuf, Failure> {
    match path {
        Some(path) => Ok(path.clone()),
        None => default_key(party),
    }
}

fn no_file(error: key_file::KeyFileError) -> Failure {
    match error {
        key_file::KeyFileError::Absent(path) => Failure::failed(
            format!("there is no key file `{}`", path.display()),
            "make one with `charter keys new PARTY`, or give the public key the party told you",
        ),
        error => error.into(),
    }
}
