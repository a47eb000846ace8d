//! What can go wrong while results are made visible.

use std::io;
use std::path::PathBuf;

use polars::prelude::PolarsError;

use crate::error::{Exit, Explain};

/// Why results could not be written or read back.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file or folder cannot be written.
    #[error("cannot write: {source}")]
    Write {
        /// What was to be written.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A frame cannot be written as a file.
    #[error("cannot write the table: {source}")]
    Frame {
        /// The file.
        path: PathBuf,
        /// What polars said.
        source: PolarsError,
    },
    /// The file system cannot exchange two folders in one step.
    #[error("this file system cannot replace a published run in one step")]
    NoExchange {
        /// The run's folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Another run is under way.
    #[error("another run of this project is under way: {holder}")]
    Locked {
        /// The lock file.
        path: PathBuf,
        /// Who holds it.
        holder: String,
    },
    /// A published file cannot be read.
    #[error("cannot read a published file: {reason}")]
    Read {
        /// The file.
        path: PathBuf,
        /// What was wrong with it.
        reason: String,
    },
    /// There is no published run.
    #[error("there is no published run{}", before.map(|day| format!(" at {day}")).unwrap_or_default())]
    NoRun {
        /// The `runs` folder.
        path: PathBuf,
        /// The date asked for.
        before: Option<crate::time::Day>,
    },
}

impl Explain for Error {
    fn exit(&self) -> Exit {
        match self {
            Self::Write { .. } | Self::Frame { .. } | Self::NoExchange { .. } => Exit::Output,
            Self::Locked { .. } => Exit::Locked,
            Self::Read { .. } | Self::NoRun { .. } => Exit::Input,
        }
    }

    fn place(&self) -> Option<String> {
        let (Self::Write { path, .. }
        | Self::Frame { path, .. }
        | Self::NoExchange { path, .. }
        | Self::Locked { path, .. }
        | Self::Read { path, .. }
        | Self::NoRun { path, .. }) = self;
        Some(path.display().to_string())
    }

    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Write { .. } | Self::Frame { .. } => {
                "check free space and permissions; the last published run still stands"
            }
            Self::NoExchange { .. } => "keep the project on a local Linux file system, or delete the old run first",
            Self::Locked { .. } => "wait until it ends; the lock goes with its process",
            Self::Read { .. } => "run `tidewatch run --as-of DATE` to make this run again",
            Self::NoRun { .. } => "make one with `tidewatch run`",
        };
        Some(hint.to_owned())
    }
}
