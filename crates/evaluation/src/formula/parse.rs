//! Reads the text of a formula.

use rust_decimal::Decimal;
use winnow::ascii::multispace0;
use winnow::combinator::{alt, cut_err, eof, fail, opt, repeat, terminated};
use winnow::error::{ContextError, ErrMode, StrContext, StrContextValue};
use winnow::prelude::*;
use winnow::token::{one_of, take_while};

use super::{Expression, FormulaError, Operator, Quantity};
use crate::basis::Objective;

/// Characters of the longest formula.
const LONGEST: usize = 500;
/// Parentheses inside of parentheses.
const DEEPEST: usize = 32;

const OPERAND: &str = "a number, a quantity, `min(`, `max(` or `(`";
const OPERATOR: &str = "an operator or the end";
const NAMES: &str = "one of `up_front`, `money`, `present_value`, `hours`, `present_hours`, \
    `short_hours`, `present_short_hours`, `cover_cost`, `needed_hours`, `needed_present_hours`, \
    `months`, `accelerators`, `effectiveness`";

/// Reads a whole formula.
pub(super) fn formula(text: &str) -> Result<(Objective, Expression), FormulaError> {
    if let Some(at) = text.char_indices().nth(LONGEST).map(|(at, _)| at) {
        return Err(error(text, at, format!("at most {LONGEST} characters")));
    }
    if let Some(at) = too_deep(text) {
        return Err(error(text, at, format!("at most {DEEPEST} parentheses inside each other")));
    }
    whole.parse(text).map_err(|failed| {
        let expected = failed.inner().context().find_map(|context| match context {
            StrContext::Expected(StrContextValue::Description(what)) => Some(*what),
            _ => None,
        });
        error(text, failed.offset(), expected.unwrap_or(OPERATOR).to_string())
    })
}

/// `at` is a place in bytes; people count characters.
fn error(text: &str, at: usize, expected: String) -> FormulaError {
    let word = text[at..].chars().take_while(|c| c.is_alphanumeric() || *c == '_');
    let found = match (word.collect::<String>(), text[at..].chars().next()) {
        (_, None) => "the formula ends".to_string(),
        (word, Some(first)) if word.is_empty() => format!("`{first}`"),
        (word, Some(_)) => format!("`{word}`"),
    };
    FormulaError { text: text.to_string(), at: text[..at].chars().count(), found, expected }
}

/// The parenthesis that is one too many. Reading recurses for each, so their depth is bounded first.
fn too_deep(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    text.bytes().position(|byte| {
        match byte {
            b'(' => depth += 1,
            b')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth > DEEPEST
    })
}

fn whole(input: &mut &str) -> ModalResult<(Objective, Expression)> {
    let _ = multispace0.parse_next(input)?;
    let objective = alt((
        alt(("minimise", "minimize")).value(Objective::Minimise),
        alt(("maximise", "maximize")).value(Objective::Maximise),
        expected("`minimise` or `maximise`"),
    ));
    let objective = token(objective).parse_next(input)?;
    let expression = cut_err(sum).parse_next(input)?;
    alt((eof.void(), expected(OPERATOR))).parse_next(input)?;
    Ok((objective, expression))
}

fn sum(input: &mut &str) -> ModalResult<Expression> {
    let operator = alt(('+'.value(Operator::Add), '-'.value(Operator::Subtract)));
    chain(input, product, operator)
}

fn product(input: &mut &str) -> ModalResult<Expression> {
    let operator = alt(('*'.value(Operator::Multiply), '/'.value(Operator::Divide)));
    chain(input, signed, operator)
}

/// Operands with operators of one rank between them, worked out from the left.
fn chain<'i>(
    input: &mut &'i str,
    mut operand: fn(&mut &'i str) -> ModalResult<Expression>,
    operator: impl Parser<&'i str, Operator, ErrMode<ContextError>>,
) -> ModalResult<Expression> {
    let mut expression = operand(input)?;
    let mut operator = opt(token(operator));
    while let Some(operator) = operator.parse_next(input)? {
        let other = cut_err(&mut operand).parse_next(input)?;
        expression = both(operator, expression, other);
    }
    Ok(expression)
}

fn both(operator: Operator, one: Expression, other: Expression) -> Expression {
    Expression::Both(operator, Box::new(one), Box::new(other))
}

fn signed(input: &mut &str) -> ModalResult<Expression> {
    let signs: usize = repeat(0.., token('-')).parse_next(input)?;
    let expression = operand(input)?;
    Ok(if signs % 2 == 1 { Expression::Negative(Box::new(expression)) } else { expression })
}

fn operand(input: &mut &str) -> ModalResult<Expression> {
    alt((number, named, parenthesised, expected(OPERAND))).parse_next(input)
}

fn number(input: &mut &str) -> ModalResult<Expression> {
    let start = input.checkpoint();
    let mut digits = token(take_while(1.., |c: char| c.is_ascii_digit() || c == '.'));
    let text = digits.parse_next(input)?;
    // Digits on both sides of the point, as prices are written.
    let complete = !text.starts_with('.') && !text.ends_with('.');
    match Decimal::from_str_exact(text).ok().filter(|_| complete) {
        Some(number) => Ok(Expression::Number(number.into())),
        None => {
            input.reset(&start);
            cut_err(expected("a number of at most 28 digits, as `0.25`")).parse_next(input)
        }
    }
}

fn named(input: &mut &str) -> ModalResult<Expression> {
    let start = input.checkpoint();
    let word = (one_of(|c: char| c.is_alphabetic() || c == '_'), take_while(0.., word_continues));
    let name = token(word.take()).parse_next(input)?;
    match name {
        "min" => return arguments(input, Operator::Min),
        "max" => return arguments(input, Operator::Max),
        _ => {}
    }
    match Quantity::ALL.iter().find(|(known, _)| *known == name) {
        Some((_, quantity)) => Ok(Expression::Quantity(*quantity)),
        None => {
            input.reset(&start);
            cut_err(expected(NAMES)).parse_next(input)
        }
    }
}

fn word_continues(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// What stands between the parentheses of `min` and `max`: two expressions or more.
fn arguments(input: &mut &str, operator: Operator) -> ModalResult<Expression> {
    cut_err(alt((token('(').void(), expected("`(`")))).parse_next(input)?;
    let mut expression = cut_err(sum).parse_next(input)?;
    cut_err(alt((token(',').void(), expected("`,` and a second value")))).parse_next(input)?;
    loop {
        let other = cut_err(sum).parse_next(input)?;
        expression = both(operator, expression, other);
        let next = alt((token(',').value(true), token(')').value(false), expected("`,` or `)`")));
        if !cut_err(next).parse_next(input)? {
            return Ok(expression);
        }
    }
}

fn parenthesised(input: &mut &str) -> ModalResult<Expression> {
    let _ = token('(').parse_next(input)?;
    let expression = cut_err(sum).parse_next(input)?;
    cut_err(alt((token(')').void(), expected("an operator or `)`")))).parse_next(input)?;
    Ok(expression)
}

/// Something, and the space after it.
fn token<'i, O>(
    inner: impl Parser<&'i str, O, ErrMode<ContextError>>,
) -> impl Parser<&'i str, O, ErrMode<ContextError>> {
    terminated(inner, multispace0)
}

/// Fails, and says what should have stood here.
fn expected<'i, O>(what: &'static str) -> impl Parser<&'i str, O, ErrMode<ContextError>> {
    fail.context(StrContext::Expected(StrContextValue::Description(what)))
}
