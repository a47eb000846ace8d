//! The kinds of features: how the rows of a window become one number. One kind, one file, one word in [`KINDS`].

mod age;
mod change;
mod clumpiness;
mod concentration;
mod count;
mod days;
mod days_to;
mod decayed;
mod decayed_sum;
mod decline;
mod distinct;
mod example;
mod gap_cv;
mod gap_mean;
mod gap_median;
mod gap_std;
mod has;
mod last;
mod level_entropy;
mod max;
mod mean;
mod min;
mod narrowing;
mod number_entropy;
mod open;
mod open_age;
mod open_change;
mod open_max;
mod open_since;
mod open_sum;
mod overdue;
mod pauses;
mod rate;
mod recency;
mod recency_of;
mod shared;
mod slope;
mod steps_down;
mod steps_up;
mod sum;
mod sum_trend;
mod trend;
mod trend_ratio;
mod weekend;
mod weeks;

pub use example::Example;

use crate::observe::{Counts, Parameters, PastView, Wants};
use crate::tables::ColumnType;

/// How rows become a number.
pub trait Kind: Sync {
    /// Its name in declarations.
    fn name(&self) -> &'static str;

    /// What it computes, over what, and what customers without rows get.
    fn documentation(&self) -> &'static str;

    /// What it reads beside the days of the rows.
    fn reads(&self) -> Reads {
        Reads::ROWS
    }

    /// Days before the cutoff beyond which no row changes the value; `None` if any may. Rows that no feature reaches are
    /// never gathered.
    fn reach(&self, _at: &Parameters) -> Option<u32> {
        None
    }

    /// For kinds to which it matters only how many rows lie in the window and in the one before it: the value from these.
    /// Rows of which all features are such are counted instead of being gathered.
    fn of_counts(&self) -> Option<OfCounts> {
        None
    }

    /// The parameters with what is the same for all customers.
    fn prepared(&self, at: Parameters) -> Parameters {
        at
    }

    /// The value as of the view's cutoff; NaN where it is undefined.
    fn value(&self, past: &PastView<'_>, at: &Parameters) -> f64;

    /// A worked example.
    fn example(&self) -> Example;
}

/// A value that follows from counts.
pub type OfCounts = fn(Counts, &Parameters) -> f64;

/// What a kind reads beside the days of the rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reads {
    /// The type of the declared column.
    pub column: Option<ColumnType>,
    /// Whether it reads when rows ended.
    pub until: bool,
    /// Which running sums it needs.
    pub wants: Wants,
}

impl Reads {
    /// Nothing but the days.
    pub const ROWS: Self = Self { column: None, until: false, wants: Wants::NOTHING };
}

/// Every kind that reads rows.
pub const KINDS: &[&dyn Kind] = &[
    &count::Count,
    &has::Has,
    &days::Days,
    &weeks::Weeks,
    &sum::Sum,
    &mean::Mean,
    &max::Max,
    &min::Min,
    &last::Last,
    &change::Change,
    &recency::Recency,
    &recency_of::RecencyOf,
    &age::Age,
    &rate::Rate,
    &trend_ratio::TrendRatio,
    &trend::Trend,
    &sum_trend::SumTrend,
    &slope::Slope,
    &decline::Decline,
    &decayed::Decayed,
    &decayed_sum::DecayedSum,
    &gap_mean::GapMean,
    &gap_std::GapStd,
    &gap_cv::GapCv,
    &gap_median::GapMedian,
    &overdue::Overdue,
    &clumpiness::Clumpiness,
    &distinct::Distinct,
    &narrowing::Narrowing,
    &concentration::Concentration,
    &level_entropy::LevelEntropy,
    &number_entropy::NumberEntropy,
    &weekend::Weekend,
    &open::Open,
    &open_sum::OpenSum,
    &open_max::OpenMax,
    &open_age::OpenAge,
    &open_since::OpenSince,
    &days_to::DaysTo,
    &open_change::OpenChange,
    &steps_up::StepsUp,
    &steps_down::StepsDown,
    &pauses::Pauses,
];

/// The kind of that name.
#[must_use]
pub fn kind(name: &str) -> Option<&'static dyn Kind> {
    KINDS.iter().copied().find(|kind| kind.name() == name)
}

/// Every kind with its documentation: those that read rows, then those that read states.
pub fn documentation() -> impl Iterator<Item = (&'static str, &'static str)> {
    KINDS.iter().map(|kind| (kind.name(), kind.documentation())).chain(super::STATE_KINDS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_meets_its_own_example() {
        for kind in KINDS {
            let example = kind.example();
            let value = kind.value(&example.view(), &example.parameters);
            assert!((value - example.expected).abs() < 1e-12, "{}: {value} is not {}", kind.name(), example.expected);
        }
    }

    #[test]
    fn names_are_unique_and_documented() {
        let mut names: Vec<&str> = KINDS.iter().map(|kind| kind.name()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), KINDS.len());
        assert!(KINDS.iter().all(|kind| kind.documentation().ends_with('.')));
    }
}
