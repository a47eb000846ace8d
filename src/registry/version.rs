//! The name of a model version: its training date and the first digits of its content's hash.

use std::fmt;

use crate::time::Day;

/// Hex digits of the hash in a name.
const DIGITS: usize = 8;

/// A version name, `2025-06-01-0a1b2c3d`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version {
    train_as_of: Day,
    name: String,
}

impl Version {
    /// The version of an artefact trained as of that day.
    #[must_use]
    pub fn of(train_as_of: Day, model: &[u8]) -> Self {
        let hash = blake3::hash(model).to_hex();
        Self { train_as_of, name: format!("{train_as_of}-{}", &hash.as_str()[..DIGITS]) }
    }

    /// Reads a name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        let (date, hash) = name.rsplit_once('-')?;
        let is_hash = hash.len() == DIGITS && hash.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        let train_as_of: Day = date.parse().ok()?;
        (is_hash && train_as_of.to_string() == date).then(|| Self { train_as_of, name: name.to_owned() })
    }

    /// The name, as folders and the column `model` of the scores spell it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The day as of which it was trained.
    #[must_use]
    pub const fn train_as_of(&self) -> Day {
        self.train_as_of
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.name)
    }
}
