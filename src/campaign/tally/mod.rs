//! One streaming pass over an experiment: mergeable sufficient statistics per arm × segment × outcome.
//!
//! A row falls into a cell (arm, level of every segment, which outcomes are missing). A cell holds n, and per outcome
//! Σy, Σy², Σxy with the one covariate that may reduce variance, for a ratio also Σd, Σd², Σyd, Σxd of its denominator,
//! all as [`ExactSum`], so that row order, batches and threads cannot change a bit. Cells of combinations are folded into
//! one table per segment when there are many: memory depends on levels, not on rows. Heavy tails are kept as a histogram
//! of 1/128-octave bins with their exact sums. A unit column costs eight bytes per unit.

mod cells;
mod collector;
mod histogram;
mod units;

use std::collections::BTreeMap;

pub use collector::Collector;
pub use histogram::Bin;
pub use units::hashes as unit_hashes;

use crate::stats::ExactSum;

/// The place of "the whole" among the segments of a [`Group`].
pub const WHOLE: u16 = u16::MAX;
/// Most arms an experiment may have.
const MOST_ARMS: usize = 16;

/// Sums of one outcome in one cell.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct OutcomeSums {
    /// Σy; of a ratio, its numerator.
    pub y: ExactSum,
    /// Σy²; equal to Σy for a binary outcome.
    pub yy: ExactSum,
    /// Σxy.
    pub xy: ExactSum,
    /// Σd of a ratio's denominator.
    pub d: ExactSum,
    /// Σd².
    pub dd: ExactSum,
    /// Σyd.
    pub yd: ExactSum,
    /// Σxd.
    pub xd: ExactSum,
}

/// Sums of one cell; every row of a cell has the same values missing.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Cell {
    /// Rows.
    pub n: u64,
    /// Σx of the covariate that may reduce variance.
    pub x: ExactSum,
    /// Σx².
    pub xx: ExactSum,
    /// Per outcome.
    pub outcomes: Vec<OutcomeSums>,
}

/// Sums of a covariate in one arm.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct CovariateSums {
    /// Rows that have it.
    pub n: u64,
    /// Σx.
    pub x: ExactSum,
    /// Σx².
    pub xx: ExactSum,
}

/// Whose sums: one level of one segment, or the whole ([`WHOLE`], 0).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Group {
    /// Position of the segment.
    pub segment: u16,
    /// Position of the level among the sorted ones.
    pub level: u16,
}

impl Group {
    /// All rows.
    pub const ALL: Self = Self { segment: WHOLE, level: 0 };
}

/// Which values are missing: bit o for outcome o, the bit after the last outcome for the covariate.
pub type Missing = u32;

/// What one pass over an experiment leaves.
#[derive(Debug, Clone, PartialEq)]
pub struct Tally {
    /// Arms, ascending.
    pub arms: Vec<String>,
    /// Levels of every segment, ascending.
    pub levels: Vec<Vec<String>>,
    /// Sums by group, arm (position in `arms`) and pattern of missing values.
    pub cells: BTreeMap<(Group, u16, Missing), Cell>,
    /// Sums of numeric covariates by name, one entry per arm.
    pub covariates: BTreeMap<String, Vec<CovariateSums>>,
    /// Counts of categorical covariates: name → level → one count per arm.
    pub categories: BTreeMap<String, BTreeMap<String, Vec<u64>>>,
    /// Histogram by outcome and arm, ascending by value; empty for shares and ratios.
    pub histograms: Vec<Vec<Vec<Bin>>>,
    /// Rows per arm.
    pub rows: Vec<u64>,
    /// Rows without an arm, which are left out.
    pub without_arm: u64,
    /// 60-bit hashes of units, each with its arm in the lowest four bits, sorted, distinct; empty without a unit column.
    pub unit_arms: Vec<u64>,
    /// Rows there were before those of a unit were taken together; `None` where they were not.
    pub rows_of_units: Option<u64>,
}

impl Tally {
    /// Rows that were in an arm.
    #[must_use]
    pub fn all_rows(&self) -> u64 {
        self.rows.iter().sum()
    }

    /// Whether some unit has several rows.
    #[must_use]
    pub fn units_repeat(&self) -> bool {
        !self.unit_arms.is_empty() && self.all_rows() > self.unit_arms.len() as u64
    }

    /// The sums of one arm of a group, by pattern of missing values.
    pub fn arm_cells(&self, group: Group, arm: usize) -> impl Iterator<Item = (Missing, &Cell)> {
        let arm = u16::try_from(arm).unwrap_or(u16::MAX);
        self.cells.range((group, arm, 0)..=(group, arm, Missing::MAX)).map(|((_, _, missing), cell)| (*missing, cell))
    }
}
