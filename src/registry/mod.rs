//! The registry: immutable model versions, one movable pointer per target, and the way back.
//!
//! # Files
//! ```text
//! <project>/models/<target>/<version>/model.json       the artefact, as `model` wrote it
//!                                     evaluation.json  how it did on its test slice
//!                                     card.md          the same for people
//!                          current                     which versions were promoted, in order (below)
//!                          .lock                       held for the moment of a change
//! ```
//! A version is named `<train_as_of>-<first 8 hex of blake3 of model.json>`: retraining on equal inputs gives the same
//! name, and an edited `model.json` no longer fits its name and is refused. A version folder is staged beside its final
//! place, synced, renamed once and then never written again.
//!
//! `current` is JSON: `format`, `readable_by`, `promoted` (oldest first, the last one is current) and `withdrawn`
//! (rolled back; only an explicit promotion brings them back). It is replaced whole.

mod artefact;
mod diff;
mod error;
mod files;
mod pointer;
mod standing;
mod version;

use std::path::{Path, PathBuf};

pub use diff::{Difference, Pair};
pub use error::Error;
pub use pointer::Pointer;
pub use standing::Head;
pub use version::Version;

use crate::time::Day;

/// Name of the artefact inside a version folder.
pub const MODEL_FILE: &str = "model.json";
/// Name of the evaluation inside a version folder.
pub const EVALUATION_FILE: &str = "evaluation.json";
/// Name of the page for people inside a version folder.
pub const CARD_FILE: &str = "card.md";

/// All model versions of a project.
#[derive(Debug, Clone)]
pub struct Registry {
    folder: PathBuf,
}

/// What a version folder holds.
#[derive(Debug, Clone, Copy)]
pub struct Contents<'a> {
    /// Bytes of `model.json`.
    pub model: &'a [u8],
    /// Bytes of `evaluation.json`.
    pub evaluation: &'a [u8],
    /// Text of `card.md`.
    pub card: &'a str,
}

/// One line of `model list`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// The target it predicts.
    pub target: String,
    /// The version.
    pub version: Version,
    /// Whether it is the current one, was promoted before, was rolled back, or never promoted.
    pub state: State,
}

/// Where a version stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// The pointer's current version.
    Current,
    /// Promoted once, since followed by another.
    Promoted,
    /// Rolled back.
    Withdrawn,
    /// Registered only.
    Candidate,
}

impl State {
    /// The word printed in lists.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Current => "current",
            Self::Promoted => "promoted before",
            Self::Withdrawn => "rolled back",
            Self::Candidate => "candidate",
        }
    }
}

impl Registry {
    /// The registry of the project in that folder; nothing is created until something is registered.
    #[must_use]
    pub fn open(project_root: &Path) -> Self {
        Self { folder: project_root.join("models") }
    }

    fn target_folder(&self, target: &str) -> Result<PathBuf, Error> {
        let plain = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
        if target.is_empty() || !target.chars().all(plain) {
            return Err(Error::TargetName { target: target.to_owned() });
        }
        Ok(self.folder.join(target))
    }

    /// Registers a model; one that is registered already is left as it is.
    ///
    /// # Errors
    /// [`Error::Write`] if the folder cannot be written, [`Error::Altered`] if a version of that name holds other bytes.
    pub fn register_bytes(&self, target: &str, contents: &Contents<'_>, train_as_of: Day) -> Result<Version, Error> {
        let folder = self.target_folder(target)?;
        let version = Version::of(train_as_of, contents.model);
        let _lock = files::lock(&folder)?;
        let home = folder.join(version.name());
        if home.is_dir() {
            self.bytes(target, &version)?;
            return Ok(version);
        }
        files::write_folder(
            &home,
            &[
                (EVALUATION_FILE, contents.evaluation),
                (CARD_FILE, contents.card.as_bytes()),
                (MODEL_FILE, contents.model),
            ],
        )?;
        Ok(version)
    }

    /// The bytes of a version's `model.json`, proven to be those it was registered with.
    ///
    /// # Errors
    /// [`Error::NoVersion`], [`Error::Read`] or [`Error::Altered`].
    pub fn bytes(&self, target: &str, version: &Version) -> Result<Vec<u8>, Error> {
        let path = self.path(target, version, MODEL_FILE)?;
        if !path.is_file() {
            return Err(self.no_version(target, version.name()));
        }
        let bytes = files::read(&path)?;
        if Version::of(version.train_as_of(), &bytes) == *version { Ok(bytes) } else { Err(Error::Altered { path }) }
    }

    /// The text of a version's `card.md` or `evaluation.json`.
    ///
    /// # Errors
    /// [`Error::Read`] if it cannot be read as UTF-8 text.
    pub fn text(&self, target: &str, version: &Version, file: &str) -> Result<String, Error> {
        files::read_text(&self.path(target, version, file)?)
    }

    /// The path of a file of a version.
    ///
    /// # Errors
    /// [`Error::TargetName`] if the target's name cannot be a folder's.
    pub fn path(&self, target: &str, version: &Version, file: &str) -> Result<PathBuf, Error> {
        Ok(self.target_folder(target)?.join(version.name()).join(file))
    }

    /// Targets that have versions, ascending.
    ///
    /// # Errors
    /// [`Error::Read`] if the folder cannot be listed.
    pub fn targets(&self) -> Result<Vec<String>, Error> {
        files::folders(&self.folder)
    }

    /// Versions of a target, ascending by name and so by training date.
    ///
    /// # Errors
    /// [`Error::Read`] if the folder cannot be listed.
    pub fn versions(&self, target: &str) -> Result<Vec<Version>, Error> {
        let names = files::folders(&self.target_folder(target)?)?;
        Ok(names.iter().filter_map(|name| Version::parse(name)).collect())
    }

    /// All versions of all targets with where they stand.
    ///
    /// # Errors
    /// [`Error::Read`], [`Error::Damaged`] or [`Error::Format`] if a folder or pointer cannot be read.
    pub fn list(&self) -> Result<Vec<Listed>, Error> {
        let mut listed = Vec::new();
        for target in self.targets()? {
            let pointer = self.pointer(&target)?;
            for version in self.versions(&target)? {
                let state = pointer.state(&version);
                listed.push(Listed { target: target.clone(), version, state });
            }
        }
        Ok(listed)
    }

    /// The version whose name begins with `prefix`, or `current`; searched in one target or in all.
    ///
    /// # Errors
    /// [`Error::NoVersion`] if there is none, [`Error::Ambiguous`] if there are several.
    pub fn find(&self, target: Option<&str>, prefix: &str) -> Result<(String, Version), Error> {
        let targets = target.map_or_else(|| self.targets(), |target| Ok(vec![target.to_owned()]))?;
        let mut found = Vec::new();
        for target in &targets {
            let matching: Vec<Version> = if prefix == "current" {
                self.pointer(target)?.current().cloned().into_iter().collect()
            } else {
                self.versions(target)?.into_iter().filter(|version| version.name().starts_with(prefix)).collect()
            };
            found.extend(matching.into_iter().map(|version| (target.clone(), version)));
        }
        match found.len() {
            0 => Err(self.no_version(target.unwrap_or("any target"), prefix)),
            1 => Ok(found.remove(0)),
            _ => Err(Error::Ambiguous {
                prefix: prefix.to_owned(),
                matches: found.into_iter().map(|(target, version)| format!("{target} {version}")).collect(),
            }),
        }
    }

    /// The target that is named, or the only one there is.
    ///
    /// # Errors
    /// [`Error::Ambiguous`] if there are several, [`Error::NoVersion`] if there is none.
    pub fn only_target(&self, named: Option<&str>) -> Result<String, Error> {
        let mut targets = named.map_or_else(|| self.targets(), |target| Ok(vec![target.to_owned()]))?;
        match targets.len() {
            0 => Err(self.no_version("any target", "current")),
            1 => Ok(targets.remove(0)),
            _ => Err(Error::Ambiguous { prefix: "current".to_owned(), matches: targets }),
        }
    }

    /// Which versions of the target were promoted.
    ///
    /// # Errors
    /// [`Error::Read`], [`Error::Damaged`] or [`Error::Format`].
    pub fn pointer(&self, target: &str) -> Result<Pointer, Error> {
        Pointer::read(&self.target_folder(target)?)
    }

    /// Makes the version the current one, whatever its date: the explicit decision of a person.
    ///
    /// # Errors
    /// [`Error::NoVersion`], [`Error::Altered`], [`Error::Write`].
    pub fn promote(&self, target: &str, version: &Version) -> Result<(), Error> {
        self.bytes(target, version)?;
        self.change(target, |pointer| {
            pointer.promote(version);
            Ok(())
        })
    }

    /// Lets a version that passed its gate join the promoted ones at the place its training date gives it: a model
    /// trained for a past night does not displace a newer one, and one that was rolled back stays withdrawn.
    /// Returns whether the version is promoted now.
    ///
    /// # Errors
    /// [`Error::NoVersion`], [`Error::Altered`], [`Error::Write`].
    pub fn admit(&self, target: &str, version: &Version) -> Result<bool, Error> {
        self.bytes(target, version)?;
        self.change(target, |pointer| Ok(pointer.admit(version)))
    }

    /// Withdraws the current version and returns it with the one that stands now.
    ///
    /// # Errors
    /// [`Error::NothingToRollBack`] if fewer than two versions were promoted.
    pub fn rollback(&self, target: &str) -> Result<(Version, Version), Error> {
        self.change(target, |pointer| {
            pointer.rollback().ok_or_else(|| Error::NothingToRollBack { target: target.to_owned() })
        })
    }

    fn change<T>(&self, target: &str, change: impl FnOnce(&mut Pointer) -> Result<T, Error>) -> Result<T, Error> {
        let folder = self.target_folder(target)?;
        let _lock = files::lock(&folder)?;
        let before = Pointer::read(&folder)?;
        let mut after = before.clone();
        let answer = change(&mut after)?;
        if after != before {
            after.write(&folder)?;
        }
        Ok(answer)
    }

    fn no_version(&self, target: &str, version: &str) -> Error {
        let known = self.list().unwrap_or_default();
        Error::NoVersion {
            target: target.to_owned(),
            version: version.to_owned(),
            known: known.into_iter().map(|one| format!("{} {}", one.target, one.version)).collect(),
        }
    }
}

#[cfg(test)]
mod tests;
