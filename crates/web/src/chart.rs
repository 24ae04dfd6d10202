//! Drawings: bars, a waterfall, days to scale. Each is SVG without script, in the colours of the page, and
//! stands above a table that says the same.
//!
//! What is drawn is drawn with floats; no amount is computed here.

use jiff::civil::Date;
use maud::{Markup, PreEscaped, html};
use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

/// What a bar means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// What stands, or a sum.
    One,
    /// What is taken off, or is late.
    Two,
    /// What is added, or is done.
    Three,
    /// What is only expected.
    Four,
}

/// A bar from one value to another.
#[derive(Debug, Clone)]
pub struct Bar {
    /// What it is.
    pub label: String,
    /// Where it begins.
    pub from: f64,
    /// Where it ends.
    pub to: f64,
    /// What it means.
    pub tone: Tone,
    /// What is written at its end.
    pub says: String,
    /// What it is held against: a line across its row alone.
    pub mark: Option<f64>,
}

/// How wide a drawing is, in its own units; a page scales it.
const WIDE: u32 = 900;
/// How much of it the labels take.
const LABELS: i32 = 250;
/// How much is left at the right, for what is written there.
const SAYS: i32 = 150;
/// How high a row is.
const ROW: i32 = 30;

/// The colours that stand for classes of the page's style: the drawing library knows colours alone.
const INK: RGBColor = RGBColor(1, 1, 1);
const GRID: RGBColor = RGBColor(1, 1, 2);
const QUIET: RGBColor = RGBColor(1, 1, 8);
const MARK: RGBColor = RGBColor(1, 1, 7);
const TONES: [(Tone, RGBColor, &str); 4] = [
    (Tone::One, RGBColor(1, 1, 3), "one"),
    (Tone::Two, RGBColor(1, 1, 4), "two"),
    (Tone::Three, RGBColor(1, 1, 5), "three"),
    (Tone::Four, RGBColor(1, 1, 6), "four"),
];

/// An amount as a length.
pub fn length(amount: Decimal) -> f64 {
    amount.to_f64().unwrap_or_default()
}

/// A day as a length.
pub fn day(day: Date) -> f64 {
    f64::from((day - Date::ZERO).get_days())
}

/// Bars under one another, from zero.
pub fn bars(title: &str, rows: &[(String, Decimal, String)]) -> Markup {
    let bar = |(label, value, says): &(String, Decimal, String)| Bar {
        label: label.clone(),
        from: 0.0,
        to: length(*value),
        tone: if value.is_sign_negative() { Tone::Two } else { Tone::One },
        says: says.clone(),
        mark: None,
    };
    spans(title, &rows.iter().map(bar).collect::<Vec<_>>(), None)
}

/// Steps from one sum to another: what is added and what is taken off.
pub fn waterfall(title: &str, steps: &[(String, Decimal, String, bool)]) -> Markup {
    let mut level = Decimal::ZERO;
    let mut rows = Vec::new();
    for (label, value, says, is_sum) in steps {
        let from = if *is_sum { Decimal::ZERO } else { level };
        level = if *is_sum { *value } else { level + value };
        let tone = match (is_sum, value.is_sign_negative()) {
            (true, _) => Tone::One,
            (false, true) => Tone::Two,
            (false, false) => Tone::Three,
        };
        let (from, to) = (length(from), length(level));
        rows.push(Bar { label: label.clone(), from, to, tone, says: says.clone(), mark: None });
    }
    spans(title, &rows, None)
}

/// Bars between any two values, one a row, with a line at `mark`.
pub fn spans(title: &str, rows: &[Bar], mark: Option<f64>) -> Markup {
    drawn(title, rows, mark, None)
}

/// The same over time: the ends are named below, as is `now`, at which there is a line.
pub fn timeline(title: &str, rows: &[Bar], now: f64, named: &dyn Fn(f64) -> String) -> Markup {
    drawn(title, rows, Some(now), Some(named))
}

/// What a place of a drawing is called.
type Named<'a> = &'a dyn Fn(f64) -> String;

fn drawn(title: &str, rows: &[Bar], mark: Option<f64>, named: Option<Named<'_>>) -> Markup {
    if rows.is_empty() {
        return html! {};
    }
    let marks = || rows.iter().filter_map(|bar| bar.mark);
    let all = || rows.iter().flat_map(|bar| [bar.from, bar.to]).chain(marks()).chain(mark);
    let (low, high) = (all().fold(f64::MAX, f64::min), all().fold(f64::MIN, f64::max));
    let scale = Scale { low, length: (high - low).max(f64::EPSILON) };
    let lines = rows.len() + usize::from(named.is_some());
    let height = u32::try_from(lines).unwrap_or(u32::MAX / 64).saturating_mul(ROW as u32) + 8;
    let mut text = String::new();
    {
        let area = SVGBackend::with_string(&mut text, (WIDE, height)).into_drawing_area();
        // Text in memory takes whatever is written.
        let _ = draw(&area, rows, &scale, mark);
        if let Some(named) = named {
            let _ = name(&area, rows.len(), &scale, mark, named);
        }
        let _ = area.present();
    }
    html! { figure tabindex="0" { (PreEscaped(styled(&text, title))) } }
}

/// From values to places.
struct Scale {
    low: f64,
    length: f64,
}

impl Scale {
    #[allow(clippy::cast_possible_truncation)]
    fn place(&self, value: f64) -> i32 {
        let wide = f64::from(WIDE as i32 - LABELS - SAYS);
        LABELS + ((value - self.low) / self.length * wide).round() as i32
    }
}

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
type Drawn = Result<(), Box<dyn std::error::Error>>;

fn draw(area: &Area<'_>, rows: &[Bar], scale: &Scale, mark: Option<f64>) -> Drawn {
    let at = |h| ("sans-serif", 15).into_font().color(&INK).pos(Pos::new(h, VPos::Center));
    let bottom = ROW * i32::try_from(rows.len())?;
    for value in [Some(scale.low), mark].into_iter().flatten() {
        let x = scale.place(value);
        area.draw(&PathElement::new([(x, 0), (x, bottom)], GRID.stroke_width(1)))?;
    }
    for (row, bar) in rows.iter().enumerate() {
        let top = ROW * i32::try_from(row)?;
        let (from, to) = (scale.place(bar.from.min(bar.to)), scale.place(bar.from.max(bar.to)));
        let colour = TONES.iter().find(|(tone, ..)| *tone == bar.tone).map_or(INK, |(_, c, _)| *c);
        let corners = [(from, top + 5), (to.max(from + 2), top + ROW - 5)];
        area.draw(&Rectangle::new(corners, colour.filled()))?;
        if let Some(x) = bar.mark.map(|mark| scale.place(mark)) {
            area.draw(&PathElement::new([(x, top + 1), (x, top + ROW - 1)], MARK.stroke_width(2)))?;
        }
        let middle = top + ROW / 2;
        let label = shortened(&bar.label);
        area.draw(&Text::new(label, (LABELS - 10, middle), at(HPos::Right)))?;
        area.draw(&Text::new(bar.says.clone(), (to.max(from + 2) + 8, middle), at(HPos::Left)))?;
    }
    Ok(())
}

/// Names the ends of a drawing below its rows, and its mark where that leaves room between them.
fn name(area: &Area<'_>, rows: usize, scale: &Scale, mark: Option<f64>, named: Named<'_>) -> Drawn {
    /// As much as a name takes.
    const ROOM: i32 = 90;
    let at = |h| ("sans-serif", 14).into_font().color(&QUIET).pos(Pos::new(h, VPos::Center));
    let middle = ROW * i32::try_from(rows)? + ROW / 2;
    let (low, high) = (scale.low, scale.low + scale.length);
    let (left, right) = (scale.place(low), scale.place(high));
    area.draw(&Text::new(named(low), (left, middle), at(HPos::Left)))?;
    area.draw(&Text::new(named(high), (right, middle), at(HPos::Left)))?;
    if let Some(x) = mark.map(|mark| scale.place(mark))
        && left + ROOM < x - ROOM / 2
        && x + ROOM / 2 < right
    {
        area.draw(&Text::new("now", (x, middle), at(HPos::Center)))?;
    }
    Ok(())
}

/// As much of a label as has room; the table has it whole.
fn shortened(label: &str) -> String {
    const ROOM: usize = 32;
    if label.chars().count() <= ROOM {
        return label.to_string();
    }
    label.chars().take(ROOM - 1).chain(['…']).collect()
}

/// In the page's colours, and with a name for who listens instead of looking.
fn styled(text: &str, title: &str) -> String {
    let fill =
        |colour: RGBColor| format!("fill=\"#{:02X}{:02X}{:02X}\"", colour.0, colour.1, colour.2);
    let stroke = |colour: RGBColor| fill(colour).replacen("fill", "stroke", 1);
    let title = html! { (title) }.into_string();
    let mut text = text
        .replace(&fill(INK), "class=\"ink\"")
        .replace(&fill(QUIET), "class=\"quiet\"")
        .replace(&stroke(GRID), "class=\"grid\"")
        .replace(&stroke(MARK), "class=\"mark\"")
        .replacen(
            "<svg ",
            &format!("<svg class=\"chart\" role=\"img\" aria-label=\"{title}\" "),
            1,
        );
    for (_, colour, class) in TONES {
        text = text.replace(&fill(colour), &format!("class=\"{class}\""));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_waterfall_ends_at_its_sum_in_the_colours_of_the_page() {
        let step = |label: &str, value: i64, is_sum| {
            (label.to_string(), Decimal::from(value), format!("USD {value}"), is_sum)
        };
        let steps =
            [step("gross", 100, true), step("share <i>", -25, false), step("net", 75, true)];
        let drawn = waterfall("From gross to net", &steps).into_string();
        assert!(drawn.contains("aria-label=\"From gross to net\""), "{drawn}");
        assert!(drawn.contains("class=\"two\""), "{drawn}");
        assert!(!drawn.contains("fill=\"#01"), "{drawn}");
        assert!(!drawn.contains("<i>"), "{drawn}");
    }

    #[test]
    fn nothing_to_draw_is_no_drawing() {
        assert_eq!(bars("Nothing", &[]).into_string(), "");
    }
}
