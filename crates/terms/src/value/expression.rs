//! An HCL expression, as little of it as a document may use.

use std::ops::Range;

use hcl_edit::Span;
use hcl_edit::expr::{Expression as Hcl, ObjectKey, TraversalOperator};

use crate::document::FencedBlock;

/// What stands on the right of an `=`, with the bytes it stands in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Expression {
    pub shape: Shape,
    pub span: Range<usize>,
    /// The source, for messages.
    pub source: String,
}

/// The shapes a document may use; a template, operation or function call is [`Shape::Other`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Shape {
    /// `openai`
    Word(String),
    /// `exclusivity.cloud`
    Path(Vec<String>),
    /// `"30 days"`
    Text(String),
    /// `1.5`, as written
    Number(String),
    Bool(bool),
    List(Vec<Expression>),
    Object(Vec<(String, Range<usize>, Expression)>),
    Other,
}

impl Expression {
    /// The source in backticks, cut to a readable length.
    pub fn shown(&self) -> String {
        let source = self.source.trim_matches('"');
        match source.char_indices().nth(60) {
            Some((cut, _)) => format!("`{}…`", &source[..cut]),
            None => format!("`{source}`"),
        }
    }

    /// The same with quotes around it; `None` if it has some.
    pub fn quoted(&self) -> Option<Expression> {
        if self.source.contains('"') {
            return None;
        }
        let shape = Shape::Text(self.source.clone());
        Some(Expression { shape, source: format!("\"{}\"", self.source), span: self.span.clone() })
    }

    /// The word, or the text if it could be one: `openai` and `"openai"` name the same thing.
    pub fn word(&self) -> Option<&str> {
        match &self.shape {
            Shape::Word(word) | Shape::Text(word) => Some(word),
            _ => None,
        }
    }
}

/// Reads an expression of a block.
pub(crate) fn read_expression(hcl: &Hcl, block: &FencedBlock) -> Expression {
    let text = block.masked.get(hcl.span().unwrap_or(0..0)).unwrap_or_default().trim();
    let span = block.span_of(hcl);
    let shape = match hcl {
        Hcl::Bool(value) => Shape::Bool(*value.value()),
        Hcl::Number(_) | Hcl::UnaryOp(_) => Shape::Number(text.to_string()),
        Hcl::String(value) => Shape::Text(value.value().clone()),
        Hcl::Variable(word) => Shape::Word(word.value().to_string()),
        Hcl::Array(items) => {
            Shape::List(items.iter().map(|item| read_expression(item, block)).collect())
        }
        Hcl::Object(object) => Shape::Object(
            object
                .iter()
                .map(|(key, value)| {
                    let (name, at) = object_key(key, block);
                    (name, at, read_expression(value.expr(), block))
                })
                .collect(),
        ),
        Hcl::Traversal(traversal) => path(traversal).map_or(Shape::Other, Shape::Path),
        Hcl::Parenthesis(inner) => return read_expression(inner.inner(), block),
        _ => Shape::Other,
    };
    Expression { shape, span, source: text.to_string() }
}

fn object_key(key: &ObjectKey, block: &FencedBlock) -> (String, Range<usize>) {
    match key {
        ObjectKey::Ident(ident) => (ident.value().to_string(), block.span_of(ident)),
        ObjectKey::Expression(expression) => {
            let read = read_expression(expression, block);
            (read.word().unwrap_or(&read.source).to_string(), read.span)
        }
    }
}

fn path(traversal: &hcl_edit::expr::Traversal) -> Option<Vec<String>> {
    let Hcl::Variable(first) = &traversal.expr else { return None };
    let mut parts = vec![first.value().to_string()];
    for operator in &traversal.operators {
        match operator.value() {
            TraversalOperator::GetAttr(ident) => parts.push(ident.value().to_string()),
            _ => return None,
        }
    }
    Some(parts)
}
