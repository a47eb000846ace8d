//! The pointer file `current`: which versions of a target were promoted, in order.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::{Error, State, Version, files};
use crate::publish;

/// Name of the pointer file inside a target's folder.
const POINTER_FILE: &str = "current";
/// Version of the file's format that this engine writes and reads.
const FORMAT: u32 = 1;

/// Promoted and withdrawn versions of one target.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Pointer {
    promoted: Vec<Version>,
    withdrawn: Vec<Version>,
}

#[derive(Serialize, Deserialize)]
struct Written {
    format: u32,
    readable_by: u32,
    #[serde(default)]
    promoted: Vec<String>,
    #[serde(default)]
    withdrawn: Vec<String>,
}

impl Pointer {
    /// The version scores are made with, unless the night is too early for it.
    #[must_use]
    pub fn current(&self) -> Option<&Version> {
        self.promoted.last()
    }

    /// Promoted versions, the current one first.
    pub fn newest_first(&self) -> impl Iterator<Item = &Version> {
        self.promoted.iter().rev()
    }

    /// Where a registered version stands.
    #[must_use]
    pub fn state(&self, version: &Version) -> State {
        if self.current() == Some(version) {
            State::Current
        } else if self.promoted.contains(version) {
            State::Promoted
        } else if self.withdrawn.contains(version) {
            State::Withdrawn
        } else {
            State::Candidate
        }
    }

    pub(super) fn promote(&mut self, version: &Version) {
        self.withdrawn.retain(|other| other != version);
        if self.current() != Some(version) {
            self.promoted.push(version.clone());
        }
    }

    pub(super) fn admit(&mut self, version: &Version) -> bool {
        if self.withdrawn.contains(version) {
            return false;
        }
        if !self.promoted.contains(version) {
            let later = |other: &Version| other.train_as_of() > version.train_as_of();
            let place = self.promoted.iter().position(later).unwrap_or(self.promoted.len());
            self.promoted.insert(place, version.clone());
        }
        true
    }

    pub(super) fn rollback(&mut self) -> Option<(Version, Version)> {
        let withdrawn = self.current()?.clone();
        let standing = self.newest_first().find(|other| **other != withdrawn)?.clone();
        self.promoted.retain(|other| *other != withdrawn);
        self.promoted.dedup();
        self.withdrawn.push(withdrawn.clone());
        Some((withdrawn, standing))
    }

    pub(super) fn read(folder: &Path) -> Result<Self, Error> {
        let path = folder.join(POINTER_FILE);
        if !path.is_file() {
            return Ok(Self::default());
        }
        let damaged = |finding: String| Error::Damaged { path: path.clone(), finding };
        let written: Written = serde_json::from_str(&files::read_text(&path)?).map_err(|e| damaged(e.to_string()))?;
        if written.readable_by > FORMAT {
            return Err(Error::Format { path, found: written.format, readable: FORMAT });
        }
        let versions = |names: &[String]| -> Result<Vec<Version>, Error> {
            let parse = |name: &String| Version::parse(name).ok_or_else(|| damaged(format!("`{name}` is no version")));
            names.iter().map(parse).collect()
        };
        Ok(Self { promoted: versions(&written.promoted)?, withdrawn: versions(&written.withdrawn)? })
    }

    pub(super) fn write(&self, folder: &Path) -> Result<(), Error> {
        let names = |versions: &[Version]| versions.iter().map(|version| version.name().to_owned()).collect();
        let written = Written {
            format: FORMAT,
            readable_by: FORMAT,
            promoted: names(&self.promoted),
            withdrawn: names(&self.withdrawn),
        };
        let mut text = serde_json::to_string_pretty(&written).expect("a pointer holds only numbers and strings");
        text.push('\n');
        Ok(publish::write_file(&folder.join(POINTER_FILE), text.as_bytes())?)
    }
}
