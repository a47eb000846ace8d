//! The published runs of a project, read back.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use polars::prelude::{DataFrame, ParquetReader, SerReader};

use super::{Error, Manifest, RUN_FORMAT};
use crate::time::Day;

/// The scores of a run.
pub const SCORES_FILE: &str = "scores.parquet";

/// The published runs of a project, ascending by date.
#[derive(Debug, Clone)]
pub struct Runs {
    folder: PathBuf,
    days: Vec<Day>,
}

impl Runs {
    /// Lists the runs; a project without any has none.
    ///
    /// # Errors
    /// [`Error::Read`] if the folder is there but cannot be listed.
    pub fn of(project_root: &Path) -> Result<Self, Error> {
        let folder = project_root.join("runs");
        let mut days = Vec::new();
        if folder.is_dir() {
            let failed = |error: std::io::Error| Error::Read { path: folder.clone(), reason: error.to_string() };
            for entry in fs::read_dir(&folder).map_err(failed)? {
                let name = entry.map_err(failed)?.file_name();
                days.extend(name.to_str().and_then(|name| name.parse::<Day>().ok()));
            }
        }
        days.sort_unstable();
        Ok(Self { folder, days })
    }

    /// The days that have a run, ascending.
    #[must_use]
    pub fn days(&self) -> &[Day] {
        &self.days
    }

    /// The newest run strictly before `as_of`: what "last run" means.
    #[must_use]
    pub fn last_before(&self, as_of: Day) -> Option<Day> {
        self.days.iter().copied().rfind(|day| *day < as_of)
    }

    /// The run of that day, or the newest of all.
    ///
    /// # Errors
    /// [`Error::NoRun`].
    pub fn find(&self, as_of: Option<Day>) -> Result<Day, Error> {
        let found = match as_of {
            Some(day) => self.days.iter().copied().find(|known| *known == day),
            None => self.days.last().copied(),
        };
        found.ok_or_else(|| Error::NoRun { path: self.folder.clone(), before: as_of })
    }

    /// The folder of a run.
    #[must_use]
    pub fn folder(&self, as_of: Day) -> PathBuf {
        self.folder.join(as_of.to_string())
    }

    /// Reads `scores.parquet` of a run.
    ///
    /// # Errors
    /// [`Error::Read`].
    pub fn scores(&self, as_of: Day) -> Result<DataFrame, Error> {
        let path = self.folder(as_of).join(SCORES_FILE);
        let unreadable = |reason: String| Error::Read { path: path.clone(), reason };
        let file = File::open(&path).map_err(|error| unreadable(error.to_string()))?;
        ParquetReader::new(file).finish().map_err(|error| unreadable(error.to_string()))
    }

    /// Reads those of the columns that `scores.parquet` of a run has.
    ///
    /// # Errors
    /// [`Error::Read`].
    pub fn scores_columns(&self, as_of: Day, columns: &[&str]) -> Result<DataFrame, Error> {
        let path = self.folder(as_of).join(SCORES_FILE);
        let unreadable = |reason: String| Error::Read { path: path.clone(), reason };
        let file = File::open(&path).map_err(|error| unreadable(error.to_string()))?;
        let mut reader = ParquetReader::new(file);
        let schema = reader.schema().map_err(|error| unreadable(error.to_string()))?;
        let present = columns.iter().filter(|name| schema.contains(name)).map(|name| (*name).to_owned()).collect();
        reader.with_columns(Some(present)).finish().map_err(|error| unreadable(error.to_string()))
    }

    /// Reads `run.json` of a run.
    ///
    /// # Errors
    /// [`Error::Read`], also for a manifest of another format.
    pub fn manifest(&self, as_of: Day) -> Result<Manifest, Error> {
        let path = self.folder(as_of).join("run.json");
        let unreadable = |reason: String| Error::Read { path: path.clone(), reason };
        let bytes = fs::read(&path).map_err(|error| unreadable(error.to_string()))?;
        let manifest: Manifest = serde_json::from_slice(&bytes).map_err(|error| unreadable(error.to_string()))?;
        if manifest.format == RUN_FORMAT {
            Ok(manifest)
        } else {
            Err(unreadable(format!("format {}, this engine reads format {RUN_FORMAT}", manifest.format)))
        }
    }
}
