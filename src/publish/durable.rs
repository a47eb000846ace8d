//! Writes that survive a crash: flush the bytes, then rename, then flush the folder.

use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use rustix::fs::{CWD, RenameFlags, renameat_with};
use rustix::io::Errno;

use super::Error;

/// Writes a file so that it holds either its old content or all of the new one. Who may read it is up to the umask, as
/// with any file.
///
/// # Errors
/// [`Error::Write`] with the path.
pub fn write_file(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let folder = path.parent().filter(|folder| *folder != Path::new("")).unwrap_or_else(|| Path::new("."));
    let replace = || -> io::Result<()> {
        fs::create_dir_all(folder)?;
        let readable = fs::Permissions::from_mode(0o666);
        let mut staged = tempfile::Builder::new().prefix(".staging-").permissions(readable).tempfile_in(folder)?;
        staged.write_all(bytes)?;
        staged.as_file().sync_all()?;
        staged.persist(path).map_err(|error| error.error)?;
        File::open(folder)?.sync_all()
    };
    replace().map_err(|source| Error::Write { path: path.to_path_buf(), source })
}

/// Flushes every file of a folder and the folder itself to disk (one level deep).
///
/// # Errors
/// [`Error::Write`] with the folder.
pub fn sync_folder(folder: &Path) -> Result<(), Error> {
    let sync = || -> io::Result<()> {
        for entry in fs::read_dir(folder)? {
            File::open(entry?.path())?.sync_all()?;
        }
        File::open(folder)?.sync_all()
    };
    sync().map_err(|source| Error::Write { path: folder.to_path_buf(), source })
}

/// Makes `staged` visible as `target` by one rename; an existing `target` is exchanged with it and then removed.
///
/// Both lie in the same folder. Returns once the rename has reached the disk.
///
/// # Errors
/// [`Error::NoExchange`] where the file system cannot exchange, [`Error::Write`] otherwise; then `target` is untouched.
pub fn replace_folder(staged: &Path, target: &Path) -> Result<(), Error> {
    let failed = |source| Error::Write { path: target.to_path_buf(), source };
    if target.exists() {
        exchange(staged, target)?;
    } else {
        fs::rename(staged, target).map_err(failed)?;
    }
    let parent = target.parent().unwrap_or_else(|| Path::new("."));
    File::open(parent).and_then(|folder| folder.sync_all()).map_err(failed)?;
    remove_folder(staged)
}

fn exchange(staged: &Path, target: &Path) -> Result<(), Error> {
    renameat_with(CWD, staged, CWD, target, RenameFlags::EXCHANGE).map_err(|errno| {
        let (path, source) = (target.to_path_buf(), io::Error::from(errno));
        match errno {
            Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP => Error::NoExchange { path, source },
            _ => Error::Write { path, source },
        }
    })
}

/// Removes a folder with all it holds; one that is not there is fine.
///
/// # Errors
/// [`Error::Write`] with the folder.
pub fn remove_folder(folder: &Path) -> Result<(), Error> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(Error::Write { path: folder.to_path_buf(), source: error })
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_existing_folder_is_exchanged_and_the_old_one_removed() {
        let parent = tempfile::tempdir().expect("a temporary folder");
        let (staged, target) = (parent.path().join("new"), parent.path().join("run"));
        for (folder, text) in [(&staged, "new"), (&target, "old")] {
            fs::create_dir(folder).expect("created");
            fs::write(folder.join("file"), text).expect("written");
        }
        replace_folder(&staged, &target).expect("replaced");
        assert_eq!(fs::read_to_string(target.join("file")).expect("read"), "new");
        assert!(!staged.exists());
    }

    #[test]
    fn a_file_is_replaced_whole() {
        let parent = tempfile::tempdir().expect("a temporary folder");
        let path = parent.path().join("deep/pointer");
        write_file(&path, b"one").expect("written");
        write_file(&path, b"two").expect("replaced");
        assert_eq!(fs::read(&path).expect("read"), b"two");
        let left = fs::read_dir(path.parent().expect("a parent")).expect("listed").count();
        assert_eq!(left, 1, "no staging file is left behind");
    }
}
