//! Which version may score a night: the newest promoted one whose training and calibration windows had all ended.

use serde::Deserialize;

use super::{Error, MODEL_FILE, Registry, Version};
use crate::time::Day;

/// What the registry reads of a `model.json`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct Head {
    /// The day training was made for.
    pub as_of: Day,
    /// First day on which every label used in training and calibration was over; none for undated outcomes.
    #[serde(default)]
    pub last_label_end: Option<Day>,
}

impl Head {
    /// The first night the model could have scored. An undated outcome is known at all times.
    #[must_use]
    pub fn earliest(&self) -> Option<Day> {
        self.last_label_end
    }
}

impl Registry {
    /// The newest promoted version that could have existed on `as_of`; [`Registry::absence`] says why there is none.
    ///
    /// # Errors
    /// [`Error::Altered`], [`Error::Damaged`] or [`Error::Read`] if a promoted version cannot be trusted.
    pub fn standing_version(&self, target: &str, as_of: Day) -> Result<Option<Version>, Error> {
        for version in self.pointer(target)?.newest_first() {
            if self.head(target, version)?.earliest().is_none_or(|day| day <= as_of) {
                return Ok(Some(version.clone()));
            }
        }
        Ok(None)
    }

    /// Why no version stands on `as_of`: nothing is promoted, or all of it is too young for that night.
    #[must_use]
    pub fn absence(&self, target: &str, as_of: Day) -> Error {
        match self.earliest(target) {
            Err(error) => error,
            Ok(None) => Error::NoModel { target: target.to_owned() },
            Ok(Some(earliest)) => Error::TooEarly { target: target.to_owned(), as_of, earliest },
        }
    }

    fn earliest(&self, target: &str) -> Result<Option<Day>, Error> {
        let mut earliest: Option<Day> = None;
        for version in self.pointer(target)?.newest_first() {
            let day = self.head(target, version)?.earliest();
            earliest = day.map(|day| earliest.map_or(day, |known| known.min(day))).or(earliest);
        }
        Ok(earliest)
    }

    /// What the registry reads of a version's `model.json`.
    ///
    /// # Errors
    /// [`Error::NoVersion`], [`Error::Altered`], [`Error::Damaged`].
    pub fn head(&self, target: &str, version: &Version) -> Result<Head, Error> {
        let bytes = self.bytes(target, version)?;
        let damaged = |path, error: serde_json::Error| Error::Damaged { path, finding: error.to_string() };
        serde_json::from_slice(&bytes).or_else(|error| Err(damaged(self.path(target, version, MODEL_FILE)?, error)))
    }
}
