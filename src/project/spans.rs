//! Where each key of a project file stands, for errors that only show when sections are compared.

use std::ops::Range;
use std::path::{Path, PathBuf};

use toml::de::{DeTable, DeValue};

use super::error::{Error, Place, Wrong};

/// The parsed file with places.
pub(super) struct Spans<'text> {
    text: &'text str,
    path: PathBuf,
    root: Option<DeValue<'text>>,
}

/// One step on the way to a value.
#[derive(Debug, Clone, Copy)]
pub(super) enum Step<'a> {
    /// A key of a table.
    Key(&'a str),
    /// A key of a table; the key itself is meant, not its value.
    Name(&'a str),
    /// A position in an array; steps over nothing when the value is no array (`[tables.x]` for `[[tables.x]]`).
    Item(usize),
}

impl<'text> Spans<'text> {
    /// Reads `text`, which is known to be valid TOML.
    pub(super) fn parse(text: &'text str, path: &Path) -> Self {
        let root = DeTable::parse(text).ok().map(|table| DeValue::Table(table.into_inner()));
        Self { text, path: path.to_owned(), root }
    }

    /// The error at the value that `steps` lead to, or at the last step that exists.
    pub(super) fn wrong(&self, steps: &[Step<'_>], finding: String) -> Wrong {
        let place = Place::new(&self.path, self.text, self.span(steps));
        Wrong { place, finding, expectation: None, hint: None }
    }

    fn span(&self, steps: &[Step<'_>]) -> Range<usize> {
        let mut span = 0..0;
        let mut value = self.root.as_ref();
        for step in steps {
            if let (Step::Name(key), Some(DeValue::Table(table))) = (step, value)
                && let Some((name, _)) = table.get_key_value(*key)
            {
                return name.span();
            }
            let next = match (step, value) {
                (Step::Key(key), Some(DeValue::Table(table))) => table.get(*key),
                (Step::Item(index), Some(DeValue::Array(items))) => items.get(*index),
                (Step::Item(_), Some(_)) => continue,
                _ => None,
            };
            let Some(next) = next else { return span };
            span = next.span();
            value = Some(next.get_ref());
        }
        span
    }
}

impl Wrong {
    /// Adds what was expected.
    pub(super) fn expected(mut self, expectation: impl Into<String>) -> Self {
        self.expectation = Some(expectation.into());
        self
    }

    /// Adds what to do next.
    pub(super) fn hinting(mut self, hint: Option<String>) -> Self {
        self.hint = hint;
        self
    }
}

impl From<Wrong> for Error {
    fn from(wrong: Wrong) -> Self {
        Self::Wrong(Box::new(wrong))
    }
}
