//! How every layer's errors speak to people: place, finding, expectation, hint, exit code.
//!
//! Each layer has one error enum (thiserror) whose `Display` is the *finding* alone. It implements [`Explain`] for the
//! rest, and `cli` renders all of them in one way. A hint is part of the error's type, never glued to its text.

use std::fmt;

use serde::Serialize;

/// Documented exit codes. Append-only: a number never changes its meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[repr(u8)]
pub enum Exit {
    /// Everything asked for was done.
    Done = 0,
    /// The command line was not understood.
    Usage = 2,
    /// The project file is wrong.
    Project = 3,
    /// An input is missing or unreadable.
    Input = 4,
    /// The data break the data contract.
    Contract = 5,
    /// No usable model, or an untrusted campaign.
    NoModel = 6,
    /// Not enough data for what was asked.
    NotEnoughData = 7,
    /// Another run holds the lock.
    Locked = 8,
    /// An output cannot be written.
    Output = 9,
    /// A model or state was written by an incompatible version.
    Incompatible = 10,
    /// The user cancelled.
    Cancelled = 11,
    /// A bug of ours.
    Bug = 70,
}

impl Exit {
    /// All codes, in order, for `list exits` and its test.
    pub const ALL: [Self; 12] = [
        Self::Done,
        Self::Usage,
        Self::Project,
        Self::Input,
        Self::Contract,
        Self::NoModel,
        Self::NotEnoughData,
        Self::Locked,
        Self::Output,
        Self::Incompatible,
        Self::Cancelled,
        Self::Bug,
    ];

    /// The number the process returns.
    #[must_use]
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// What the code means, in one line.
    #[must_use]
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Usage => "usage: the command line was not understood",
            Self::Project => "project file wrong",
            Self::Input => "input missing or unreadable",
            Self::Contract => "data contract failed",
            Self::NoModel => "no usable model, or an untrusted campaign",
            Self::NotEnoughData => "not enough data",
            Self::Locked => "another run holds the lock",
            Self::Output => "output cannot be written",
            Self::Incompatible => "model or state from an incompatible version",
            Self::Cancelled => "cancelled",
            Self::Bug => "a bug (please report)",
        }
    }
}

/// What an error tells beside its finding (its `Display`).
pub trait Explain: fmt::Display + fmt::Debug {
    /// The exit code the process ends with.
    fn exit(&self) -> Exit;

    /// Where: a file with line and column, or a table with column.
    fn place(&self) -> Option<String> {
        None
    }

    /// A rendered excerpt of the culprit, several lines, such as the source line with a caret.
    fn excerpt(&self) -> Option<String> {
        None
    }

    /// What was expected instead.
    fn expectation(&self) -> Option<String> {
        None
    }

    /// What to do next.
    fn hint(&self) -> Option<String> {
        None
    }
}
