//! How much memory customers' rows may take.

use std::str::FromStr;

use super::store::Store;

/// Rows held at one time are kept within about this: those being read, those being put in order, and those whose features
/// are being computed. What else a run holds (the program itself, customers' ids, features and scores, which do not grow
/// with the length of the history, and tables that KPIs scan) comes on top.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    bytes: u64,
}

/// A size that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected a size such as 512MiB, 2GiB or 800MB")]
pub struct NoSize;

/// Units, the longest first.
const UNITS: [(&str, u64); 9] = [
    ("KiB", 1 << 10),
    ("MiB", 1 << 20),
    ("GiB", 1 << 30),
    ("TiB", 1 << 40),
    ("kB", 1_000),
    ("MB", 1_000_000),
    ("GB", 1_000_000_000),
    ("TB", 1_000_000_000_000),
    ("B", 1),
];

impl Budget {
    /// Bytes of rows that are gathered before they are written aside. As many rows take half as much again while they are
    /// put in order, and so they fit if they need not be.
    pub(super) const fn gathered(self) -> u64 {
        self.bytes / 2
    }

    /// Bytes of rows that are put in order together when they are written aside.
    pub(super) const fn lot(self) -> u64 {
        self.bytes / 4
    }

    /// Whether the rows in a store can be held together: as they are read and put in order they take about three times
    /// what they take there.
    pub(super) fn holds(self, store: &Store) -> bool {
        store.bytes().saturating_mul(3) <= self.bytes
    }

    /// Bytes of rows whose features are computed together. While they are put in order, they take twice as much.
    pub(super) const fn shard(self) -> u64 {
        self.bytes / 4
    }
}

impl FromStr for Budget {
    type Err = NoSize;

    fn from_str(text: &str) -> Result<Self, NoSize> {
        let (number, unit) =
            UNITS.iter().find_map(|(unit, bytes)| Some((text.strip_suffix(unit)?, *bytes))).ok_or(NoSize)?;
        let number: u64 = number.trim_end().parse().map_err(|_| NoSize)?;
        let bytes = number.checked_mul(unit).filter(|&bytes| bytes > 0).ok_or(NoSize)?;
        Ok(Self { bytes })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_units() {
        let bytes = |text: &str| text.parse::<Budget>().map(|budget| budget.bytes);
        assert_eq!(bytes("1GiB"), Ok(1 << 30));
        assert_eq!(bytes("3 GiB"), Ok(3 << 30));
        assert_eq!(bytes("800MB"), Ok(800_000_000));
        assert_eq!(bytes("64KiB"), Ok(65_536));
        assert_eq!(bytes("100B"), Ok(100));
        for wrong in ["", "GiB", "1", "-1GiB", "0MB", "NaNMB", "1 gigabyte", "1.5GiB", "99999999999GB"] {
            assert_eq!(bytes(wrong), Err(NoSize), "{wrong}");
        }
    }
}
