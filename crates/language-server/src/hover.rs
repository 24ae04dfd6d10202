//! What stands at a place, told in Markdown.

use std::fmt::Write;
use std::ops::Range;
use std::sync::Arc;

use jiff::civil::Date;
use terms::in_force::EndedBy;
use terms::reference::{Asked, Need};
use terms::value::Form;
use terms::{Basis, Bound, Clause, Document, Known};

use crate::analysis::{Analysis, Definition};
use crate::cursor::{Cursor, Place};
use crate::language;

/// What to say of the word at a byte of a document, and the bytes of the word.
pub(crate) fn hover(
    analysis: &Analysis,
    document: &Document,
    offset: usize,
) -> Option<(String, Range<usize>)> {
    let cursor = Cursor::at(document, offset)?;
    let targets = analysis.targets(&document.name, &cursor);
    // Of a clause's head it is the version that stands there.
    let here = |target: &&&Definition| {
        target.document.name == document.name
            && target.head.start <= offset
            && offset <= target.head.end
    };
    let text = match targets.iter().find(here).or(targets.first()) {
        Some(target) => told(analysis, target),
        None => explained(&cursor)?,
    };
    Some((text, cursor.word.clone()))
}

/// What the language says of a word that is nobody's name.
fn explained(cursor: &Cursor<'_>) -> Option<String> {
    let (path, word) = (cursor.path(), cursor.word());
    match &cursor.place {
        Place::Kind => Some(format!("**{word}**\n\n{}", language::meaning(word)?)),
        Place::Name => language::attribute(&path, word).map(attribute),
        Place::Value(name) => {
            let Form::Words(words) = &language::attribute(&path, name)?.form else { return None };
            let (word, meaning) = words.iter().find(|(known, _)| *known == word)?;
            (!meaning.is_empty()).then(|| format!("**{word}**\n\n{meaning}"))
        }
        _ => None,
    }
}

/// What to write for an attribute, and what holds without it.
pub(crate) fn attribute(asked: &Asked) -> String {
    let without = match &asked.need {
        Need::Required => "must be there".to_string(),
        Need::Optional => "may be left out".to_string(),
        Need::Default(value) => format!("`{value}` if left out"),
        Need::As(other) => format!("as `{other}` says if left out"),
    };
    format!("**{}**: {}; {without}", asked.name, asked.expected)
}

/// What is defined: a clause with its life, or whatever else as it stands in its document.
fn told(analysis: &Analysis, definition: &Definition) -> String {
    let Definition { word, name, document, .. } = definition;
    let meaning = language::meaning(word).unwrap_or_default();
    let place = place(document, definition.head.start);
    let mut told = format!("**{word}.{name}**  {place}\n\n{meaning}\n");
    match analysis.clause(definition) {
        Some(clause) => life(&mut told, analysis, clause),
        None => {
            let source = document.text.get(definition.span.clone()).unwrap_or_default();
            // Writing to a string cannot fail, here and below.
            let _ = write!(told, "\n```hcl\n{}\n```\n", source.trim_end());
        }
    }
    told
}

/// Who promised whom what, from when until when, and where each value comes from.
fn life(told: &mut String, analysis: &Analysis, clause: &Clause) {
    let (grantor, holder) = clause.id.kind.roles();
    let _ = writeln!(
        told,
        "\n{grantor} `{}` → {holder} `{}`\n\n{}",
        clause.grantor,
        clause.holder,
        when(analysis, clause)
    );
    if let Some((replaced, _)) = &clause.replaces {
        let _ = writeln!(told, "\nreplaces `{replaced}`");
    }
    // Parties and what it replaces are told above.
    let parameters = clause.parameters.iter().filter(|parameter| {
        ![grantor, holder, "replaces", "from", "until"].contains(&parameter.name.as_str())
    });
    let rows: Vec<_> = parameters
        .map(|parameter| {
            let basis = match &parameter.basis {
                Basis::Stated => "stated".to_string(),
                Basis::Default => "default".to_string(),
                Basis::Assumed(why) => format!("assumed: {}", cell(why)),
            };
            format!("| {} | {} | {basis} |", cell(&parameter.name), cell(&parameter.value))
        })
        .collect();
    if !rows.is_empty() {
        let _ = writeln!(told, "\n| parameter | value | basis |\n| --- | --- | --- |");
        let _ = writeln!(told, "{}", rows.join("\n"));
    }
    if !clause.text.is_empty() {
        let _ = writeln!(told, "\n> {}", clause.text.replace('\n', "\n> "));
    }
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}

fn when(analysis: &Analysis, clause: &Clause) -> String {
    let terms = &analysis.terms;
    let begins = match (terms.begins(clause), &clause.from) {
        (Some(day), _) => format!("from {day}"),
        (None, Some(Bound::When(condition))) => format!("from condition `{condition}`"),
        (None, _) => "from no day that can be read".to_string(),
    };
    let Some(end) = terms.ends(clause, Known::Everything) else {
        let bounds: Vec<_> = clause.until.iter().map(|bound| format!("`{bound}`")).collect();
        return match &bounds[..] {
            [] => format!("{begins}, with no end"),
            bounds => format!("{begins} until {}, which has not occurred", bounds.join(" or ")),
        };
    };
    // On the last day there is, everything has ended that ever will.
    let last = terms.in_force(Date::MAX, Known::Everything);
    let lapsed = last.lapsed.iter().find(|lapsed| std::ptr::eq(lapsed.clause, clause));
    let by = match lapsed.map(|lapsed| lapsed.by) {
        Some(EndedBy::Replacement(by)) => {
            format!(
                ", replaced by `{}` {}",
                by.id,
                place(&by.origin.document, by.origin.span.start)
            )
        }
        Some(EndedBy::Ending(by)) => {
            format!(", ended by {}", place(&by.origin.document, by.origin.span.start))
        }
        Some(EndedBy::Itself(bound @ Bound::When(_))) => format!(", the day of `{bound}`"),
        Some(EndedBy::Itself(Bound::On(_))) => String::new(),
        Some(EndedBy::Extended(bound)) => format!(", extended from `{bound}`"),
        None => ": it never holds".to_string(),
    };
    format!("{begins} until {end}{by}")
}

fn place(document: &Arc<Document>, offset: usize) -> String {
    format!("`{}:{}`", document.name, document.position(offset).0)
}
