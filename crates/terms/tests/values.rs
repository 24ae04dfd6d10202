//! What stands on the right of an `=`: what is understood, in canonical form, and what is refused.

mod common;

use common::{REGISTRY, agreement, compile, shown};

/// What is written, and how the terms show it or else the code of the finding.
type Row = (&'static str, Result<&'static str, &'static str>);

const UNIT: Result<&str, &str> = Err("charter::value::unit");

/// `right_of_first_refusal "r" { response_window = … }`
const DURATIONS: &[Row] = &[
    (r#""30 days""#, Ok("30 days")),
    (r#""1 day""#, Ok("1 day")),
    (r#""30  days""#, Ok("30 days")),
    (r#"" 30 days ""#, Ok("30 days")),
    (r#""10 business days""#, Ok("10 business days")),
    (r#""2 years""#, Ok("24 months")),
    (r#""1_000 hours""#, Ok("1000 hours")),
    (r#""1__0 days""#, UNIT),
    (r#""_10 days""#, UNIT),
    (r#""10_ days""#, UNIT),
    (r#""1.5 days""#, UNIT),
    (r#""-5 days""#, UNIT),
    (r#""+5 days""#, UNIT),
    (r#""30days""#, UNIT),
    (r#""30 Days""#, UNIT),
    (r#""thirty days""#, UNIT),
    (r#""٣٠ days""#, UNIT),
    (r#""days""#, UNIT),
    (r#""""#, UNIT),
    (r#""99999999999999999999 days""#, UNIT),
    (r#""4_000_000_000 years""#, UNIT),
    ("30", UNIT),
    (r#"["30 days"]"#, UNIT),
    (r#""${window}""#, UNIT),
];

/// `funding "f" { amount = … }`
const MONEY: &[Row] = &[
    (r#""USD 5""#, Ok("USD 5")),
    (r#""USD 1000000""#, Ok("USD 1_000_000")),
    (r#""USD 1_000.50""#, Ok("USD 1_000.50")),
    (r#""  EUR   0.01 ""#, Ok("EUR 0.01")),
    (r#""USD 79228162514264337593543950335""#, Ok("USD 79_228_162_514_264_337_593_543_950_335")),
    (r#""USD 79228162514264337593543950336""#, UNIT),
    (r#""USD 0.00000000000000000000000000001""#, UNIT),
    (r#""USD -5""#, UNIT),
    (r#""USD +5""#, UNIT),
    (r#""usd 5""#, UNIT),
    (r#""US$ 5""#, UNIT),
    (r#""$5""#, UNIT),
    (r#""5 USD""#, UNIT),
    (r#""USD5""#, UNIT),
    (r#""USD""#, UNIT),
    (r#""USD 1,000""#, UNIT),
    (r#""USD 1_000_""#, UNIT),
    (r#""USD 1__0""#, UNIT),
    (r#""USD 1_.5""#, UNIT),
    (r#""USD .5""#, UNIT),
    (r#""USD 5.""#, UNIT),
    (r#""USD 1.2.3""#, UNIT),
    (r#""USD 1 000""#, UNIT),
    (r#""USD 1e9""#, UNIT),
    (r#""UDS 5""#, Err("charter::value::unknown-currency")),
    (r#""XXX 5""#, Err("charter::value::unknown-currency")),
    (r#""XAU 5""#, Err("charter::value::unknown-currency")),
    ("1000", Err("charter::value::money-without-currency")),
    ("-1000", Err("charter::value::money-without-currency")),
    ("1e400", Err("charter::syntax")),
    (r#""1_000""#, Err("charter::value::money-without-currency")),
    (r#""1__000""#, UNIT),
];

/// `revenue_share "s" { rate = … }`
const SHARES: &[Row] = &[
    (r#""25%""#, Ok("25%")),
    (r#""25 %""#, Ok("25%")),
    (r#"" 25%""#, Ok("25%")),
    (r#""12.50%""#, Ok("12.5%")),
    (r#""0%""#, Ok("0%")),
    (r#""100%""#, Ok("100%")),
    (r#""100.01%""#, Err("charter::value::share-above-whole")),
    (r#""999999999999%""#, Err("charter::value::share-above-whole")),
    (r#""-5%""#, UNIT),
    (r#""%""#, UNIT),
    (r#""25%%""#, UNIT),
    (r#""25 percent""#, UNIT),
    (r#""0.25""#, UNIT),
    ("0.25", UNIT),
    // Its hundredth part has more decimal places than an exact number can.
    (r#""0.0000000000000000000000000001%""#, UNIT),
    (r#""99999999999999999999999999999999999999%""#, UNIT),
];

/// `observer "o" { from = … }`
const DATES: &[Row] = &[
    (r#""2025-01-21""#, Ok("2025-01-21")),
    (r#""2024-02-29""#, Ok("2024-02-29")),
    (r#""2025-02-29""#, UNIT),
    (r#""2025-02-30""#, UNIT),
    (r#""2025-13-01""#, UNIT),
    (r#""20250121""#, UNIT),
    (r#""2025-W04-2""#, UNIT),
    (r#""21-01-2025""#, UNIT),
    (r#""01/21/2025""#, UNIT),
    (r#""2025-01-21T00:00:00Z""#, UNIT),
    (r#""99999-01-01""#, UNIT),
    ("2025-01-21", UNIT),
];

/// `observer "o" { informed_of = … }`
const TEXTS: &[Row] = &[
    (r#"["the board", "its committees"]"#, Ok("the board, its committees")),
    // One text is never shown as two are, or a change from one to the other would go unseen.
    (r#"["the board, its committees"]"#, Ok(r#""the board, its committees""#)),
    (r#"["the \"board\"", "c"]"#, Ok(r#""the \"board\"", c"#)),
    (r#"[""]"#, Ok(r#""""#)),
    ("[]", Ok("")),
];

/// `agreement "a" { cutoff = … }`
const TIMES: &[Row] = &[
    (r#""17:00""#, Ok("17:00")),
    (r#""00:00""#, Ok("00:00")),
    (r#""24:00""#, UNIT),
    (r#""5pm""#, UNIT),
    (r#""17""#, UNIT),
    (r#""1700""#, UNIT),
    // The seconds would be counted and not shown.
    (r#""17:00:30""#, UNIT),
];

#[test]
fn lengths_of_time() {
    check_all(DURATIONS, "response_window", |value| {
        format!(
            "right_of_first_refusal \"c\" {{\n  grantor = lab\n  holder = cloud\n  response_window = {value}\n}}"
        )
    });
}

#[test]
fn money() {
    check_all(MONEY, "amount", |value| {
        format!(
            "funding \"c\" {{\n  funder = lab\n  recipient = cloud\n  project = \"p\"\n  amount = {value}\n}}"
        )
    });
}

#[test]
fn shares() {
    check_all(SHARES, "rate", |value| {
        format!("revenue_share \"c\" {{\n  payer = lab\n  payee = cloud\n  rate = {value}\n}}")
    });
}

#[test]
fn dates() {
    check_all(DATES, "from", |value| {
        format!(
            "observer \"c\" {{\n  grantor = lab\n  holder = cloud\n  body = \"b\"\n  from = {value}\n}}"
        )
    });
}

#[test]
fn lists_of_texts() {
    check_all(TEXTS, "informed_of", |value| {
        format!(
            "observer \"c\" {{\n  grantor = lab\n  holder = cloud\n  body = \"b\"\n  informed_of = {value}\n}}"
        )
    });
}

#[test]
fn times_of_day() {
    for (value, expected) in TIMES {
        let text = agreement("").replace("signed  =", &format!("cutoff = {value}\n  signed ="));
        let (terms, findings) = compile(&[("registry.md", REGISTRY), ("agreement.md", &text)]);
        let cutoff = terms.agreements().next().expect("an agreement").cutoff;
        let cutoff = cutoff.strftime("%H:%M").to_string();
        let found = findings.first().map_or(Ok(cutoff.as_str()), |finding| Err(finding.code));
        assert_eq!(found, *expected, "{value}");
    }
}

fn check_all(rows: &[Row], attribute: &str, clause: impl Fn(&str) -> String) {
    for (value, expected) in rows {
        let text = agreement(&clause(value));
        let (terms, findings) = compile(&[("registry.md", REGISTRY), ("agreement.md", &text)]);
        let parameter = terms.clauses.first().and_then(|clause| clause.parameter(attribute));
        let found = match findings.first() {
            None => {
                Ok(parameter.expect("a value that is understood is a parameter").value.as_str())
            }
            Some(finding) => Err(finding.code),
        };
        assert_eq!(found, *expected, "{value}\n{}", shown(&findings));
        assert!(findings.len() <= 1, "{}", shown(&findings));
    }
}
