//! One way to print every failure: finding, place, excerpt, expectation, hint.

use std::fmt::Write as _;
use std::io::Write as _;

use crate::error::{Exit, Explain};

/// Prints the failure to stderr and returns its exit code.
pub fn failure(failure: &dyn Explain) -> Exit {
    let _ = std::io::stderr().write_all(text(failure).as_bytes());
    failure.exit()
}

fn text(failure: &dyn Explain) -> String {
    let mut text = format!("error: {failure}\n");
    if let Some(place) = failure.place() {
        let _ = writeln!(text, "  --> {place}");
    }
    if let Some(excerpt) = failure.excerpt() {
        let _ = writeln!(text, "{}", excerpt.trim_end());
    }
    if let Some(expectation) = failure.expectation() {
        let _ = writeln!(text, "expected: {expectation}");
    }
    if let Some(hint) = failure.hint() {
        let _ = writeln!(text, "hint: {hint}");
    }
    text
}
