//! What the file system says about a file, so that an unchanged one need not be read again.

use std::fs::{self, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use serde::{Deserialize, Serialize};

/// A file as the file system knows it. Equal stamps mean an equal content, if the file had been at rest for
/// `RESTING_SECONDS` when the stamp was taken: within the grain of its clock a file may change unseen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamp {
    /// Size in bytes.
    pub bytes: u64,
    /// Device and number on it: a file put in the place of another is another one.
    inode: (u64, u64),
    /// Seconds and nanoseconds of the last change of the content.
    modified: (i64, i64),
    /// The same of the last change of anything, which nobody can set back.
    changed: (i64, i64),
}

/// Coarser than the clock of any file system (that of FAT ticks every two seconds).
const RESTING_SECONDS: i64 = 3;

impl Stamp {
    /// The stamp of a file.
    ///
    /// # Errors
    /// If the file cannot be looked at.
    pub fn of(path: &Path) -> io::Result<Self> {
        Ok(Self::from_metadata(&fs::metadata(path)?))
    }

    fn from_metadata(metadata: &Metadata) -> Self {
        Self {
            bytes: metadata.len(),
            inode: (metadata.dev(), metadata.ino()),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
        }
    }

    /// Whether the file had been at rest at the second `now` of the file system's clock.
    #[must_use]
    pub fn is_settled(&self, now: i64) -> bool {
        self.changed.0.max(self.modified.0) + RESTING_SECONDS <= now
    }
}

/// The present second by the clock of the file system that holds `folder`: that of a new file in it.
///
/// # Errors
/// If no file can be made there.
pub fn second_in(folder: &Path) -> io::Result<i64> {
    let probe = tempfile::Builder::new().prefix(".staging-").tempfile_in(folder)?;
    Ok(probe.as_file().metadata()?.mtime())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stamp_tells_changes_and_whether_the_file_was_at_rest() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a.csv");
        fs::write(&path, "one").expect("written");
        let stamp = Stamp::of(&path).expect("there");
        let now = second_in(folder.path()).expect("a clock");
        assert_eq!(stamp, Stamp::of(&path).expect("there"));
        assert!(!stamp.is_settled(now) && stamp.is_settled(now + RESTING_SECONDS + 1));
        // Another content of the same length and the same time of change is another file all the same.
        let modified = fs::metadata(&path).and_then(|metadata| metadata.modified()).expect("a time");
        fs::write(folder.path().join("b.csv"), "two").expect("written");
        fs::rename(folder.path().join("b.csv"), &path).expect("moved");
        fs::File::options().append(true).open(&path).and_then(|file| file.set_modified(modified)).expect("set back");
        assert_ne!(stamp, Stamp::of(&path).expect("there"));
        assert_eq!(fs::read_dir(folder.path()).expect("listed").count(), 1, "no probe is left");
    }
}
