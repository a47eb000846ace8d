//! Files of the registry: written beside their place, synced, renamed once.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use super::Error;

/// Held while a target's folder is changed; released when dropped.
pub(super) struct Lock(#[expect(dead_code, reason = "the open file is the lock")] File);

pub(super) fn lock(folder: &Path) -> Result<Lock, Error> {
    fs::create_dir_all(folder).map_err(writing(folder))?;
    let path = folder.join(".lock");
    let file = File::create(&path).map_err(writing(&path))?;
    file.lock().map_err(writing(&path))?;
    Ok(Lock(file))
}

/// Writes a folder that appears whole or not at all. The caller holds the lock, so the staging name is free.
pub(super) fn write_folder(home: &Path, contents: &[(&str, &[u8])]) -> Result<(), Error> {
    let staging = beside(home);
    if staging.exists() {
        fs::remove_dir_all(&staging).map_err(writing(&staging))?;
    }
    fs::create_dir(&staging).map_err(writing(&staging))?;
    for (name, bytes) in contents {
        write_synced(&staging.join(name), bytes)?;
    }
    sync_folder(&staging)?;
    fs::rename(&staging, home).map_err(writing(home))?;
    sync_folder(parent(home))
}

/// Replaces a file whole.
pub(super) fn replace(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let staging = beside(path);
    write_synced(&staging, bytes)?;
    fs::rename(&staging, path).map_err(writing(path))?;
    sync_folder(parent(path))
}

fn beside(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".staging-{name}"))
}

fn parent(path: &Path) -> &Path {
    path.parent().unwrap_or(Path::new("."))
}

fn write_synced(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let write = || -> std::io::Result<()> {
        let mut file = File::create(path)?;
        file.write_all(bytes)?;
        file.sync_all()
    };
    write().map_err(writing(path))
}

fn sync_folder(folder: &Path) -> Result<(), Error> {
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(writing(folder))
}

fn writing(path: &Path) -> impl Fn(std::io::Error) -> Error {
    let path = path.to_path_buf();
    move |source| Error::Write { path: path.clone(), source }
}

pub(super) fn read(path: &Path) -> Result<Vec<u8>, Error> {
    fs::read(path).map_err(|source| Error::Read { path: path.to_path_buf(), source })
}

pub(super) fn read_text(path: &Path) -> Result<String, Error> {
    fs::read_to_string(path).map_err(|source| Error::Read { path: path.to_path_buf(), source })
}

/// Names of the folders in a folder, ascending; those that begin with a dot are not listed. A missing folder has none.
pub(super) fn folders(folder: &Path) -> Result<Vec<String>, Error> {
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let reading = |source| Error::Read { path: folder.to_path_buf(), source };
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).map_err(reading)? {
        let entry = entry.map_err(reading)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if entry.path().is_dir() && !name.starts_with('.') {
            names.push(name);
        }
    }
    names.sort();
    Ok(names)
}
