//! One run at a time: an advisory lock on `.tidewatch/lock` that ends with its process.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::Path;

use super::Error;

/// Held while a run changes the project's state; released when dropped or when the process ends, however it ends.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

impl Lock {
    /// Takes the lock of the project, writing `holder` (who, doing what) into it for others to read.
    ///
    /// # Errors
    /// [`Error::Locked`] with the present holder; [`Error::Write`] if the lock file cannot be made.
    pub fn take(project_root: &Path, holder: &str) -> Result<Self, Error> {
        let path = project_root.join(".tidewatch").join("lock");
        let failed = |source| Error::Write { path: path.clone(), source };
        fs::create_dir_all(project_root.join(".tidewatch")).map_err(failed)?;
        let mut file =
            OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(locked(&mut file, &path)),
            Err(TryLockError::Error(source)) => return Err(failed(source)),
        }
        file.set_len(0)
            .and_then(|()| file.rewind())
            .and_then(|()| file.write_all(holder.as_bytes()))
            .map_err(failed)?;
        Ok(Self { _file: file })
    }
}

fn locked(file: &mut File, path: &Path) -> Error {
    let mut holder = String::new();
    // A holder that cannot be read is still a holder.
    let _ = file.read_to_string(&mut holder);
    let holder = if holder.is_empty() { "its name is not readable".to_owned() } else { holder };
    Error::Locked { path: path.to_path_buf(), holder }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_run_learns_who_holds_the_lock_and_gets_it_afterwards() {
        let project = tempfile::tempdir().expect("a temporary folder");
        let first = Lock::take(project.path(), "process 1, run").expect("free");
        let refused = Lock::take(project.path(), "process 2").expect_err("held");
        assert!(refused.to_string().contains("process 1, run"));
        drop(first);
        Lock::take(project.path(), "process 2").expect("free again");
    }
}
