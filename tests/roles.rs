//! The guide of each role holds: whoever follows it finds what it names, and sees what its pictures show.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use pulldown_cmark::{Event, Parser, Tag};

use crate::serving::{Served, pictures, walk, went_well};
use crate::workspace::{Workspace, charter, checkout};

/// The largest a picture may be: a reader of the repository loads all of them.
const PICTURE_BYTES_MAX: u64 = 120_000;

fn folder() -> PathBuf {
    checkout().join("docs/guides")
}

/// The names of what is in a folder and ends so, without the ending.
fn named(folder: &Path, ending: &str) -> BTreeSet<String> {
    let names = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
    let names = names.map(|name| name.into_string().unwrap());
    names.filter_map(|name| Some(name.strip_suffix(ending)?.to_string())).collect()
}

fn text(guide: &str) -> String {
    std::fs::read_to_string(folder().join(format!("{guide}.md"))).unwrap()
}

/// The places of the repository that a text links to, and the pictures it shows.
fn places(text: &str) -> (Vec<String>, Vec<String>) {
    let (mut links, mut images) = (Vec::new(), Vec::new());
    for event in Parser::new(text) {
        match event {
            Event::Start(Tag::Link { dest_url, .. }) => links.push(dest_url.to_string()),
            Event::Start(Tag::Image { dest_url, .. }) => images.push(dest_url.to_string()),
            _ => {}
        }
    }
    links.retain(|link| !link.contains("://"));
    (links, images)
}

/// The pictures of all guides, by name.
fn shown() -> BTreeSet<String> {
    let guides = named(&folder(), ".md");
    let images = guides.iter().flat_map(|guide| places(&text(guide)).1);
    let name = |image: String| {
        let name = image.strip_prefix("pictures/").and_then(|name| name.strip_suffix(".png"));
        name.unwrap_or_else(|| panic!("{image} is no picture of the guides")).to_string()
    };
    images.map(name).collect()
}

#[test]
fn every_role_has_a_guide_and_guides_lead_to_what_is_there() {
    let mut roles = named(&checkout().join("crates/access/policies"), ".cedar");
    // What is for all roles alike.
    roles.retain(|role| role != "bounds" && role != "everybody");
    let guides = named(&folder(), ".md");
    let mut expected = roles.clone();
    expected.insert("README".to_string());
    assert_eq!(guides, expected);
    let (from_the_first, _) = places(&text("README"));
    for role in roles {
        assert!(from_the_first.contains(&format!("{role}.md")), "README.md leads to no {role}.md");
    }
    for guide in guides {
        for link in places(&text(&guide)).0 {
            let (file, _) = link.split_once('#').unwrap_or((&*link, ""));
            assert!(file.is_empty() || folder().join(file).exists(), "{guide}.md leads to {link}");
        }
    }
}

#[test]
fn guides_show_the_pictures_there_are_and_no_large_ones() {
    let kept = folder().join("pictures");
    assert_eq!(shown(), named(&kept, ".png"));
    for name in shown() {
        let bytes = std::fs::metadata(kept.join(format!("{name}.png"))).unwrap().len();
        assert!(bytes < PICTURE_BYTES_MAX, "{name}.png has {bytes} bytes");
    }
}

#[test]
fn whoever_follows_a_guide_finds_what_it_names() {
    let workspace = Workspace::empty();
    let played = workspace.path("played");
    let demo = charter().args(["demo", "--keep"]).arg(&played).output().unwrap();
    assert!(demo.status.success(), "{}", String::from_utf8_lossy(&demo.stderr));
    let hosting = checkout().join("tests/browser/hosting.md");
    std::fs::copy(hosting, played.join("hosting.md")).unwrap();
    let served = Served::start(&played);
    let walked = walk("guides", &served, &workspace).output().unwrap();
    if went_well(&walked) {
        let made = named(&pictures(&workspace), ".png");
        let missing: Vec<_> = shown().into_iter().filter(|name| !made.contains(name)).collect();
        assert!(missing.is_empty(), "nobody took {missing:?}");
    }
    served.stop();
}
