//! Copies and views.

use std::path::Path;
use std::time::Instant;

use journal::{Anchor, Copy, Form, Journal, Sequence, compare, verify_view};

use crate::reading::fill;
use crate::{Failure, say};

pub async fn copies(folder: &Path, events: u64) -> Result<(), Failure> {
    let folder = tempfile::tempdir_in(folder)?;
    let journal = Journal::open(&folder.path().join("journal.db")).await?;
    fill(&journal, events).await?;

    let file = folder.path().join("copy.jsonl");
    let start = Instant::now();
    journal.export(&file).await?;
    say("export", events, start.elapsed(), None);

    let other = Journal::open(&folder.path().join("other.db")).await?;
    let start = Instant::now();
    other.import(Copy::open(&file)?).await?;
    say("import", events, start.elapsed(), None);

    let start = Instant::now();
    compare(Sequence::journal(&journal).await?, Sequence::journal(&other).await?).await?;
    say("compare two journals", events, start.elapsed(), None);

    let view = folder.path().join("view.jsonl");
    for form in [Form::Whole, Form::Selected] {
        let start = Instant::now();
        let extent =
            journal.view(&view, "oracle", form, |event| event.position.0 % 10 == 0).await?;
        say("view of a tenth", events, start.elapsed(), None);
        let start = Instant::now();
        verify_view(&view, Anchor::Root { events, root: extent.root })?;
        say("verify it", events, start.elapsed(), None);
    }
    Ok(())
}
