use std::path::Path;

use crate::common::{Settlement, hand, said};

/// The text of a document, and how many pages it has; none where nothing can read it.
fn read(pdf: &[u8]) -> Option<(String, usize)> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("statement.pdf");
    std::fs::write(&file, pdf).unwrap();
    let output = hand(&["pages", file.to_str().unwrap(), folder.path().to_str().unwrap()])?;
    assert!(output.status.success(), "{}", said(&output));
    let text = std::fs::read_to_string(folder.path().join("text")).unwrap();
    let is_page = |path: &Path| path.extension().is_some_and(|extension| extension == "png");
    let files = std::fs::read_dir(folder.path()).unwrap();
    let pages = files.filter(|entry| is_page(&entry.as_ref().unwrap().path())).count();
    Some((text, pages))
}

/// Words as they are searched for: soft breaks in long names are none, and lines are wrapped.
fn plain(text: &str) -> String {
    let text: String = text.chars().filter(|c| *c != '\u{200b}').collect();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn it_says_what_the_statement_says() {
    let december = Settlement::of_december();
    let Some((text, pages)) = read(&exports::pdf(&december.settled()).unwrap()) else { return };
    let text = plain(&text);
    for said in
        ["December 2025", "OpenAI", "Microsoft", "96,445.34", "24,006,706.81", "half to even"]
    {
        assert!(text.contains(said), "no `{said}` in {text}");
    }
    let ungrouped = text.replace(',', "");
    for line in &december.statement.lines {
        assert!(text.contains(&line.title), "no `{}`", line.title);
        for step in &line.steps {
            assert!(ungrouped.contains(&step.value), "no `{}`", step.value);
        }
    }
    assert!(!text.contains("PROVISIONAL"));
    assert!(text.contains(&format!("page {pages} of {pages}")));
}

#[test]
fn what_is_provisional_says_so_on_every_page() {
    let provisional = Settlement::provisional();
    let Some((text, pages)) = read(&exports::pdf(&provisional.settled()).unwrap()) else { return };
    let marked = text.split('\u{c}').filter(|page| page.contains("PROVISIONAL")).count();
    assert_eq!(marked, pages);
    assert!(plain(&text).contains("posts nothing"));
}

#[test]
fn a_name_is_never_taken_for_markup() {
    let mut december = Settlement::of_december();
    december.statement.lines[0].title = "#panic() *bold* $x$ <label> @ref \\ [".to_string();
    let Some((text, _)) = read(&exports::pdf(&december.settled()).unwrap()) else { return };
    assert!(plain(&text).contains("#panic() *bold* $x$ <label> @ref \\ ["), "{text}");
}

#[test]
fn the_same_settlement_gives_the_same_file() {
    let december = Settlement::of_december();
    let once = exports::pdf(&december.settled()).unwrap();
    assert!(once == exports::pdf(&december.settled()).unwrap());
}
