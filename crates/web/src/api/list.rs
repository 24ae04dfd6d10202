//! A window on a list: so many of it, from some place on.

use serde_json::Value;
use shell::cli::Verb;

use super::answer::Answered;
use super::given::{Given, Item};
use super::problem::{Kind, Problem};

/// How many there are on a page, if nobody says.
pub const LIMIT: usize = 1000;

/// Which part of a list is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// How many are left out at the beginning.
    after: usize,
    /// How many follow.
    limit: usize,
    /// Whether what comes after is said by positions of the journal, which the command knows itself.
    by_position: bool,
}

impl Window {
    /// Takes what a query says of a window out of it.
    ///
    /// # Errors
    /// A problem if it is no number, or more than a page holds.
    pub fn take(verb: &Verb, given: &mut Given) -> Result<Window, Problem> {
        let by_position = verb.argument("after").is_some();
        let limit = match verb.argument("limit") {
            Some(_) => LIMIT,
            None => number(given, "limit")?.unwrap_or(LIMIT),
        };
        if !(1..=LIMIT).contains(&limit) {
            return Err(Problem::of(Kind::WrongUse)
                .saying(format!("a page has from 1 to {LIMIT}"))
                .about("limit"));
        }
        let after = match by_position {
            true => 0,
            false => number(given, "after")?.unwrap_or_default(),
        };
        Ok(Window { after, limit, by_position })
    }

    /// The window on an answer, if that is a list.
    pub fn of(self, answered: Answered, path: &str, query: Option<&str>) -> Answered {
        let Some(Value::Array(all)) = answered.json() else { return answered };
        if self.after == 0 && all.len() <= self.limit {
            return answered;
        }
        let end = self.after.saturating_add(self.limit);
        let more = end < all.len();
        let page: Vec<_> = all.into_iter().skip(self.after).take(self.limit).collect();
        let last = page.last().and_then(|last| last.get("position")).and_then(Value::as_u64);
        let after =
            if self.by_position { last.map(|at| at.to_string()) } else { Some(end.to_string()) };
        let next = after.filter(|_| more).map(|after| {
            let pairs = query.unwrap_or_default().split('&');
            let others = pairs.filter(|pair| !pair.is_empty() && !pair.starts_with("after="));
            let others: Vec<_> = others.map(|pair| format!("{pair}&")).collect();
            format!("{path}?{}after={after}", others.concat())
        });
        Answered { next, ..answered.with(&Value::Array(page)) }
    }
}

fn number(given: &mut Given, name: &str) -> Result<Option<usize>, Problem> {
    let wrong = || Problem::of(Kind::WrongUse).saying("this is one whole number").about(name);
    match given.remove(name).as_deref() {
        None => Ok(None),
        Some([Item::Text(text)]) => text.parse().map(Some).map_err(|_| wrong()),
        Some(_) => Err(wrong()),
    }
}
