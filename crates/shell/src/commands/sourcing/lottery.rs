//! The lottery's seed: its commitment is posted with the tender, the seed stays in a file of the
//! grantor's until the lottery is drawn.

use std::path::Path;

use serde::{Deserialize, Serialize};
use sourcing::Does;
use sourcing::lottery::commitment;
use terms::Name;

use super::{Ground, Group, kept, need};
use crate::outcome::{Failure, Outcome};
use crate::random;
use crate::workspace::Workspace;

/// The command that writes the file.
const WROTE: &str = "charter tender --lottery";

/// What the grantor keeps until the lottery is drawn.
#[derive(Serialize, Deserialize)]
struct Kept {
    /// The case it is for.
    case: String,
    /// The seed, in hexadecimal digits.
    seed: String,
}

/// Posts a tender with the commitment to a new seed.
pub fn tender(workspace: &Workspace, group: &need::Command, path: &Path, json: bool) -> Outcome {
    let acting = group.acting();
    let make = |ground: &Ground<'_>| {
        let (secret, seed) = random::secret()?;
        let case = acting.case.clone();
        let mut does = group.does(ground)?;
        if let Does::Tender(open) = &mut does {
            open.tender.lottery = Some(commitment(&case, &Name::new(&acting.by), &secret));
        }
        Ok((does, Kept { case, seed }))
    };
    kept::hand_in(workspace, acting, path, make, json)
}

/// The seed that a file keeps.
pub fn seed(path: &Path, case: &str) -> Result<String, Failure> {
    let Kept { case: of, seed } = kept::read(path, WROTE)?;
    match of == case {
        true => Ok(seed),
        false => Err(kept::unreadable(path, &format!("it is of the lottery in `{of}`"), WROTE)),
    }
}
