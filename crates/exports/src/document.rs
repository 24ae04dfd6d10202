//! A document to send: a PDF of the statement, typeset by Typst as a library.
//!
//! What it says is made here as plain data; how it looks is said by `document/statement.typ`.

mod says;
mod world;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use thiserror::Error;
use typst::diag::SourceDiagnostic;
use typst::foundations::{Datetime, Smart};
use typst_pdf::PdfOptions;

use crate::settled::Settled;
use says::Says;
use world::Paper;

/// Why there is no document.
#[derive(Debug, Error)]
pub enum PdfError {
    /// The template cannot be set with this statement: a fault of ours.
    #[error("the document could not be typeset: {0}")]
    Typeset(String),
    /// The statement cannot be handed to the template.
    #[error("the statement could not be handed to the typesetter")]
    Data(#[from] serde_json::Error),
}

/// The statement as a PDF. The same settlement gives the same bytes.
///
/// # Errors
/// [`PdfError`], which is a fault of ours.
pub fn pdf(settled: &Settled<'_>) -> Result<Vec<u8>, PdfError> {
    let paper = Paper::new(serde_json::to_vec(&Says::of(settled))?);
    let failed = |errors: &[SourceDiagnostic]| {
        let messages: Vec<_> = errors.iter().map(|error| error.message.to_string()).collect();
        PdfError::Typeset(messages.join("; "))
    };
    let document = typst::compile(&paper).output.map_err(|errors| failed(&errors))?;
    let options = PdfOptions {
        ident: Smart::Custom(settled.hash.to_string()),
        creator: Smart::Custom(Some("Charterparty".into())),
        timestamp: time(settled.at).map(typst_pdf::Timestamp::new_utc),
        ..PdfOptions::default()
    };
    typst_pdf::pdf(&document, &options).map_err(|errors| failed(&errors))
}

fn time(at: Timestamp) -> Option<Datetime> {
    let at = at.to_zoned(TimeZone::UTC);
    let small = |number: i8| u8::try_from(number).ok();
    Datetime::from_ymd_hms(
        i32::from(at.year()),
        small(at.month())?,
        small(at.day())?,
        small(at.hour())?,
        small(at.minute())?,
        small(at.second())?,
    )
}
