//! A lab and a cloud, where a token costs a dollar.
#![allow(dead_code)] // Each test file uses a part of it.

use std::sync::Arc;

use jiff::civil::date;
use rust_decimal::Decimal;
use settlement::{Exact, Usage};
use terms::{Document, Money, Severity, Source, Terms};

/// The terms of an agreement with these clauses.
pub fn agreement(clauses: &str) -> Terms {
    let text = format!(
        r#"
```hcl
party "lab" {{}}
party "cloud" {{}}
cloud "cloud-one" {{ operator = cloud }}
service "api" {{ owner = lab }}
channel "direct" {{
  seller  = lab
  service = api
}}
channel "resale" {{
  seller  = cloud
  service = api
}}
model "gpt" {{ owner = lab }}
model "o" {{ owner = lab }}
product "api" {{ owner = lab }}
price_list "list" {{
  channels = [direct, resale]
  from     = "2025-01-01"
  price "gpt" {{
    input  = "USD 1_000_000"
    output = "USD 1_000_000"
  }}
}}
agreement "lab-cloud" {{
  parties = [lab, cloud]
  signed  = "2025-01-01"
}}
{clauses}
```
"#
    );
    let document = Arc::new(Document::new("agreement.md", text));
    let (terms, findings) = terms::compile(&[Source { document, known: None }]);
    let errors: Vec<_> = findings
        .iter()
        .filter(|f| f.severity == Severity::Error)
        .map(ToString::to_string)
        .collect();
    assert_eq!(errors, Vec::<String>::new());
    terms
}

/// Calls with so many input tokens, on a day of March 2025.
pub fn gpt(channel: &str, day: i8, tokens: u128) -> Usage {
    Usage {
        day: date(2025, 3, day),
        channel: channel.to_string(),
        product: "api".to_string(),
        model: "gpt".to_string(),
        host: "cloud-one".to_string(),
        tier: usage::STANDARD.to_string(),
        events: 1,
        calls: 1,
        tokens: usage::Tokens { input: tokens, ..usage::Tokens::default() },
    }
}

/// An exact number.
pub fn usd(amount: &str) -> Exact {
    Decimal::from_str_exact(amount).unwrap().into()
}

/// Money, as a document writes it.
pub fn money(text: &str) -> Money {
    text.parse().unwrap()
}
