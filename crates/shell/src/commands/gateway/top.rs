//! A live view of a running gateway.

mod draw;
mod rows;

use std::collections::VecDeque;
use std::io::IsTerminal;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use ::gateway::seen::Snapshot;
use ratatui::crossterm::event::{self, Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

use super::configured;
use crate::outcome::{Answer, Failure, Outcome};
use crate::term;
use crate::term::say;
use crate::workspace::Workspace;
use draw::{Screen, draw};
use rows::{By, View};

pub use rows::span;

/// Which gateway to look at, and how.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// Where its operations listener is; what charter.toml says if nothing is said
    #[arg(long, value_name = "ADDRESS")]
    address: Option<SocketAddr>,
    /// Which table to begin with
    #[arg(long, value_enum, default_value_t = By::Route)]
    by: By,
    /// Print one table and end
    #[arg(long)]
    once: bool,
}

/// How often figures are asked for.
const EVERY: Duration = Duration::from_secs(1);

/// Over how many of them rates are taken.
const WINDOW: usize = 10;

/// How long a key press is waited for.
const PRESS: Duration = Duration::from_millis(100);

pub fn run(workspace: &Workspace, args: &Args, json: bool) -> Outcome {
    let address = address(workspace, args)?;
    let ask = || {
        let asked = workspace.block_on(telemetry::operations::ask(address));
        asked.map_err(|error| {
            let help = "is the gateway running, with `[gateway.operations]` in charter.toml?";
            Failure::failed(error.to_string(), help)
        })
    };
    if json || args.once || !std::io::stdout().is_terminal() {
        let first = ask()?;
        std::thread::sleep(EVERY);
        let view = View::of(&first, &ask()?);
        match json {
            true => term::json(&view)?,
            false => print(&view, args.by),
        }
        return Ok(Answer::Yes);
    }
    let mut terminal = ratatui::init();
    let ended = live(&mut terminal, args.by, address, &ask);
    ratatui::restore();
    ended.map(|()| Answer::Yes)
}

/// Where the gateway of a workspace says what it has counted; none where its settings do not say.
///
/// # Errors
/// [`Failure`] if there are no settings of a gateway.
pub fn operations(workspace: &Workspace) -> Result<Option<SocketAddr>, Failure> {
    let listen = configured(workspace)?.operations.map(|operations| operations.listen);
    Ok(listen.filter(|listen| listen.port() != 0))
}

fn address(workspace: &Workspace, args: &Args) -> Result<SocketAddr, Failure> {
    if let Some(address) = args.address {
        return Ok(address);
    }
    operations(workspace)?.ok_or_else(|| {
        Failure::wrong_use(
            "charter.toml does not say where operators ask",
            "say `listen` in `[gateway.operations]`, or `--address`",
        )
    })
}

fn print(view: &View, by: By) {
    let mut table = term::table(by.header());
    for row in view.rows(by) {
        table.add_row(row.cells(by));
    }
    for line in view.summary() {
        say!("{line}");
    }
    say!("{}", table.trim_fmt());
}

/// Draws until somebody has had enough.
fn live(
    terminal: &mut ratatui::DefaultTerminal,
    by: By,
    address: SocketAddr,
    ask: &impl Fn() -> Result<Snapshot, Failure>,
) -> Result<(), Failure> {
    let mut seen: VecDeque<Snapshot> = VecDeque::with_capacity(WINDOW + 1);
    let mut screen = Screen { by, first: 0, address, trouble: None };
    let mut next = Instant::now();
    loop {
        if next <= Instant::now() {
            next = Instant::now() + EVERY;
            // A gateway that is begun anew counts from nothing.
            match ask() {
                Ok(now) => {
                    if seen.back().is_some_and(|last| rows::began_anew(last, &now)) {
                        seen.clear();
                    }
                    seen.push_back(now);
                    screen.trouble = None;
                }
                Err(failure) => screen.trouble = Some(failure.message()),
            }
            if seen.len() > WINDOW {
                seen.pop_front();
            }
        }
        let view = match (seen.front(), seen.back()) {
            (Some(first), Some(last)) => Some(View::of(first, last)),
            _ => None,
        };
        terminal.draw(|frame| draw(frame, &screen, view.as_ref()))?;
        if event::poll(PRESS)? {
            match event::read()? {
                Event::Key(key) if key.kind == KeyEventKind::Press && !screen.press(key) => {
                    return Ok(());
                }
                _ => {}
            }
        }
    }
}

impl Screen {
    /// Does what a key says; whether to go on.
    fn press(&mut self, key: KeyEvent) -> bool {
        let asked_to_end = key.modifiers.contains(KeyModifiers::CONTROL);
        match key.code {
            KeyCode::Char('q') | KeyCode::Esc => return false,
            KeyCode::Char('c') if asked_to_end => return false,
            KeyCode::Tab | KeyCode::Right => (self.by, self.first) = (self.by.next(), 0),
            KeyCode::BackTab | KeyCode::Left => {
                (self.by, self.first) = (self.by.next().next(), 0);
            }
            KeyCode::Down => self.first += 1,
            KeyCode::Up => self.first = self.first.saturating_sub(1),
            _ => {}
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_change_the_table_and_end() {
        let address = "127.0.0.1:9090".parse().unwrap();
        let mut screen = Screen { by: By::Route, first: 3, address, trouble: None };
        assert!(screen.press(KeyCode::Tab.into()));
        assert_eq!((screen.by, screen.first), (By::Upstream, 0));
        assert!(screen.press(KeyCode::Right.into()) && screen.press(KeyCode::Right.into()));
        assert_eq!(screen.by, By::Route);
        assert!(screen.press(KeyCode::Left.into()));
        assert_eq!(screen.by, By::Key);
        assert!(screen.press(KeyCode::Char('c').into()), "a letter alone does nothing");
        assert!(!screen.press(KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL)));
        assert!(!screen.press(KeyCode::Char('q').into()));
    }
}
