//! Sealed offers: the seal is handed in, the offer and its secret stay in a file of the supplier's.

use std::fs::{self, File};
use std::path::Path;

use serde::{Deserialize, Serialize};
use sourcing::command::seal::{RevealBid, SealBid, commitment};
use sourcing::{Bid, Does};

use super::act::perform;
use super::ground::Ground;
use super::market::MakesOffer;
use crate::outcome::{Answer, Failure, Outcome};
use crate::workspace::Workspace;

/// What the supplier keeps until it reveals its offer.
#[derive(Serialize, Deserialize)]
struct Kept {
    /// The case it is for.
    case: String,
    /// The offer.
    offer: Bid,
    /// The secret it was sealed with, in hexadecimal digits.
    nonce: String,
}

/// Hands in the seal of an offer. The file comes first: a seal whose secret is lost opens nothing.
pub fn seal(workspace: &Workspace, offer: &MakesOffer, json: bool) -> Outcome {
    let Some(path) = &offer.sealed else {
        return Err(Failure::wrong_use("no file to keep the offer in", "give one with `--sealed`"));
    };
    let terms = workspace.adopted_terms()?;
    let kept = {
        let fold = workspace.fold()?;
        let zone = terms.time_zone();
        let ground = Ground { terms: &terms, book: &fold.book, zone: &zone };
        let mut nonce = [0; 32];
        getrandom::fill(&mut nonce)?;
        let case = offer.acting.case.clone();
        let bid = offer.bid(&ground)?;
        let seal = commitment(&case, &bid, &nonce);
        let nonce = nonce.iter().map(|byte| format!("{byte:02x}")).collect();
        write(path, &Kept { case, offer: bid, nonce })?;
        seal
    };
    let does = |_: &Ground<'_>| Ok(Does::Seal(SealBid { seal: kept.clone() }));
    let outcome = perform(workspace, &offer.acting, does, json);
    if !matches!(outcome, Ok(Answer::Yes)) {
        // What was not handed in is nothing to keep.
        let _ = fs::remove_file(path);
    }
    outcome
}

/// Shows the offer that a file keeps.
pub fn reveal(bid: usize, path: &Path, case: &str) -> Result<Does, Failure> {
    let unreadable = |problem: String| {
        Failure::failed(
            format!("cannot read `{}`: {problem}", path.display()),
            "give the file that `charter bid --sealed` wrote",
        )
    };
    let text = fs::read(path).map_err(|error| unreadable(error.to_string()))?;
    let kept: Kept =
        serde_json::from_slice(&text).map_err(|error| unreadable(error.to_string()))?;
    if kept.case != case {
        return Err(unreadable(format!("it is of an offer for `{}`", kept.case)));
    }
    Ok(Does::Reveal(Box::new(RevealBid { number: bid, offer: kept.offer, nonce: kept.nonce })))
}

/// Writes a new file that only its owner can read.
fn write(path: &Path, kept: &Kept) -> Result<(), Failure> {
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(path).map_err(|error| {
        Failure::failed(
            format!("cannot write `{}`: {error}", path.display()),
            "name a file that is not there yet",
        )
    })?;
    serde_json::to_writer_pretty(&file, kept)?;
    Ok(file.sync_all()?)
}
