//! Small codes for the levels of a text, number or flag column, given out as they appear.

use std::collections::HashMap;

use polars::prelude::*;

use crate::campaign::Error;

/// Code of a row without a level.
pub const NO_CODE: u16 = u16::MAX;

/// Most levels a column may have.
const MOST_LEVELS: usize = 4_095;

/// Gives out codes to levels; remembers the last ones in a small table, so that most rows cost one comparison.
#[derive(Debug)]
pub struct Interner {
    column: String,
    codes: HashMap<String, u16>,
    recent: Vec<(String, u16)>,
}

impl Interner {
    /// No levels yet; `column` is for messages.
    #[must_use]
    pub fn new(column: &str) -> Self {
        Self { column: column.to_owned(), codes: HashMap::new(), recent: vec![(String::new(), NO_CODE); 256] }
    }

    /// How many codes were given out.
    #[must_use]
    pub fn len(&self) -> usize {
        self.codes.len()
    }

    /// Whether no code was given out.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.codes.is_empty()
    }

    /// Levels in the order of their codes.
    #[must_use]
    pub fn levels(&self) -> Vec<String> {
        let mut levels: Vec<(&String, u16)> = self.codes.iter().map(|(level, code)| (level, *code)).collect();
        levels.sort_by_key(|(_, code)| *code);
        levels.into_iter().map(|(level, _)| level.clone()).collect()
    }

    /// Codes of a column of a batch; [`NO_CODE`] for null.
    ///
    /// # Errors
    /// [`Error::TooManyLevels`] when the column is no grouping at all.
    pub fn codes(&mut self, column: &Column) -> Result<Vec<u16>, Error> {
        let series = column.as_materialized_series();
        match series.dtype() {
            DataType::String => self.text_codes(series.str()?),
            DataType::Boolean => {
                let numbers = series.cast(&DataType::Int8)?.cast(&DataType::Int64)?;
                let word = |flag: i64| if flag == 1 { "true" } else { "false" }.to_owned();
                self.number_codes(numbers.i64()?.iter(), word, i64::cast_unsigned)
            }
            kind if kind.is_integer() => {
                let whole = series.cast(&DataType::Int64)?;
                self.number_codes(whole.i64()?.iter(), |value| value.to_string(), i64::cast_unsigned)
            }
            kind if kind.is_float() => {
                let number = series.cast(&DataType::Float64)?;
                let values = number.f64()?.iter().map(|value| value.filter(|value| !value.is_nan()));
                self.number_codes(values, |value| value.to_string(), f64::to_bits)
            }
            _ => series.cast(&DataType::String)?.str()?.iter().map(|level| self.code(level)).collect(),
        }
    }

    /// Within an array equal views are equal texts: most rows cost one comparison of sixteen bytes.
    fn text_codes(&mut self, texts: &StringChunked) -> Result<Vec<u16>, Error> {
        let mut codes = Vec::with_capacity(texts.len());
        for array in texts.downcast_iter() {
            let mut recent = vec![(0u128, NO_CODE); 256];
            let mut code_of = |bits: u128, row: usize| -> Result<u16, Error> {
                let slot = view_slot(bits);
                if recent[slot].0 != bits || recent[slot].1 == NO_CODE {
                    recent[slot] = (bits, self.code(Some(array.value(row)))?);
                }
                Ok(recent[slot].1)
            };
            let views = array.views().iter().enumerate();
            if texts.null_count() == 0 {
                for (row, view) in views {
                    codes.push(code_of(view.as_u128(), row)?);
                }
            } else {
                for ((row, view), text) in views.zip(array.iter()) {
                    codes.push(if text.is_some() { code_of(view.as_u128(), row)? } else { NO_CODE });
                }
            }
        }
        Ok(codes)
    }

    fn number_codes<T: Copy>(
        &mut self,
        values: impl Iterator<Item = Option<T>>,
        name: impl Fn(T) -> String,
        bits_of: impl Fn(T) -> u64,
    ) -> Result<Vec<u16>, Error> {
        let mut recent = vec![(0u64, NO_CODE); 256];
        let mut codes = Vec::new();
        for value in values {
            let Some(value) = value else {
                codes.push(NO_CODE);
                continue;
            };
            let bits = bits_of(value);
            let slot = (bits.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 56) as usize;
            if recent[slot].0 != bits || recent[slot].1 == NO_CODE {
                recent[slot] = (bits, self.code(Some(&name(value)))?);
            }
            codes.push(recent[slot].1);
        }
        Ok(codes)
    }

    fn code(&mut self, level: Option<&str>) -> Result<u16, Error> {
        let Some(level) = level else { return Ok(NO_CODE) };
        let slot = slot(level.as_bytes());
        if self.recent[slot].1 != NO_CODE && self.recent[slot].0 == level {
            return Ok(self.recent[slot].1);
        }
        let code = self.give(level)?;
        self.recent[slot] = (level.to_owned(), code);
        Ok(code)
    }

    fn give(&mut self, level: &str) -> Result<u16, Error> {
        if let Some(code) = self.codes.get(level) {
            return Ok(*code);
        }
        let code = u16::try_from(self.codes.len()).unwrap_or(NO_CODE);
        if usize::from(code) >= MOST_LEVELS {
            return Err(Error::TooManyLevels { column: self.column.clone(), most: MOST_LEVELS });
        }
        self.codes.insert(level.to_owned(), code);
        Ok(code)
    }
}

/// A place in the table of recent views.
#[expect(clippy::cast_possible_truncation, reason = "both halves are mixed")]
fn view_slot(bits: u128) -> usize {
    ((bits as u64 ^ (bits >> 64) as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 56) as usize
}

/// A place in the table of recent levels, from the length and both ends of the text.
fn slot(bytes: &[u8]) -> usize {
    let eight = |bytes: &[u8]| bytes.iter().rev().fold(0u64, |all, byte| all << 8 | u64::from(*byte));
    let (head, tail) = match (bytes.first_chunk::<8>(), bytes.last_chunk::<8>()) {
        (Some(head), Some(tail)) => (u64::from_le_bytes(*head), u64::from_le_bytes(*tail)),
        _ => (eight(bytes), 0),
    };
    let mixed = (head ^ tail.rotate_left(32) ^ bytes.len() as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed >> 56) as usize
}

/// Levels ascending: as numbers when all of them are, else by their bytes. Returns the new position of every old one.
#[must_use]
pub fn sorted_positions(levels: &[String]) -> Vec<usize> {
    let numbers: Option<Vec<f64>> = levels.iter().map(|level| level.parse().ok()).collect();
    let mut order: Vec<usize> = (0..levels.len()).collect();
    match numbers {
        Some(numbers) => order.sort_by(|&a, &b| numbers[a].total_cmp(&numbers[b]).then(levels[a].cmp(&levels[b]))),
        None => order.sort_by(|&a, &b| levels[a].cmp(&levels[b])),
    }
    let mut position = vec![0; levels.len()];
    for (new, old) in order.into_iter().enumerate() {
        position[old] = new;
    }
    position
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_levels_get_equal_codes_whatever_they_are_made_of() {
        let mut interner = Interner::new("arm");
        let texts = Column::new("arm".into(), [Some("b"), None, Some("a long level beyond eight bytes"), Some("b")]);
        assert_eq!(interner.codes(&texts).expect("few levels"), [0, NO_CODE, 1, 0]);
        let numbers = Column::new("arm".into(), [3i32, 3, -1, 3]);
        assert_eq!(interner.codes(&numbers).expect("few levels"), [2, 2, 3, 2]);
        assert_eq!(interner.levels()[2..], ["3", "-1"]);
    }

    #[test]
    fn numeric_levels_are_ordered_as_numbers() {
        let levels: Vec<String> = ["10", "9", "-1"].map(str::to_owned).into();
        assert_eq!(sorted_positions(&levels), [2, 1, 0]);
    }
}
