//! Where printed lines go: to the terminal, or into a capture of the thread that runs the command.
//!
//! In come lines, with colours; a capture takes them without. It is the thread's own, as a server runs one
//! command a thread at a time, and two answers must never mix.

use std::cell::RefCell;
use std::fmt::Arguments;
use std::io::Write;

use anstream::adapter::strip_str;

thread_local! {
    static CAPTURED: RefCell<Option<Captured>> = const { RefCell::new(None) };
}

/// What a command printed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Captured {
    /// Its answer, as standard output would have it: UTF-8, but for formats that are no text.
    pub out: Vec<u8>,
    /// What it said beside its answer, as standard error would have it.
    pub err: String,
}

/// Runs a command and keeps what it prints on this thread: without colours, wrapped at 100 columns. A
/// capture within a capture has what is printed there.
pub fn capture<T>(work: impl FnOnce() -> T) -> (T, Captured) {
    let outer = Outer(CAPTURED.replace(Some(Captured::default())));
    let done = work();
    let captured = CAPTURED.take().unwrap_or_default();
    drop(outer);
    (done, captured)
}

/// Whether this thread captures what is printed.
pub fn captures() -> bool {
    CAPTURED.with_borrow(Option::is_some)
}

/// What captured before, which it does again afterwards, also where a command panics.
struct Outer(Option<Captured>);

impl Drop for Outer {
    fn drop(&mut self) {
        CAPTURED.set(self.0.take());
    }
}

/// A line of the answer.
pub fn out(line: Arguments<'_>) {
    let kept = |captured: &mut Captured| {
        captured.out.extend_from_slice(strip_str(&line.to_string()).to_string().as_bytes());
        captured.out.push(b'\n');
    };
    if !keep(kept) {
        let _ = writeln!(anstream::stdout(), "{line}");
    }
}

/// A line beside the answer.
pub fn aside(line: Arguments<'_>) {
    let kept = |captured: &mut Captured| {
        captured.err += &strip_str(&line.to_string()).to_string();
        captured.err.push('\n');
    };
    if !keep(kept) {
        let _ = writeln!(anstream::stderr(), "{line}");
    }
}

/// Bytes of an answer that is no text.
pub fn raw(bytes: &[u8]) -> std::io::Result<()> {
    match keep(|captured| captured.out.extend_from_slice(bytes)) {
        true => Ok(()),
        false => std::io::stdout().write_all(bytes),
    }
}

fn keep(take: impl FnOnce(&mut Captured)) -> bool {
    CAPTURED.with_borrow_mut(|captured| captured.as_mut().map(take).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::term::{self, complain, say};

    #[test]
    fn a_capture_has_plain_text_and_knows_answers_from_complaints() {
        let (done, captured) = capture(|| {
            say!("{} and {}", term::red("no"), 1);
            complain!("{}", term::bold("beware"));
            raw(&[0xff]).unwrap();
            term::width()
        });
        assert_eq!(done, 100);
        assert_eq!(captured.out, b"no and 1\n\xff");
        assert_eq!(captured.err, "beware\n");
    }

    #[test]
    fn a_capture_ends_with_its_work_even_in_a_panic() {
        let ((), outer) = capture(|| {
            say!("before");
            let panicked = std::panic::catch_unwind(|| {
                capture(|| {
                    say!("within");
                    panic!("a command that fails")
                })
            });
            assert!(panicked.is_err());
            say!("after");
        });
        assert_eq!(outer.out, b"before\nafter\n");
        assert!(!captures());
    }
}
