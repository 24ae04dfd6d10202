use crate::finding::Witness;
use crate::{Basis, Clause, Finding, Kind, Provision, Terms};

/// The words by which a text says that something is more than half of a whole it does not name.
const WORDS: &[&str] = &["primarily", "mainly", "principally", "predominantly"];

/// A consent is for what is done primarily for a purpose, and does not say what is measured.
/// Source: domain rules §1.3, "always write the metric".
pub(super) fn check(terms: &Terms) -> Vec<Finding> {
    let consents = terms.clauses.iter().filter(|clause| clause.id.kind == Kind::Consent);
    let (measured, open): (Vec<_>, Vec<_>) = consents.partition(|clause| is_measured(clause));
    let unstated = open.into_iter().filter_map(|consent| {
        let sentence = sentence(&consent.text)?;
        // Several blocks may share one text, which is about only one of them.
        let shares =
            |other: &&Clause| other.document == consent.document && other.text == consent.text;
        if measured.iter().any(shares) {
            return None;
        }
        let message = format!("the text of `{}` says how much, and its terms do not", consent.id);
        let place = consent.origin.label("no `primarily`");
        let help =
            "add `primarily { metric = …, threshold = \"> 50%\" }`, each on a line of its own";
        Some(finding(message, place).witness(Witness::Figures(sentence)).help(help))
    });
    let by_default = measured.iter().filter_map(|consent| {
        let metric = consent.parameter("primarily.metric")?;
        if metric.basis != Basis::Default {
            return None;
        }
        let message = format!("`{}` does not say what its `primarily` measures", consent.id);
        let place = consent.origin.label("no `metric`");
        let witness = format!(
            "60% of the {} can be 40% of the spend; `{}` is only the default",
            metric.value.replace('_', " "),
            metric.value
        );
        let help = "write the `metric`, and mark it `assumed` if the text does not say";
        Some(finding(message, place).witness(Witness::Figures(witness)).help(help))
    });
    unstated.chain(by_default).collect()
}

fn finding(message: String, place: crate::Place) -> Finding {
    Finding::warning("charter::consent::primarily-unmeasured", message, place)
}

fn is_measured(clause: &Clause) -> bool {
    matches!(&clause.provision, Provision::Consent(consent) if consent.primarily.is_some())
}

/// The first sentence that has one of the words, in quotes.
fn sentence(text: &str) -> Option<String> {
    let has_word = |sentence: &&str| {
        let mut words = sentence.split(|c: char| !c.is_alphabetic());
        words.any(|word| WORDS.iter().any(|known| word.eq_ignore_ascii_case(known)))
    };
    let sentence = text.split_inclusive(['.', ';']).find(has_word)?;
    Some(format!("“{}”", sentence.trim()))
}
