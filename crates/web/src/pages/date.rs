//! The day a page is about, and what is taken to be known.

use jiff::civil::Date;
use maud::{Markup, html};
use serde::Deserialize;
use shell::outcome::Failure;
use terms::{Known, Terms};

/// What a form of dates sends; an empty field says nothing.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Dates {
    /// The day.
    pub at: String,
    /// What was known by the end of this day.
    pub known: String,
}

/// The same, read.
pub struct Chosen {
    /// The day.
    pub on: Date,
    /// What is taken to be known.
    pub known: Known,
    /// The day at whose end it was known; none where everything is.
    pub known_on: Option<Date>,
}

impl Dates {
    /// Reads them; today, and everything, where they say nothing.
    pub fn chosen(&self, terms: &Terms, today: Date) -> Result<Chosen, Failure> {
        let read = |text: &str| match text.trim() {
            "" => Ok(None),
            text => text.parse::<Date>().map(Some).map_err(|_| {
                Failure::wrong_use(format!("“{text}” is not a day"), "write it as 2025-02-01")
            }),
        };
        let (on, known_on) = (read(&self.at)?.unwrap_or(today), read(&self.known)?);
        let known = match known_on {
            None => Known::Everything,
            Some(day) => {
                let next = day.tomorrow().and_then(|next| next.to_zoned(terms.time_zone()));
                let next = next.map_err(|_| {
                    Failure::wrong_use(format!("{day} is too late to count"), "give an earlier day")
                })?;
                Known::At(next.timestamp() - jiff::SignedDuration::from_nanos(1))
            }
        };
        Ok(Chosen { on, known, known_on })
    }
}

impl Chosen {
    /// The form: two dates, a slider for the first, and the days on which something changes.
    pub fn form(&self, action: &str, terms: &Terms) -> Markup {
        let days = changes(terms, self.known);
        let first = days.first().copied().unwrap_or(self.on).min(self.on);
        let last = days.last().copied().unwrap_or(self.on).max(self.on);
        let length = (last - first).get_days();
        html! {
            form.inline action=(action) method="get" {
                label { "Effective on" br; input #at type="date" name="at" value=(self.on) required; }
                label {
                    "Known by " span.quiet { "(all, if empty)" } br;
                    input type="date" name="known" value=[self.known_on];
                }
                button { "Show" }
            }
            p {
                label for="slider" { "Slide through time" }
                input #slider type="range" min="0" max=(length) data-dates="at" data-first=(first) hidden;
            }
            p.small { "Something changes on: "
                @for (place, day) in days.iter().enumerate() {
                    @if place > 0 { " · " }
                    a href={ (action) "?at=" (day) } aria-current=[(*day == self.on).then_some("date")] { (day) }
                }
            }
        }
    }
}

/// The days on which a clause begins, ends or changes.
fn changes(terms: &Terms, known: Known) -> Vec<Date> {
    /// More are not listed.
    const MANY: usize = 40;
    let next = |day: &Date| terms.next_change(*day, known);
    std::iter::successors(terms.next_change(Date::MIN, known), next).take(MANY).collect()
}
