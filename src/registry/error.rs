//! What can go wrong with the registry.

use std::path::PathBuf;

use crate::error::{Exit, Explain};
use crate::time::Day;

/// Why the registry could not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The name cannot be a folder's.
    #[error("`{target}` cannot be the name of a target")]
    TargetName {
        /// The name.
        target: String,
    },
    /// No such version.
    #[error("there is no version `{version}` of {target}")]
    NoVersion {
        /// Where it was looked for.
        target: String,
        /// What was asked for.
        version: String,
        /// What there is, as `target version`.
        known: Vec<String>,
    },
    /// Several versions begin like that.
    #[error("`{prefix}` is the beginning of {} versions", matches.len())]
    Ambiguous {
        /// What was asked for.
        prefix: String,
        /// What it fits, as `target version`.
        matches: Vec<String>,
    },
    /// Nothing was promoted yet.
    #[error("no model of `{target}` is promoted")]
    NoModel {
        /// The target.
        target: String,
    },
    /// Models are promoted, but none could have existed on that day.
    #[error("no promoted model of `{target}` could have existed on {as_of}")]
    TooEarly {
        /// The target.
        target: String,
        /// The day to be scored.
        as_of: Day,
        /// The first day for which one of the promoted models could have existed.
        earliest: Day,
    },
    /// Only one version, or none, was ever promoted.
    #[error("nothing to roll back to: fewer than two versions of `{target}` were promoted")]
    NothingToRollBack {
        /// The target.
        target: String,
    },
    /// `model.json` is not what was registered under that name.
    #[error("{} was changed after it was registered: its content no longer fits the version's name", path.display())]
    Altered {
        /// The file.
        path: PathBuf,
    },
    /// A file does not read as what it should be.
    #[error("{} is damaged: {finding}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What the parser said.
        finding: String,
    },
    /// Written by a newer engine in a format this one cannot read.
    #[error("{} has format {found}; this version of tidewatch reads up to {readable}", path.display())]
    Format {
        /// The file.
        path: PathBuf,
        /// Its format.
        found: u32,
        /// The newest format this engine reads.
        readable: u32,
    },
    /// `model.json` has a format this program does not read.
    #[error("{}: {source}", path.display())]
    Model {
        /// The file.
        path: PathBuf,
        /// What `model` says about it.
        source: crate::model::Error,
    },
    /// A file cannot be read.
    #[error("{} cannot be read: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A file cannot be replaced, or a folder not be put in its place.
    #[error(transparent)]
    Files(#[from] crate::publish::Error),
    /// A file cannot be written.
    #[error("{} cannot be written: {source}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

impl Explain for Error {
    fn exit(&self) -> Exit {
        match self {
            Self::TargetName { .. } => Exit::Project,
            Self::Ambiguous { .. } => Exit::Usage,
            Self::NoVersion { .. } | Self::NoModel { .. } | Self::TooEarly { .. } | Self::NothingToRollBack { .. } => {
                Exit::NoModel
            }
            Self::Altered { .. } | Self::Damaged { .. } | Self::Format { .. } => Exit::Incompatible,
            Self::Model { source, .. } => source.exit(),
            Self::Read { .. } => Exit::Input,
            Self::Write { .. } => Exit::Output,
            Self::Files(source) => source.exit(),
        }
    }

    fn place(&self) -> Option<String> {
        match self {
            Self::Files(source) => source.place(),
            _ => None,
        }
    }

    fn expectation(&self) -> Option<String> {
        match self {
            Self::TargetName { .. } => Some("letters, digits, `_` and `-` only".to_owned()),
            Self::Ambiguous { matches, .. } => Some(format!("one of {}", matches.join(", "))),
            Self::NoVersion { known, .. } if !known.is_empty() => Some(format!("one of {}", known.join(", "))),
            Self::TooEarly { earliest, .. } => {
                Some(format!("a day from {earliest} on: then all its training and calibration windows had ended"))
            }
            _ => None,
        }
    }

    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::NoModel { .. } => "`tidewatch train` fits one; `tidewatch model promote V` promotes one by hand",
            Self::NoVersion { .. } => "`tidewatch model list` shows all versions",
            Self::Ambiguous { .. } => "give more of the name, or `--target`",
            Self::TooEarly { as_of, .. } => {
                return Some(format!(
                    "score a later day, or train one for that night: `tidewatch train --as-of {as_of}`"
                ));
            }
            Self::Altered { .. } | Self::Damaged { .. } => {
                "versions are immutable: restore the folder from a backup, or delete it and train again"
            }
            Self::Model { source, .. } => return source.hint(),
            Self::Files(source) => return source.hint(),
            Self::Format { .. } => "use the newer tidewatch, or train again with this one",
            Self::Write { .. } => "check the folder's permissions and the space left",
            Self::TargetName { .. } | Self::NothingToRollBack { .. } | Self::Read { .. } => return None,
        };
        Some(hint.to_owned())
    }
}
