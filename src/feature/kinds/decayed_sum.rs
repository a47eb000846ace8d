//! `decayed_sum`: Sum over all rows of the column times 2^(-age / half-life).

use super::shared::{KEPT_DAYS, decayed};
use super::{Example, Kind, Reads};
use crate::observe::{Parameters, PastView};
use crate::stats::ExactSum;
use crate::tables::ColumnType;

/// See the module.
pub struct DecayedSum;

impl Kind for DecayedSum {
    fn name(&self) -> &'static str {
        "decayed_sum"
    }

    fn documentation(&self) -> &'static str {
        "Sum over all rows of the column times 2^(-age / half-life)."
    }

    fn reads(&self) -> Reads {
        Reads { column: Some(ColumnType::Number), until: false, ..Reads::ROWS }
    }

    fn reach(&self, at: &Parameters) -> Option<u32> {
        at.window
    }

    fn prepared(&self, at: Parameters) -> Parameters {
        Parameters { kept: (0..KEPT_DAYS).map(|age| decayed(age, at.half_life)).collect(), ..at }
    }

    fn value(&self, past: &PastView<'_>, at: &Parameters) -> f64 {
        let rows = past.rows(at.window);
        let weight = |row: usize| {
            let age = past.as_of() - past.days(row..row + 1)[0];
            let kept = usize::try_from(age).ok().and_then(|age| at.kept.get(age));
            kept.copied().unwrap_or_else(|| decayed(age, at.half_life))
        };
        rows.map(|row| past.number(at.column, row) * weight(row)).sum::<ExactSum>().value()
    }

    fn example(&self) -> Example {
        Example::numbers(&[(-60, 4.0), (-30, 2.0)], 0, 2.0)
    }
}
