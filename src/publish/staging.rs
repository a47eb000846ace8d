//! The folder in which a run is made before anyone can see it.

use std::fs::{self, File};
use std::io::{BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use polars::prelude::{DataFrame, ParquetCompression, ParquetWriter};
use serde::Serialize;

use super::{Error, Manifest, Output, durable};
use crate::time::Day;

const PREFIX: &str = ".staging-";
const MANIFEST_FILE: &str = "run.json";
const TIMING_FILE: &str = "timing.json";
/// Rows of a parquet row group: small enough to be read in parallel and pruned.
const ROW_GROUP: usize = 131_072;

/// A run in the making. Dropped without [`Staging::publish`], its folder is removed.
#[derive(Debug)]
pub struct Staging {
    folder: tempfile::TempDir,
    target: PathBuf,
    outputs: Vec<Output>,
}

/// A run that is visible.
#[derive(Debug)]
pub struct Published {
    /// Its folder, `runs/<as_of>`.
    pub folder: PathBuf,
    /// Its files.
    pub outputs: Vec<Output>,
}

impl Staging {
    /// Begins a run: removes what killed runs left, and makes a new staging folder. Call it with the lock held.
    ///
    /// # Errors
    /// [`Error::Write`] if the `runs` folder cannot be used.
    pub fn begin(project_root: &Path, as_of: Day) -> Result<Self, Error> {
        let runs = project_root.join("runs");
        let failed = |source| Error::Write { path: runs.clone(), source };
        fs::create_dir_all(&runs).map_err(failed)?;
        remove_leftovers(&runs)?;
        let folder = tempfile::Builder::new().prefix(PREFIX).tempdir_in(&runs).map_err(failed)?;
        fs::set_permissions(folder.path(), fs::metadata(&runs).map_err(failed)?.permissions()).map_err(failed)?;
        Ok(Self { folder, target: runs.join(as_of.to_string()), outputs: Vec::new() })
    }

    /// The staging folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Adds a table as parquet.
    ///
    /// # Errors
    /// [`Error::Frame`] or [`Error::Write`].
    pub fn parquet(&mut self, name: &str, frame: &mut DataFrame) -> Result<(), Error> {
        write_parquet(&self.path().join(name), frame)?;
        self.record(name, Some(frame.height() as u64))
    }

    /// Adds a JSON document, indented, keys in the order of the type.
    ///
    /// # Errors
    /// [`Error::Write`].
    pub fn json(&mut self, name: &str, document: &impl Serialize) -> Result<(), Error> {
        self.write_json(name, document)?;
        self.record(name, None)
    }

    /// Adds a file that `write` makes at the path it is given; `rows` as `write` counts them.
    ///
    /// # Errors
    /// What `write` says, or [`Error::Write`].
    pub fn file<E: From<Error>>(
        &mut self,
        name: &str,
        write: impl FnOnce(&Path) -> Result<Option<u64>, E>,
    ) -> Result<(), E> {
        let rows = write(&self.path().join(name))?;
        Ok(self.record(name, rows)?)
    }

    /// Adds the clock times: the one file that may differ between equal runs, so the manifest does not list it.
    ///
    /// # Errors
    /// [`Error::Write`].
    pub fn timing(&self, timing: &impl Serialize) -> Result<(), Error> {
        self.write_json(TIMING_FILE, timing)
    }

    /// The files so far, by name.
    #[must_use]
    pub fn outputs(&self) -> Vec<Output> {
        let mut outputs = self.outputs.clone();
        outputs.sort();
        outputs
    }

    /// Writes the manifest, flushes everything, and makes the run visible in one step.
    ///
    /// # Errors
    /// [`Error::Write`] or [`Error::NoExchange`]; then whatever was published before still stands.
    pub fn publish(self, manifest: &Manifest) -> Result<Published, Error> {
        self.write_json(MANIFEST_FILE, manifest)?;
        durable::sync_folder(self.path())?;
        let outputs = self.outputs();
        let Self { folder, target, .. } = self;
        durable::replace_folder(folder.path(), &target)?;
        // Renamed or removed already: nothing is left to clean up.
        let _ = folder.keep();
        Ok(Published { folder: target, outputs })
    }

    fn write_json(&self, name: &str, document: &impl Serialize) -> Result<(), Error> {
        let path = self.path().join(name);
        let write = || -> std::io::Result<()> {
            let mut file = BufWriter::new(File::create(&path)?);
            serde_json::to_writer_pretty(&mut file, document)?;
            file.write_all(b"\n")?;
            file.flush()
        };
        write().map_err(|source| Error::Write { path: path.clone(), source })
    }

    fn record(&mut self, name: &str, rows: Option<u64>) -> Result<(), Error> {
        let path = self.path().join(name);
        let blake3 = digest(&path).map_err(|source| Error::Write { path, source })?;
        self.outputs.push(Output { path: name.to_owned(), rows, blake3 });
        Ok(())
    }
}

/// Writes a frame as zstd parquet with statistics; equal frames give equal bytes.
///
/// # Errors
/// [`Error::Write`] if the file cannot be made, [`Error::Frame`] if polars refuses.
pub fn write_parquet(path: &Path, frame: &mut DataFrame) -> Result<(), Error> {
    let file = File::create(path).map_err(|source| Error::Write { path: path.to_path_buf(), source })?;
    frame.rechunk_mut();
    ParquetWriter::new(BufWriter::new(file))
        .with_compression(ParquetCompression::Zstd(None))
        .with_row_group_size(Some(ROW_GROUP))
        .finish(frame)
        .map_err(|source| Error::Frame { path: path.to_path_buf(), source })?;
    Ok(())
}

fn remove_leftovers(runs: &Path) -> Result<(), Error> {
    let failed = |source| Error::Write { path: runs.to_path_buf(), source };
    for entry in fs::read_dir(runs).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        if entry.file_name().to_string_lossy().starts_with(PREFIX) {
            durable::remove_folder(&entry.path())?;
        }
    }
    Ok(())
}

fn digest(path: &Path) -> std::io::Result<String> {
    let mut hasher = blake3::Hasher::new();
    let mut file = File::open(path)?;
    let mut buffer = vec![0; 1 << 20];
    loop {
        let read = file.read(&mut buffer)?;
        if read == 0 {
            return Ok(hasher.finalize().to_hex().to_string());
        }
        hasher.update(&buffer[..read]);
    }
}
