//! Reading CSV: our own columns, and those of the Azure LLM traces.

use std::borrow::Cow;
use std::fs::File;
use std::path::Path;

use super::defaults::Origin;
use super::field::{self, Reason};
use super::line::{self, LINE_BYTES_MAX, Line, Lines};
use super::sink::Sink;
use super::{Defaults, Format, ImportError};
use crate::EventId;
use crate::intake::Call;
use crate::schema::{
    AT, AUDIO_INPUT_TOKENS, AUDIO_OUTPUT_TOKENS, CACHE_WRITE_TOKENS, CACHED_INPUT_TOKENS, CALLS,
    CHANNEL, CUSTOMER, HOST, ID, IMAGE_INPUT_TOKENS, IMAGE_OUTPUT_TOKENS, INPUT_TOKENS, MODEL,
    NAMES, OUTPUT_TOKENS, PRODUCT, REASONING_TOKENS, TIER, TOKENS,
};
use crate::tokens::CLASSES;

/// The columns of an Azure LLM inference trace.
const TRACE: [&str; 3] = ["TIMESTAMP", "ContextTokens", "GeneratedTokens"];

/// The columns of our CSV. Only `at`, input and output must be there, and names without a default.
pub(super) const COLUMNS: [&str; 19] = [
    AT,
    CHANNEL,
    PRODUCT,
    MODEL,
    HOST,
    CUSTOMER,
    INPUT_TOKENS,
    OUTPUT_TOKENS,
    CACHED_INPUT_TOKENS,
    CACHE_WRITE_TOKENS,
    AUDIO_INPUT_TOKENS,
    IMAGE_INPUT_TOKENS,
    REASONING_TOKENS,
    AUDIO_OUTPUT_TOKENS,
    IMAGE_OUTPUT_TOKENS,
    TIER,
    CALLS,
    ID,
    SOURCE,
];

/// The column that says whose ids a source has, if it has those of several.
pub(super) const SOURCE: &str = "source";

/// Whether a source must have this column of tokens.
pub(super) fn is_needed(tokens: &str) -> bool {
    matches!(tokens, INPUT_TOKENS | OUTPUT_TOKENS)
}

/// An opened source, read up to and including its header.
pub(super) struct Text {
    lines: Lines,
    len: u64,
}

impl Text {
    pub(super) fn len(&self) -> u64 {
        self.len
    }
}

/// Where in a row each value stands.
pub(super) struct Layout {
    /// How many cells a row has.
    width: usize,
    at: Column,
    read_at: fn(&str, &str) -> Result<i64, Reason>,
    names: [Origin; NAMES.len()],
    /// One call, if it is not there.
    calls: Option<Column>,
    /// A count that is not there is 0.
    tokens: [Option<Column>; CLASSES],
    id: Option<Column>,
    /// Whose id it is.
    source: Option<Column>,
}

/// A column's place, and the name its reasons use.
#[derive(Clone, Copy)]
struct Column {
    index: usize,
    name: &'static str,
}

/// Opens a source and reads its header; nothing is written before this has succeeded.
pub(super) fn open(
    path: &Path,
    format: Format,
    defaults: &Defaults,
) -> Result<(Text, Layout), ImportError> {
    let read = |source| ImportError::Read { path: path.into(), source };
    let found = std::fs::metadata(path).map_err(read)?;
    if !found.is_file() {
        return Err(ImportError::NotAFile { path: path.into() });
    }
    let mut lines = Lines::new(File::open(path).map_err(read)?, LINE_BYTES_MAX);
    let expected = if format == Format::AzureLlm { &TRACE[..] } else { &COLUMNS[..] };
    let Some(line) = lines.next().map_err(read)? else {
        return Err(ImportError::Empty { path: path.into(), expected: expected.into() });
    };
    let header =
        |problem| ImportError::Header { path: path.into(), problem, expected: expected.into() };
    let mut columns = header_cells(&line).map_err(header)?;
    // A trace has columns of its own, which are known.
    let mappable = if format == Format::Csv { &COLUMNS[..] } else { &[] };
    defaults.check_columns(mappable)?;
    if format == Format::Csv {
        defaults.check_sources(path, &columns)?;
        defaults.rename(&mut columns);
    }
    known_once(&columns, expected, !defaults.columns.is_empty()).map_err(header)?;
    let layout = match format {
        Format::AzureLlm => trace_layout(&columns, defaults),
        _ => csv_layout(&columns, defaults),
    };
    let layout = layout.map_err(|problem| match problem {
        Problem::Header(problem) => header(problem),
        Problem::Defaults(error) => *error,
    })?;
    Ok((Text { lines, len: found.len() }, layout))
}

/// Reads every row into the sink.
pub(super) fn read(
    mut text: Text,
    layout: &Layout,
    path: &Path,
    sink: &mut Sink<'_>,
) -> Result<(), ImportError> {
    loop {
        let line = text.lines.next();
        let line = line.map_err(|source| ImportError::Read { path: path.into(), source })?;
        let Some(line) = line else { return Ok(()) };
        match cells(&line) {
            Ok(cells) => match layout.call(&cells).and_then(|row| sink.in_time(row)) {
                Ok((id, call)) => sink.keep(line.number, id, &call)?,
                Err(reasons) => sink.reject(line.number, &reasons, &shown(&line))?,
            },
            Err(reason) => sink.reject(line.number, &[reason], &shown(&line))?,
        }
        sink.row_done(text.lines.bytes_read());
    }
}

fn shown<'a>(line: &Line<'a>) -> Cow<'a, str> {
    String::from_utf8_lossy(line.bytes)
}

pub(super) fn cells<'a>(line: &Line<'a>) -> Result<Vec<Cow<'a, str>>, Reason> {
    if line.cut {
        return Err(format!("the line is too long; expected at most {LINE_BYTES_MAX} bytes"));
    }
    let text = std::str::from_utf8(line.bytes)
        .map_err(|_| "the line is not UTF-8; expected the file to be saved as UTF-8".to_owned())?;
    line::cells(text)
}

impl Layout {
    /// A row as a call, or everything that is wrong with it.
    fn call<'a>(
        &'a self,
        cells: &'a [Cow<'a, str>],
    ) -> Result<(Option<EventId>, Call<'a>), Vec<Reason>> {
        if cells.len() != self.width {
            return Err(vec![wrong_width(cells.len(), self.width)]);
        }
        let mut reasons = Vec::new();
        let mut or_note = |reason| reasons.push(reason);

        let at = (self.read_at)(self.at.name, &cells[self.at.index]);
        let at_ns = at.map_err(&mut or_note).unwrap_or_default();
        let mut names = [""; NAMES.len()];
        for ((slot, origin), column) in names.iter_mut().zip(&self.names).zip(NAMES) {
            *slot = match origin {
                Origin::Default(name) => name,
                Origin::Column(index) => {
                    field::name(column, &cells[*index]).map_err(&mut or_note).unwrap_or_default()
                }
            };
        }
        let calls = self.calls.map(|column| field::calls(column.name, &cells[column.index]));
        let calls = calls.transpose().map_err(&mut or_note).unwrap_or_default().unwrap_or(1);
        let mut tokens = [0; CLASSES];
        for (slot, column) in tokens.iter_mut().zip(self.tokens) {
            let Some(column) = column else { continue };
            let count = field::count(column.name, &cells[column.index]);
            *slot = count.map_err(&mut or_note).unwrap_or_default();
        }
        let id = self.id.map(|column| field::name(column.name, &cells[column.index]));
        let id = id.transpose().map_err(&mut or_note).unwrap_or_default();
        let source = self.source.map(|column| field::name(column.name, &cells[column.index]));
        let source = source.transpose().map_err(&mut or_note).unwrap_or_default();
        let id = id.map(|id| match source {
            Some(source) => EventId::of_source(source, id),
            None => EventId::of_text(id),
        });

        if !reasons.is_empty() {
            return Err(reasons);
        }
        Ok((id, Call { at_ns, names, calls, tokens }))
    }
}

pub(super) fn wrong_width(found: usize, expected: usize) -> Reason {
    format!("the row has {found} columns; expected {expected}, as in the header")
}

pub(super) fn header_cells(line: &Line<'_>) -> Result<Vec<String>, Reason> {
    let cells = cells(line)?;
    Ok(cells.iter().map(|cell| cell.trim().to_owned()).collect())
}

/// A column that is not known is refused, not skipped: a misspelt `cached_input_tokens` would
/// otherwise be billed as none. Whoever maps columns has said which they want.
fn known_once(columns: &[String], expected: &[&str], is_mapped: bool) -> Result<(), Reason> {
    for (index, column) in columns.iter().enumerate() {
        if !expected.contains(&column.as_str()) {
            if is_mapped {
                continue;
            }
            let shown: String = column.chars().take(60).collect();
            return Err(format!("`{}` is not a column of this format", shown.escape_debug()));
        }
        if columns[..index].contains(column) {
            return Err(format!("`{column}` is there twice"));
        }
    }
    Ok(())
}

/// Why a header does not give a layout.
enum Problem {
    Header(Reason),
    Defaults(Box<ImportError>),
}

impl From<ImportError> for Problem {
    fn from(error: ImportError) -> Self {
        Self::Defaults(Box::new(error))
    }
}

fn find(columns: &[String], name: &'static str) -> Option<Column> {
    columns.iter().position(|column| column == name).map(|index| Column { index, name })
}

fn need(columns: &[String], name: &'static str) -> Result<Column, Problem> {
    find(columns, name).ok_or_else(|| Problem::Header(format!("there is no `{name}`")))
}

fn trace_layout(columns: &[String], defaults: &Defaults) -> Result<Layout, Problem> {
    let [at, context, generated] = TRACE;
    let (context, generated) = (need(columns, context)?, need(columns, generated)?);
    Ok(Layout {
        width: columns.len(),
        at: need(columns, at)?,
        read_at: field::utc,
        calls: None,
        tokens: TOKENS.map(|class| match class {
            INPUT_TOKENS => Some(context),
            OUTPUT_TOKENS => Some(generated),
            _ => None,
        }),
        names: defaults.complete([None; NAMES.len()])?,
        id: None,
        source: None,
    })
}

fn csv_layout(columns: &[String], defaults: &Defaults) -> Result<Layout, Problem> {
    for class in TOKENS.into_iter().filter(|class| is_needed(class)) {
        need(columns, class)?;
    }
    Ok(Layout {
        width: columns.len(),
        at: need(columns, AT)?,
        read_at: field::instant,
        calls: find(columns, CALLS),
        tokens: TOKENS.map(|class| find(columns, class)),
        names: defaults.complete(NAMES.map(|name| find(columns, name).map(|found| found.index)))?,
        id: find(columns, ID),
        source: find(columns, SOURCE),
    })
}
