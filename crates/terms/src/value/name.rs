use std::borrow::Borrow;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Expression, Form, Shape, Unreadable, Value, unexpected};

/// The name of something a registry defines, such as `openai` or `azure-openai-service`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Name(String);

impl Name {
    /// A name; any text is one, the registry says whether it is known.
    pub fn new(name: impl Into<String>) -> Name {
        Name(name.into())
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Borrow<str> for Name {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl Value for Name {
    const EXPECTED: &'static str = "a name, as openai";
    const FORM: Form = Form::Name(&[]);

    fn read(expression: &Expression) -> Result<Self, Unreadable> {
        match expression.word() {
            Some(word) if !word.is_empty() && !word.contains(char::is_whitespace) => {
                Ok(Name::new(word))
            }
            _ => {
                let mut unreadable = unexpected::<Self>(expression);
                if let Shape::Path(_) | Shape::Other = expression.shape {
                    unreadable.help =
                        format!("if it is a name, put it in quotes: \"{}\"", expression.source);
                }
                Err(unreadable)
            }
        }
    }

    fn show(&self) -> String {
        self.0.clone()
    }
}
