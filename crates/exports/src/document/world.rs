//! All that the typesetter may see: the template, what the statement says, and the fonts it brings.

use std::sync::LazyLock;

use typst::diag::{FileError, FileResult};
use typst::foundations::{Bytes, Datetime, Duration};
use typst::syntax::{FileId, RootedPath, Source, VirtualPath, VirtualRoot};
use typst::text::{Font, FontBook};
use typst::utils::LazyHash;
use typst::{Library, LibraryExt, World};

/// The template.
const TEMPLATE: &str = include_str!("statement.typ");

static LIBRARY: LazyLock<LazyHash<Library>> = LazyLock::new(|| LazyHash::new(Library::default()));

static FONTS: LazyLock<(LazyHash<FontBook>, Vec<Font>)> = LazyLock::new(|| {
    let files = typst_assets::fonts().map(Bytes::new);
    let fonts: Vec<Font> = files.flat_map(Font::iter).collect();
    (LazyHash::new(FontBook::from_fonts(&fonts)), fonts)
});

/// One document to be set.
pub struct Paper {
    template: Source,
    says: (FileId, Bytes),
}

impl Paper {
    /// `says` is the JSON that the template reads.
    pub fn new(says: Vec<u8>) -> Paper {
        let template = Source::new(file("statement.typ"), TEMPLATE.to_string());
        Paper { template, says: (file("statement.json"), Bytes::new(says)) }
    }
}

fn file(name: &str) -> FileId {
    let path = VirtualPath::new(name).expect("a plain name is a path");
    FileId::new(RootedPath::new(VirtualRoot::Project, path))
}

impl World for Paper {
    fn library(&self) -> &LazyHash<Library> {
        &LIBRARY
    }

    fn book(&self) -> &LazyHash<FontBook> {
        &FONTS.0
    }

    fn main(&self) -> FileId {
        self.template.id()
    }

    fn source(&self, id: FileId) -> FileResult<Source> {
        if id == self.template.id() { Ok(self.template.clone()) } else { Err(unknown()) }
    }

    fn file(&self, id: FileId) -> FileResult<Bytes> {
        if id == self.says.0 { Ok(self.says.1.clone()) } else { Err(unknown()) }
    }

    fn font(&self, index: usize) -> Option<Font> {
        FONTS.1.get(index).cloned()
    }

    fn today(&self, _: Option<Duration>) -> Option<Datetime> {
        None
    }
}

fn unknown() -> FileError {
    FileError::AccessDenied
}
