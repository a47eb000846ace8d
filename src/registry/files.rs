//! Files of the registry: written beside their place, synced, renamed once.

use std::fs::{self, File};
use std::path::Path;

use super::Error;
use crate::publish;

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
    let staging = home.with_file_name(format!(".staging-{}", home.file_name().unwrap_or_default().to_string_lossy()));
    publish::remove_folder(&staging)?;
    for (name, bytes) in contents {
        publish::write_file(&staging.join(name), bytes)?;
    }
    Ok(publish::replace_folder(&staging, home)?)
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
