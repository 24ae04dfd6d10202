//! What a party states by itself, without a case: signed if it has a key, and entered.

use std::path::Path;

use serde::Serialize;
use terms::Name;

use super::When;
use super::act::{TRIES, counts_at, known_party, new_id, too_fast};
use crate::outcome::Failure;
use crate::workspace::{Stated, Workspace};

/// Who states something, and when it counts.
#[derive(Debug, Clone, clap::Args)]
pub struct Stating {
    /// The party that states it
    #[arg(long, value_name = "PARTY")]
    pub by: String,
    /// When it counts; now if not given
    #[arg(long, value_name = "INSTANT")]
    at: Option<When>,
    /// The key to sign with; the party's own in the user's configuration if not given
    #[arg(long, value_name = "FILE")]
    key: Option<std::path::PathBuf>,
}

impl Stating {
    /// Enters all of what is stated, or nothing.
    pub fn enter<T: Serialize + Clone>(
        &self,
        workspace: &Workspace,
        kind: &str,
        stream: &str,
        what: &[T],
    ) -> Result<(), Failure> {
        for _ in 0..TRIES {
            let terms = workspace.adopted_terms()?;
            known_party(&terms, &self.by)?;
            let at = counts_at(workspace, self.at, &terms.time_zone())?;
            let same_keys = workspace.fold()?.same_keys();
            let signed =
                what.iter().map(|what| signed(workspace, &self.by, self.key.as_deref(), what));
            let stated = signed.collect::<Result<Vec<_>, _>>()?;
            let by = Name::new(&self.by);
            if workspace.append_stated(same_keys, kind, stream, &stated, (&by, at))? {
                return Ok(());
            }
        }
        Err(too_fast())
    }
}

fn signed<T: Serialize + Clone>(
    workspace: &Workspace,
    by: &str,
    key: Option<&Path>,
    what: &T,
) -> Result<Stated<T>, Failure> {
    let (id, text) = (new_id(workspace.now), serde_json::to_string(what)?);
    let signed = workspace.sign_if_keyed(by, &id, &text, key)?;
    workspace.require(by, &id, &text, signed.as_ref())?;
    Ok(Stated { what: what.clone(), signed })
}
