//! Why the store could not be used.

use std::path::PathBuf;

use crate::error::{Exit, Explain};
use crate::progress::Cancelled;
use crate::publish;

/// Why the store could not be used. A damaged store is none of these: it is rebuilt.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The user cancelled.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
    /// Something could not be written.
    #[error(transparent)]
    Write(#[from] publish::Error),
    /// A part changed after it had been found to be whole.
    #[error("`{}` changed while it was in use", path.display())]
    Rotten {
        /// The part.
        path: PathBuf,
    },
    /// A later engine wrote it.
    #[error("`{}` has format {found}, this engine reads format {readable}", path.display())]
    Newer {
        /// The manifest.
        path: PathBuf,
        /// Its format.
        found: u32,
        /// What can be read.
        readable: u32,
    },
}

impl Explain for Error {
    fn exit(&self) -> Exit {
        match self {
            Self::Cancelled(_) => Exit::Cancelled,
            Self::Write(error) => error.exit(),
            Self::Rotten { .. } => Exit::Input,
            Self::Newer { .. } => Exit::Incompatible,
        }
    }

    fn place(&self) -> Option<String> {
        match self {
            Self::Write(error) => error.place(),
            Self::Rotten { path } | Self::Newer { path, .. } => Some(path.display().to_string()),
            Self::Cancelled(_) => None,
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Write(error) => error.hint(),
            Self::Rotten { .. } => Some("run again: what is damaged is built again from the source files".to_owned()),
            Self::Newer { .. } => Some(
                "use the engine that wrote it, or `tidewatch run --full`, which builds it again from the files"
                    .to_owned(),
            ),
            Self::Cancelled(_) => None,
        }
    }
}
