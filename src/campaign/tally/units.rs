//! Which units were seen in which arms, in eight bytes each.

use std::hash::{DefaultHasher, Hasher as _};

use polars::prelude::*;

use crate::campaign::flat::NO_CODE;

/// Entries from which on duplicates are removed in between.
const FEWEST_KEPT: usize = 1 << 20;

/// Hashes of units with their arm in the lowest four bits.
#[derive(Debug, Default)]
pub struct Units {
    seen: Vec<u64>,
    compact: usize,
}

impl Units {
    /// Adds the units of a batch.
    ///
    /// # Errors
    /// When the column cannot be read.
    pub fn add(&mut self, units: &Column, arms: &[u16]) -> PolarsResult<()> {
        for (hash, arm) in hashes(units)?.into_iter().zip(arms) {
            if let (Some(hash), false) = (hash, *arm == NO_CODE) {
                self.seen.push(hash << 4 | u64::from(*arm & 15));
            }
        }
        // Repeated units must not take room row by row.
        if self.seen.len() > 2 * self.compact.max(FEWEST_KEPT) {
            self.seen.sort_unstable();
            self.seen.dedup();
            self.compact = self.seen.len();
        }
        Ok(())
    }

    /// Sorted and distinct, arms at their final `position`.
    #[must_use]
    pub fn finish(mut self, position: &[usize]) -> Vec<u64> {
        for unit in &mut self.seen {
            let arm = position.get((*unit & 15) as usize).copied().unwrap_or(15);
            *unit = *unit & !15 | arm as u64;
        }
        self.seen.sort_unstable();
        self.seen.dedup();
        self.seen.shrink_to_fit();
        self.seen
    }
}

/// 60-bit hashes of the values of a unit column; whole numbers are mixed one to one, texts hashed.
///
/// # Errors
/// When the column cannot be read.
pub fn hashes(units: &Column) -> PolarsResult<Vec<Option<u64>>> {
    if units.dtype().is_integer() {
        let numbers = units.cast(&DataType::Int64)?;
        return Ok(numbers.i64()?.iter().map(|number| number.map(mixed)).collect());
    }
    let text = |text: &str| {
        let mut hasher = DefaultHasher::new();
        hasher.write(text.as_bytes());
        hasher.finish() >> 4
    };
    let units = units.cast(&DataType::String)?;
    Ok(units.str()?.iter().map(|unit| unit.map(text)).collect())
}

/// Stafford's thirteenth mix, cut to 60 bits.
fn mixed(number: i64) -> u64 {
    let mut bits = number.cast_unsigned();
    bits = (bits ^ bits >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ bits >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    (bits ^ bits >> 31) >> 4
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_unit_counts_once_per_arm_whatever_its_type() {
        for column in [
            Column::new("unit".into(), [7i64, 8, 7, 9, 7]),
            Column::new("unit".into(), ["seven", "eight", "seven", "nine", "seven"]),
        ] {
            let mut units = Units::default();
            units.add(&column, &[0, 1, 0, NO_CODE, 1]).expect("readable");
            let found = units.finish(&[1, 0]);
            assert_eq!(found.len(), 3, "seven in both arms, eight in one, nine in none");
            assert_eq!(found.chunk_by(|a, b| a >> 4 == b >> 4).filter(|same| same.len() == 2).count(), 1);
        }
    }
}
