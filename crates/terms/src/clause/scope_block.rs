//! The `scope` block: `attribute = value` constraints, all of which must hold, less its `except`s.

use std::collections::BTreeSet;

use crate::act::{Attribute, Domain};
use crate::fields::{Collected, Fields, Reference};
use crate::finding::{Origin, suggest};
use crate::scope::{Interval, Values};
use crate::value::{Expression, Name, Parameter, Shape, plain_number};
use crate::{Cube, Finding, Kind, Scope};

/// Reads a clause's `scope` blocks: an act falls in if it falls in any. No block means every act.
pub(super) fn read(f: &mut Fields<'_>, kind: Kind, into: &mut Collected) -> Scope {
    let blocks = f.blocks("scope");
    if blocks.is_empty() {
        return implied(kind, Cube::any()).into();
    }
    let scope = blocks
        .into_iter()
        .map(|block| one(block, kind, into))
        .fold(Scope::nothing(), |all, one| all.union(&one));
    let basis = f.basis("scope");
    // In the form all ways of writing it share, so that only what changes its meaning is a change.
    f.parameters.push(Parameter {
        name: "scope".to_string(),
        value: scope.normal().to_string(),
        basis,
    });
    scope
}

fn one(mut f: Fields<'_>, kind: Kind, into: &mut Collected) -> Scope {
    let excepts = f.blocks("except");
    let cube = cube(&mut f);
    f.finish(into);
    let scope = Scope::from(implied(kind, cube));
    excepts.into_iter().fold(scope, |scope, mut except| {
        let minus = self::cube(&mut except);
        except.finish(into);
        scope.subtract(&minus.into())
    })
}

/// Reads the `takes` blocks: what the holder of a first right takes, where the scope holds something
/// else, such as the making of what is then licensed to it.
pub(super) fn takes(f: &mut Fields<'_>, into: &mut Collected) -> Option<Scope> {
    let mut taken: Option<Scope> = None;
    for mut block in f.blocks("takes") {
        let one = Scope::from(cube(&mut block));
        block.finish(into);
        taken = Some(taken.unwrap_or_default().union(&one));
    }
    if let Some(taken) = &taken {
        let basis = f.basis("takes");
        f.parameters.push(Parameter { name: "takes".to_string(), value: taken.to_string(), basis });
    }
    taken
}

/// A licence that does not name its acts is one to use.
fn implied(kind: Kind, mut cube: Cube) -> Cube {
    if kind == Kind::Licence && cube.get(Attribute::Act).is_none() {
        cube.set(Attribute::Act, Values::only(["use"]));
    }
    cube
}

fn cube(f: &mut Fields<'_>) -> Cube {
    let mut cube = Cube::any();
    for name in f.present() {
        let Some(attribute) = Attribute::from_word(&name) else { continue };
        f.mark_asked(attribute.word());
        let Some((expression, _)) = f.raw(&name) else { continue };
        let expression = expression.clone();
        match values(attribute, &expression, f) {
            Some(values) => cube.set(attribute, values),
            None => complain(f, attribute, &expression),
        }
    }
    // Ask for every attribute, so that an unknown one is told what is known.
    Attribute::WORDS.iter().for_each(|word| f.mark_asked(word));
    cube
}

fn values(attribute: Attribute, expression: &Expression, f: &mut Fields<'_>) -> Option<Values> {
    if let Domain::Count = attribute.domain() {
        return counts(expression);
    }
    let items = match &expression.shape {
        Shape::List(items) => items.iter().collect(),
        _ => vec![expression],
    };
    let mut words = BTreeSet::new();
    for item in items {
        let word = item.word()?;
        match attribute.domain() {
            Domain::Words(known) if !known.contains(&word) => {
                let message = format!("`{word}` is not a known {attribute}");
                let place = f.place(item.span.clone(), format!("in `{attribute}`"));
                let finding = Finding::error("charter::name::unknown", message, place);
                f.findings.push(finding.help(suggest(word, known.iter().copied())));
            }
            Domain::Registered(entries) => {
                let document = f.origin().document;
                let origin = Origin { document, span: item.span.clone() };
                f.references.push(Reference { name: Name::new(word), entries, origin });
            }
            _ => {}
        }
        words.insert(word.to_string());
    }
    Some(Values::Only(words))
}

/// `"1000..5000"`, half-open, either end may be left out.
fn counts(expression: &Expression) -> Option<Values> {
    let Shape::Text(text) = &expression.shape else { return None };
    let (start, end) = text.split_once("..")?;
    let end_of = |text: &str| match text.trim() {
        "" => Some(None),
        number => plain_number(number)?.parse::<i64>().ok().map(Some),
    };
    // Without a lower end it begins at 0, so that acts without a quantity are not in it.
    Some(Values::within(Interval { start: end_of(start)?.or(Some(0)), end: end_of(end)? }))
}

fn complain(f: &mut Fields<'_>, attribute: Attribute, expression: &Expression) {
    let expected = match attribute.domain() {
        Domain::Count => "a range from one count to below another, as \"1_000..5_000\"",
        _ => "a word, or a list of words any of which will do",
    };
    let message = format!("{} is not {expected}", expression.shown());
    let place = f.place(expression.span.clone(), format!("in `{attribute}`"));
    let finding = Finding::error("charter::value::unit", message, place);
    f.findings.push(match expression.shape {
        Shape::Path(_) | Shape::Other => {
            finding.help(format!("if it is a name, put it in quotes: \"{}\"", expression.source))
        }
        _ => finding,
    });
}
