//! What the readers of the language ask for, by kind of block; asked once.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use terms::reference::{self, Asked, Inner, Need, Shaped};

static SHAPES: LazyLock<BTreeMap<&'static str, Vec<Shaped>>> =
    LazyLock::new(|| reference::kinds().map(|(word, _)| (word, reference::shapes(word))).collect());

/// Whether a block that begins with this word stands on its own.
pub(crate) fn stands_alone(word: &str) -> bool {
    SHAPES.contains_key(word)
}

/// What such a block means.
pub(crate) fn meaning(word: &str) -> Option<&'static str> {
    reference::kinds().find(|(kind, _)| *kind == word).map(|(_, meaning)| meaning)
}

/// What the innermost of nested blocks may hold, given the word each begins with.
pub(crate) fn shape(path: &[&str]) -> Option<&'static Shaped> {
    let shapes = SHAPES.get::<str>(path.first()?)?;
    match path {
        [_] => shapes.last(),
        [.., inner] => shapes.iter().find(|shape| shape.word == *inner),
        [] => None,
    }
}

/// An attribute of the innermost of nested blocks.
pub(crate) fn attribute(path: &[&str], name: &str) -> Option<&'static Asked> {
    shape(path)?.attributes.iter().find(|asked| asked.name == name)
}

/// A kind of block inside the innermost of nested blocks.
pub(crate) fn inner(path: &[&str], word: &str) -> Option<Inner> {
    shape(path)?.blocks.iter().find(|inner| inner.word == word).copied()
}

/// The attributes a block must have.
pub(crate) fn required(path: &[&str]) -> impl Iterator<Item = &'static Asked> + use<> {
    let attributes = shape(path).map(|shape| shape.attributes.iter());
    attributes.into_iter().flatten().filter(|asked| asked.need == Need::Required)
}

/// What to write for an attribute as it would stand in a document: its default, or an example.
pub(crate) fn literal(asked: &Asked) -> Option<String> {
    let quoted = asked.expected.split('"').nth(1);
    match (&asked.need, quoted) {
        (Need::Default(value), Some(_)) => Some(format!("\"{value}\"")),
        (Need::Default(value), None) => Some(value.clone()),
        (_, Some(example)) => Some(format!("\"{example}\"")),
        (_, None) => asked.expected.rsplit_once(", as ").map(|(_, example)| example.to_string()),
    }
}
