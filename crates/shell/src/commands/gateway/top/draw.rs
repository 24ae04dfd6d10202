//! What the live view looks like.

use std::net::SocketAddr;

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout};
use ratatui::style::{Style, Stylize};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Paragraph, Row, Table};

use super::rows::{By, View};

/// What is on the screen.
pub struct Screen {
    /// Which table.
    pub by: By,
    /// The first line of it that is shown.
    pub first: usize,
    /// Which gateway.
    pub address: SocketAddr,
    /// Why there is nothing new.
    pub trouble: Option<String>,
}

/// Draws a view, or that there is none yet.
pub fn draw(frame: &mut Frame<'_>, screen: &Screen, view: Option<&View>) {
    let heights = [Constraint::Length(4), Constraint::Min(3), Constraint::Length(1)];
    let [head, body, foot] = Layout::vertical(heights).areas(frame.area());
    let mut lines = vec![title(screen)];
    let summary = view.map(View::summary);
    lines.extend(summary.into_iter().flatten().map(Line::from));
    lines.push(screen.trouble.as_deref().map_or_else(Line::default, |why| why.red().into()));
    frame.render_widget(Paragraph::new(lines), head);

    let rows = view.map_or(&[][..], |view| view.rows(screen.by));
    let first = screen.first.min(rows.len().saturating_sub(1));
    let rows = rows[first..].iter().map(|line| {
        let style = if line.is_bad() { Style::new().red() } else { Style::new() };
        Row::new(line.cells(screen.by)).style(style)
    });
    // 80 columns hold them all, with a gap of one between two.
    let header = screen.by.header();
    let widths = header.iter().enumerate().map(|(at, column)| match (at, *column) {
        (0, _) => Constraint::Length(15),
        (_, "circuit" | "budget left") => Constraint::Min(9),
        _ => Constraint::Length(7),
    });
    let table = Table::new(rows, widths).header(Row::new(header.clone()).bold());
    frame.render_widget(table, body);

    let keys = "q quit  tab,arrows table,scroll  rates of 10 s, errors since the start, UTC hour";
    frame.render_widget(Paragraph::new(keys.dim()), foot);
}

fn title(screen: &Screen) -> Line<'static> {
    let tabs = [(By::Route, "routes"), (By::Upstream, "upstreams"), (By::Key, "keys")];
    let mut spans = vec![Span::from(format!("charter gateway at {}  ", screen.address)).bold()];
    spans.extend(tabs.map(|(by, name)| match by == screen.by {
        true => Span::from(format!("[{name}]")).reversed(),
        false => Span::from(format!(" {name} ")),
    }));
    Line::from(spans)
}

#[cfg(test)]
mod tests {
    use ratatui::Terminal;
    use ratatui::backend::TestBackend;

    use super::super::rows::tests::looks;
    use super::*;

    fn drawn(by: By, trouble: Option<&str>) -> String {
        let [before, now] = looks();
        let view = View::of(&before, &now);
        let address = "127.0.0.1:9090".parse().unwrap();
        let screen = Screen { by, first: 0, address, trouble: trouble.map(str::to_string) };
        let mut terminal = Terminal::new(TestBackend::new(80, 24)).unwrap();
        terminal.draw(|frame| draw(frame, &screen, Some(&view))).unwrap();
        terminal.backend().to_string()
    }

    #[test]
    fn it_fits_a_small_terminal() {
        insta::assert_snapshot!("routes", drawn(By::Route, None));
        insta::assert_snapshot!("upstreams", drawn(By::Upstream, None));
        insta::assert_snapshot!("keys", drawn(By::Key, Some("the gateway does not answer")));
    }
}
