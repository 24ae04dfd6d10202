//! What the terminal shows: colours only where it can, text wrapped to its width. Whoever runs a command for
//! somebody else captures it instead.

mod sink;

use std::fmt::Display;
use std::io::IsTerminal;

use anstyle::{AnsiColor, Style};
use comfy_table::{
    ColumnConstraint, ContentArrangement, ContentLineStyle, LineStyle, Row, Table, Width, presets,
};
use indicatif::{ProgressBar, ProgressStyle};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use miette::MietteHandlerOpts;
use rights::{Reason, Verdict};
use serde::Serialize;
use textwrap::WordSplitter;

pub use sink::{Captured, aside, capture, captures, out, raw};

/// Lines of prose longer than this are hard to read, however wide the terminal.
const WIDEST: usize = 100;

/// Prints a line to standard output; a reader who has gone away (`charter … | head`) is no error.
macro_rules! say {
    ($($arg:tt)*) => { $crate::term::out(format_args!($($arg)*)) };
}
pub(crate) use say;

/// Prints a line to standard error: what is wrong or worth a word, beside the answer.
macro_rules! complain {
    ($($arg:tt)*) => { $crate::term::aside(format_args!($($arg)*)) };
}
pub(crate) use complain;

/// Prints a value as JSON, for machines.
pub fn json(value: &impl Serialize) -> Result<(), serde_json::Error> {
    let text = serde_json::to_string_pretty(value)?;
    say!("{text}");
    Ok(())
}

pub fn bold(text: impl Display) -> String {
    styled(Style::new().bold(), text)
}

pub fn dim(text: impl Display) -> String {
    styled(Style::new().dimmed(), text)
}

pub fn green(text: impl Display) -> String {
    coloured(AnsiColor::Green, text)
}

pub fn yellow(text: impl Display) -> String {
    coloured(AnsiColor::Yellow, text)
}

pub fn red(text: impl Display) -> String {
    coloured(AnsiColor::Red, text)
}

pub fn cyan(text: impl Display) -> String {
    coloured(AnsiColor::Cyan, text)
}

/// A verdict in its colour.
pub fn verdict(verdict: Verdict) -> String {
    match verdict {
        Verdict::Permitted => green(verdict.word()),
        Verdict::Conditional => yellow(verdict.word()),
        Verdict::Forbidden => red(verdict.word()),
    }
}

fn coloured(colour: AnsiColor, text: impl Display) -> String {
    styled(Style::new().fg_color(Some(colour.into())).bold(), text)
}

fn styled(style: Style, text: impl Display) -> String {
    format!("{style}{text}{style:#}")
}

/// A clause that decided and where it stands, as `licence.ip (2026-04-open-clouds.md:31)`.
pub fn place(reason: &Reason) -> String {
    format!("{} ({}:{})", reason.clause, reason.document, reason.line)
}

/// `1 clause`, `2 clauses`.
pub fn count(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

/// An instant on the wall clock of a zone, as `2025-02-20 17:00 PST`.
pub fn instant(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M %Z").to_string()
}

/// The width to wrap at: that of the terminal, at most 100.
pub fn width() -> usize {
    if captures() { WIDEST } else { textwrap::termwidth().clamp(40, WIDEST) }
}

/// Whether a person looks at what is printed.
pub fn is_terminal() -> bool {
    !captures() && std::io::stdout().is_terminal()
}

/// The width of two columns; none where a terminal is too narrow for them, or there is none.
pub fn columns() -> Option<u16> {
    const NARROW: usize = 100;
    const WIDE: usize = 160;
    let width = textwrap::termwidth();
    let fits = is_terminal() && NARROW <= width;
    fits.then(|| u16::try_from(width.min(WIDE)).unwrap_or(u16::MAX))
}

/// Two texts side by side, each wrapped to its half of a width.
pub fn side_by_side(left: &str, right: &str, width: u16) -> String {
    let half = ColumnConstraint::Absolute(Width::Percentage(50));
    let mut table = Table::new();
    table
        .load_style(presets::NOTHING.content_lines(ContentLineStyle::none().junction('│')))
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_width(width)
        .add_row([left, right])
        .set_constraints([half, half]);
    table.trim_fmt()
}

/// A table no wider than what it is shown on.
pub fn table(header: impl Into<Row>) -> Table {
    let mut table = Table::new();
    table
        .load_style(presets::UTF8_HORIZONTAL_ONLY.row_separator(LineStyle::none()))
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_width(u16::try_from(width()).unwrap_or(u16::MAX))
        .set_header(header);
    table
}

/// How errors and findings are shown: as miette does it, with names left whole.
pub fn report_style() -> miette::MietteHandler {
    let style = MietteHandlerOpts::new().word_splitter(WordSplitter::NoHyphenation);
    if captures() { style.width(WIDEST).build() } else { style.build() }
}

/// Wraps to the width. Names and codes such as `cloud-one` stay whole, to be found and copied.
fn wrapping<'a>(first: &'a str, rest: &'a str) -> textwrap::Options<'a> {
    textwrap::Options::new(width())
        .initial_indent(first)
        .subsequent_indent(rest)
        .word_splitter(WordSplitter::NoHyphenation)
}

/// Keeps the first column, of names, whole; the others wrap instead.
pub fn keep_names(table: &mut Table) {
    if let Some(names) = table.column_mut(0) {
        names.set_constraint(ColumnConstraint::ContentWidth);
    }
}

/// Prints prose indented and wrapped.
pub fn prose(indent: &str, text: &str) {
    for paragraph in text.split("\n\n") {
        for line in textwrap::wrap(paragraph, wrapping(indent, indent)) {
            say!("{}", dim(line));
        }
    }
}

/// Prints a line of which the continuation lines are indented.
pub fn item(first: &str, rest: &str, text: &str) {
    for line in textwrap::wrap(text, wrapping(first, rest)) {
        say!("{line}");
    }
}

/// A progress bar on a terminal; nothing elsewhere.
pub fn progress(what: &str, total: u64, bytes: bool) -> ProgressBar {
    if captures() || !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let unit = if bytes { "{bytes}/{total_bytes}" } else { "{human_pos}/{human_len}" };
    let template = format!("{{msg:24}} [{{bar:30}}] {unit} {{eta}}");
    let style = ProgressStyle::with_template(&template).unwrap_or(ProgressStyle::default_bar());
    ProgressBar::new(total).with_style(style.progress_chars("=> ")).with_message(what.to_string())
}

/// How far a stretch of time has gone, as `█████░░░░░`.
pub fn bar(from: Timestamp, now: Timestamp, until: Timestamp) -> String {
    const WIDE: i64 = 30;
    let whole = until.duration_since(from).as_secs().max(1);
    let gone = now.duration_since(from).as_secs().clamp(0, whole) * WIDE / whole;
    let gone = usize::try_from(gone).unwrap_or_default();
    format!("{}{}", "█".repeat(gone), "░".repeat(30 - gone))
}

/// How long it is between two instants, in its two largest units, as `3 d 4 h`.
pub fn length(from: Timestamp, until: Timestamp) -> String {
    let minutes = until.duration_since(from).as_mins();
    let (days, hours, minutes) = (minutes / 1440, minutes / 60 % 24, minutes % 60);
    match (days, hours) {
        (0, 0) => format!("{minutes} min"),
        (0, _) => format!("{hours} h {minutes} min"),
        _ => format!("{days} d {hours} h"),
    }
}
