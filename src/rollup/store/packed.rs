//! Columns as bytes: whole numbers in as few bytes as their range needs, little-endian.
//!
//! A number of the file is `base + code`, where codes are unsigned numbers of 0, 1, 2, 4 or 8 bytes (0: all are `base`).
//! Floating-point numbers that are whole, or whole hundredths, are stored as such; decoding them gives the same bits, or
//! they are stored as they are. A missing number (NaN) then has code 0, and the others begin at 1.

use serde::{Deserialize, Serialize};

use crate::rollup::numbers::Numbers as Column;

/// Where numbers lie in a file, and how to read them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Packed {
    /// First byte after the header.
    at: usize,
    /// How many numbers.
    count: usize,
    /// What code 0 stands for.
    base: i64,
    /// Bytes of a code.
    width: u8,
}

/// How floating-point numbers are stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Numbers {
    /// Their 64 bits.
    Bits(Packed),
    /// Whole multiples of `1 / per_one`; code 0 is missing.
    Whole {
        /// The multiples.
        codes: Packed,
        /// 1 or 100.
        per_one: u8,
    },
    /// Only those that are not missing, and where they stand.
    Sparse {
        /// Rows, present or not.
        rows: usize,
        /// How many missing rows lie before each number, since the one before.
        gaps: Packed,
        /// The numbers.
        values: Box<Numbers>,
    },
}

/// The largest whole number that is stored as such: products with 100 stay exact.
const LARGEST: f64 = 1e12;

/// Adds whole numbers to `bytes`.
pub fn pack(bytes: &mut Vec<u8>, values: impl ExactSizeIterator<Item = i64> + Clone) -> Packed {
    let base = if values.len() == 0 { 0 } else { values.clone().fold(i64::MAX, i64::min) };
    pack_from(bytes, base, values)
}

/// The same, with a base that is no larger than any of them.
pub fn pack_from(bytes: &mut Vec<u8>, base: i64, values: impl ExactSizeIterator<Item = i64> + Clone) -> Packed {
    let codes = values.map(|value| value.wrapping_sub(base).cast_unsigned());
    let range = codes.clone().fold(0, u64::max);
    match width(range) {
        1 => fill::<u64, 1>(bytes, base, codes),
        2 => fill::<u64, 2>(bytes, base, codes),
        4 => fill::<u64, 4>(bytes, base, codes),
        8 => fill::<u64, 8>(bytes, base, codes),
        _ => constant(bytes, base, codes.len()),
    }
}

/// The same of narrow numbers, most of which fit into two bytes.
pub fn pack_days(bytes: &mut Vec<u8>, days: &[i32]) -> Packed {
    let low = days.iter().fold(i32::MAX, |low, &day| low.min(day));
    let high = days.iter().fold(i32::MIN, |high, &day| high.max(day));
    if days.is_empty() || width(high.abs_diff(low).into()) > 2 {
        return pack(bytes, days.iter().map(|&day| i64::from(day)));
    }
    let codes = days.iter().map(|&day| day.wrapping_sub(low).cast_unsigned());
    match width(high.abs_diff(low).into()) {
        1 => fill::<u32, 1>(bytes, low.into(), codes),
        2 => fill::<u32, 2>(bytes, low.into(), codes),
        _ => constant(bytes, low.into(), days.len()),
    }
}

/// The same of short days; nothing if the smallest or the largest number is among them, which stand for other days.
pub fn pack_short_days(bytes: &mut Vec<u8>, days: &[i16]) -> Option<Packed> {
    let low = days.iter().fold(i16::MAX, |low, &day| low.min(day));
    let high = days.iter().fold(i16::MIN, |high, &day| high.max(day));
    if low == i16::MIN || high == i16::MAX {
        return None;
    }
    let codes = days.iter().map(|&day| day.wrapping_sub(low).cast_unsigned());
    Some(match width(high.wrapping_sub(low).cast_unsigned().into()) {
        1 => fill::<u16, 1>(bytes, low.into(), codes),
        2 => fill::<u16, 2>(bytes, low.into(), codes),
        _ => constant(bytes, low.into(), days.len()),
    })
}

/// Bytes as they are.
pub fn pack_bytes(bytes: &mut Vec<u8>, values: impl ExactSizeIterator<Item = u8>) -> Packed {
    fill::<u8, 1>(bytes, 0, values)
}

/// So many times the base.
const fn constant(bytes: &[u8], base: i64, count: usize) -> Packed {
    Packed { at: bytes.len(), count, base, width: 0 }
}

/// How many bytes a code needs.
const fn width(range: u64) -> u8 {
    match range {
        0 => 0,
        1..=0xff => 1,
        0x100..=0xffff => 2,
        0x1_0000..=0xffff_ffff => 4,
        _ => 8,
    }
}

/// A code by its bytes, the lowest first.
trait Code {
    fn lowest<const WIDTH: usize>(self) -> [u8; WIDTH];
}

macro_rules! code {
    ($kind:ty) => {
        impl Code for $kind {
            #[inline]
            fn lowest<const WIDTH: usize>(self) -> [u8; WIDTH] {
                let bytes = self.to_le_bytes();
                std::array::from_fn(|at| bytes[at])
            }
        }
    };
}

code!(u8);
code!(u16);
code!(u32);
code!(u64);

/// Adds the lowest bytes of each code.
fn fill<T: Code, const WIDTH: usize>(
    bytes: &mut Vec<u8>,
    base: i64,
    codes: impl ExactSizeIterator<Item = T>,
) -> Packed {
    let (at, count) = (bytes.len(), codes.len());
    bytes.resize(at + count * WIDTH, 0);
    for (place, code) in bytes[at..].as_chunks_mut::<WIDTH>().0.iter_mut().zip(codes) {
        *place = code.lowest();
    }
    let width = [0, 1, 2, 0, 4, 0, 0, 0, 8][WIDTH];
    Packed { at, count, base, width }
}

/// Adds floating-point numbers.
pub fn pack_numbers(bytes: &mut Vec<u8>, numbers: &Column) -> Numbers {
    match numbers {
        Column::Wide(values) => pack_dense(bytes, values),
        Column::Whole(values) => pack_whole(bytes, values),
        Column::Short(values) => pack_short(bytes, values),
        Column::Sparse(sparse) => {
            let mut next = 0;
            let gaps: Vec<i64> = sparse.rows().map(|row| gap(row, std::mem::replace(&mut next, row + 1))).collect();
            let gaps = pack(bytes, gaps.into_iter());
            let values = Box::new(pack_dense(bytes, sparse.values()));
            Numbers::Sparse { rows: numbers.len(), gaps, values }
        }
    }
}

fn gap(row: usize, next: usize) -> i64 {
    i64::try_from(row - next).unwrap_or(i64::MAX)
}

fn pack_whole(bytes: &mut Vec<u8>, values: &[i32]) -> Numbers {
    let present = values.iter().filter(|value| **value != i32::MIN).map(|&value| i64::from(value));
    let missing = present.min().unwrap_or(0) - 1;
    let value = |&value: &i32| if value == i32::MIN { missing } else { value.into() };
    Numbers::Whole { codes: pack_from(bytes, missing, values.iter().map(value)), per_one: 1 }
}

fn pack_short(bytes: &mut Vec<u8>, values: &[i16]) -> Numbers {
    let low = values.iter().fold(i16::MAX, |low, &value| if value == i16::MIN { low } else { low.min(value) });
    let high = values.iter().fold(i16::MIN, |high, &value| high.max(value));
    // The smallest number that can stand here is larger than the mark by one, which is its code.
    let missing = low.wrapping_sub(1);
    let code = |&value: &i16| if value == i16::MIN { 0 } else { value.wrapping_sub(missing).cast_unsigned() };
    let codes = values.iter().map(code);
    let codes = if high.max(missing).abs_diff(missing) > 0xff {
        fill::<u16, 2>(bytes, missing.into(), codes)
    } else {
        fill::<u16, 1>(bytes, missing.into(), codes)
    };
    Numbers::Whole { codes, per_one: 1 }
}

fn pack_dense(bytes: &mut Vec<u8>, values: &[f64]) -> Numbers {
    for per_one in [1, 100] {
        if let Some(multiples) = multiples(values, per_one) {
            let lowest = multiples.iter().copied().filter(|&multiple| multiple != i64::MIN).min().unwrap_or(0);
            let multiples = multiples.iter().map(|&multiple| if multiple == i64::MIN { lowest - 1 } else { multiple });
            return Numbers::Whole { codes: pack_from(bytes, lowest - 1, multiples), per_one };
        }
    }
    Numbers::Bits(pack_bits(bytes, values))
}

fn pack_bits(bytes: &mut Vec<u8>, values: &[f64]) -> Packed {
    let at = bytes.len();
    bytes.reserve(values.len() * 8);
    for value in values {
        bytes.extend_from_slice(&value.to_le_bytes());
    }
    Packed { at, count: values.len(), base: 0, width: 8 }
}

/// The values as whole multiples, `i64::MIN` where missing; `None` if a single one would not come back bit for bit.
fn multiples(values: &[f64], per_one: u8) -> Option<Vec<i64>> {
    let scale = f64::from(per_one);
    let multiple = |value: &f64| {
        if value.to_bits() == f64::NAN.to_bits() {
            return Some(i64::MIN);
        }
        let scaled = (value * scale).round();
        #[expect(clippy::cast_possible_truncation, reason = "whole and in range: checked by the way back")]
        let whole = if scaled.abs() <= LARGEST { scaled as i64 } else { return None };
        ((whole as f64 / scale).to_bits() == value.to_bits()).then_some(whole)
    };
    values.iter().map(multiple).collect()
}

impl Packed {
    /// The numbers, each made of what is stored by `value`; `None` if they do not lie within `bytes`.
    pub fn unpack<T>(&self, bytes: &[u8], value: impl Fn(i64) -> T) -> Option<Vec<T>> {
        let width = usize::from(self.width);
        let end = self.count.checked_mul(width)?.checked_add(self.at)?;
        let stored = bytes.get(self.at..end)?;
        let base = self.base;
        Some(match width {
            0 => (0..self.count).map(|_| value(base)).collect(),
            1 => stored.iter().map(|&code| value(base.wrapping_add(i64::from(code)))).collect(),
            2 => chunks::<2>(stored).map(|code| value(base.wrapping_add(u16::from_le_bytes(code).into()))).collect(),
            4 => chunks::<4>(stored).map(|code| value(base.wrapping_add(u32::from_le_bytes(code).into()))).collect(),
            8 => chunks::<8>(stored).map(|code| value(base.wrapping_add(i64::from_le_bytes(code)))).collect(),
            _ => return None,
        })
    }

    /// The largest number that could stand here, if it is small.
    pub fn largest(&self) -> Option<i64> {
        match self.width {
            0 => Some(self.base),
            1 => self.base.checked_add(0xff),
            2 => self.base.checked_add(0xffff),
            _ => None,
        }
    }
}

impl Numbers {
    /// The numbers; `None` if they do not lie within `bytes`.
    pub fn unpack(&self, bytes: &[u8]) -> Option<Column> {
        if let Self::Sparse { rows, gaps, values } = self {
            let mut next = 0usize;
            let gaps = gaps.unpack(bytes, |gap| usize::try_from(gap).ok())?.into_iter().map(|gap| {
                let row = next.checked_add(gap?).filter(|row| row < rows)?;
                next = row + 1;
                u32::try_from(row).ok()
            });
            let present: Vec<u32> = gaps.collect::<Option<_>>()?;
            let values = values.dense(bytes)?;
            return (present.len() == values.len()).then(|| Column::sparse(*rows, &present, values));
        }
        if let Self::Whole { codes, per_one: 1 } = *self
            && codes.base > i64::from(i32::MIN)
            && codes.largest().is_some_and(|largest| largest <= i64::from(i32::MAX))
        {
            let missing = codes.base;
            if missing > i64::from(i16::MIN) && codes.largest().is_some_and(|largest| largest <= i64::from(i16::MAX)) {
                let number = |whole: i64| if whole == missing { i16::MIN } else { i16::try_from(whole).unwrap_or(0) };
                return Some(Column::Short(codes.unpack(bytes, number)?));
            }
            let number = |whole: i64| if whole == missing { i32::MIN } else { i32::try_from(whole).unwrap_or(0) };
            return Some(codes.unpack(bytes, number)?.into());
        }
        Some(self.dense(bytes)?.into())
    }

    /// The numbers of a column that is not sparse.
    fn dense(&self, bytes: &[u8]) -> Option<Vec<f64>> {
        match *self {
            Self::Sparse { .. } => None,
            Self::Bits(packed) => packed.unpack(bytes, |bits| f64::from_bits(bits.cast_unsigned())),
            Self::Whole { codes, per_one } => {
                let (missing, scale) = (codes.base, f64::from(per_one));
                let number = |whole: i64| if whole == missing { f64::NAN } else { whole as f64 };
                if per_one == 1 {
                    codes.unpack(bytes, number)
                } else {
                    codes.unpack(bytes, |whole| number(whole) / scale)
                }
            }
        }
    }
}

fn chunks<const WIDTH: usize>(bytes: &[u8]) -> impl ExactSizeIterator<Item = [u8; WIDTH]> {
    bytes.as_chunks().0.iter().copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn there_and_back(values: &[f64]) -> (usize, Vec<u64>) {
        let mut bytes = vec![7; 3];
        let packed = pack_numbers(&mut bytes, &values.to_vec().into());
        let back = packed.unpack(&bytes).expect("within the bytes");
        (bytes.len() - 3, (0..back.len()).map(|row| back.at(row).to_bits()).collect())
    }

    proptest! {
        #[test]
        fn whole_numbers_come_back(values in proptest::collection::vec(any::<i64>(), 0..40), bits in 0u32..63) {
            let values: Vec<i64> = values.into_iter().map(|value| value >> bits).collect();
            let mut bytes = vec![1];
            let packed = pack(&mut bytes, values.iter().copied());
            prop_assert_eq!(packed.unpack(&bytes, |value| value), Some(values));
        }

        #[test]
        fn numbers_come_back_bit_for_bit(values in proptest::collection::vec(prop_oneof![
            any::<f64>(), Just(f64::NAN), Just(-0.0), (-500i32..500).prop_map(|n| f64::from(n) / 100.0),
            (-500i32..500).prop_map(f64::from), Just(1e12), Just(-1e300), Just(f64::INFINITY),
        ], 0..12)) {
            let bits: Vec<u64> = values.iter().map(|value| value.to_bits()).collect();
            prop_assert_eq!(there_and_back(&values).1, bits);
        }
    }

    #[test]
    fn small_numbers_take_few_bytes() {
        assert_eq!(there_and_back(&[1.0, 2.0, f64::NAN]).0, 3);
        assert_eq!(there_and_back(&[0.5, 655.35]).0, 4);
        assert_eq!(there_and_back(&[0.1, 1.0 / 3.0]).0, 16);
        assert_eq!(there_and_back(&[-0.0]).0, 8);
        let mut sparse = vec![f64::NAN; 1000];
        sparse[500] = 7.0;
        assert_eq!(there_and_back(&sparse).0, 1);
    }

    #[test]
    fn numbers_beyond_the_file_are_seen() {
        let mut bytes = Vec::new();
        let packed = pack(&mut bytes, [1i64, 300].into_iter());
        assert_eq!(packed.unpack(&bytes[..3], |value| value), None);
    }
}
