//! Columns of the design matrix: numbers as they are, codes of one or two bytes with the value of each code, or what is made
//! of numbers that several columns share.
//!
//! Most features count something. A column of such a feature is a table of what its term makes of 0, 1, 2, … and one code per
//! row, shared by all terms of the feature: an eighth of the memory, and every value is exactly what it would be.

use std::sync::Arc;

use super::matrix::every;
use crate::stats::tally::Tally;

/// Values a byte can tell apart.
const TINY: usize = 256;

/// Tables that codes are counted in.
const TABLES: usize = 4;

/// One dense column.
#[derive(Debug, Clone)]
pub enum Column {
    /// One value per row.
    Plain(Arc<Vec<f64>>),
    /// The value of row i stands at the row's code in the table.
    Coded {
        /// One code per row.
        codes: Codes,
        /// The value of each code; 256 entries beside codes of one byte.
        table: Arc<Vec<f64>>,
    },
    /// Made of numbers that the columns of a bent line share.
    Made {
        /// One number per row; NaN where missing.
        of: Arc<Vec<f64>>,
        /// What is made of a number.
        how: Standardised,
    },
}

/// A number, or how far it is above a knot, within limits, less its mean, over its scale; 0 where it is missing.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Standardised {
    /// Where the line bends; a straight one does nowhere.
    pub knot: Option<f64>,
    /// Smallest and largest value.
    pub limits: (f64, f64),
    /// Taken away.
    pub mean: f64,
    /// Divides the rest.
    pub scale: f64,
}

impl Standardised {
    fn write(&self, from: &[f64], out: &mut [f64]) {
        let rest = |number: f64, value: f64| {
            if number.is_nan() { 0.0 } else { (value.clamp(self.limits.0, self.limits.1) - self.mean) / self.scale }
        };
        match self.knot {
            Some(knot) => from.iter().zip(out).for_each(|(number, out)| *out = rest(*number, (number - knot).max(0.0))),
            None => from.iter().zip(out).for_each(|(number, out)| *out = rest(*number, *number)),
        }
    }
}

/// One code per row.
#[derive(Debug, Clone)]
pub enum Codes {
    /// Codes of one byte.
    Tiny(Arc<Vec<u8>>),
    /// Codes of two bytes.
    Small(Arc<Vec<u16>>),
}

impl Codes {
    /// The codes of rows, of which the largest is below `count`.
    #[must_use]
    pub fn new(codes: impl Iterator<Item = u16>, count: usize) -> Self {
        if count <= TINY {
            #[expect(clippy::cast_possible_truncation, reason = "below 256")]
            let narrow = |code: u16| code as u8;
            Self::Tiny(Arc::new(codes.map(narrow).collect()))
        } else {
            Self::Small(Arc::new(codes.collect()))
        }
    }

    /// Whether these are the very same.
    fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Tiny(own), Self::Tiny(other)) => Arc::ptr_eq(own, other),
            (Self::Small(own), Self::Small(other)) => Arc::ptr_eq(own, other),
            _ => false,
        }
    }

    fn every(&self, rows: usize, stride: usize) -> Self {
        match self {
            Self::Tiny(codes) => Self::Tiny(Arc::new(every(&codes[..rows], stride))),
            Self::Small(codes) => Self::Small(Arc::new(every(&codes[..rows], stride))),
        }
    }

    /// Of each of the first rows, whether its code is larger.
    #[must_use]
    pub fn above(&self, largest: u16, rows: usize) -> Vec<bool> {
        match self {
            Self::Tiny(codes) => codes[..rows].iter().map(|code| u16::from(*code) > largest).collect(),
            Self::Small(codes) => codes[..rows].iter().map(|code| *code > largest).collect(),
        }
    }

    /// Counts the rows by code and outcome; `most` is the largest code of something known, the one above it is the missing.
    #[must_use]
    pub fn tally(&self, most: u16, outcome: &[bool]) -> Tally {
        match self {
            Self::Tiny(codes) => Tally::new(codes, most, outcome),
            Self::Small(codes) => Tally::new(codes, most, outcome),
        }
    }

    /// The column of what each code stands for.
    #[must_use]
    pub fn column(&self, mut table: Vec<f64>) -> Column {
        if matches!(self, Self::Tiny(_)) {
            table.resize(TINY, 0.0);
        }
        Column::Coded { codes: self.clone(), table: Arc::new(table) }
    }
}

impl From<Vec<f64>> for Column {
    fn from(values: Vec<f64>) -> Self {
        Self::Plain(Arc::new(values))
    }
}

impl Column {
    /// Number of rows.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::Plain(values) | Self::Made { of: values, .. } => values.len(),
            Self::Coded { codes: Codes::Tiny(codes), .. } => codes.len(),
            Self::Coded { codes: Codes::Small(codes), .. } => codes.len(),
        }
    }

    /// Whether there is no row.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Writes the values of rows `from .. from + out.len()`.
    pub fn write(&self, from: usize, out: &mut [f64]) {
        let to = from + out.len();
        match self {
            Self::Plain(values) => out.copy_from_slice(&values[from..to]),
            Self::Made { of, how } => how.write(&of[from..to], out),
            Self::Coded { codes: Codes::Tiny(codes), table } => write_tiny(&codes[from..to], table, out),
            Self::Coded { codes: Codes::Small(codes), table } => {
                out.iter_mut().zip(&codes[from..to]).for_each(|(out, code)| *out = table[usize::from(*code)]);
            }
        }
    }

    /// Writes the codes of rows `from .. from + out.len()`, if they are of one byte.
    pub fn stage(&self, from: usize, out: &mut [u8]) {
        if let Self::Coded { codes: Codes::Tiny(codes), .. } = self {
            out.copy_from_slice(&codes[from..from + out.len()]);
        }
    }

    /// As [`Column::write`], `staged` the rows' codes if they are of one byte.
    pub fn staged_write(&self, from: usize, staged: &[u8], out: &mut [f64]) {
        match self {
            Self::Coded { codes: Codes::Tiny(_), table } => write_tiny(staged, table, out),
            _ => self.write(from, out),
        }
    }

    /// As [`Column::view`], `staged` the rows' codes if they are of one byte.
    #[must_use]
    pub fn staged_view<'a>(&'a self, from: usize, staged: &[u8], room: &'a mut [f64]) -> &'a [f64] {
        match self {
            Self::Coded { codes: Codes::Tiny(_), table } => {
                write_tiny(staged, table, room);
                room
            }
            _ => self.view(from, room),
        }
    }

    /// The values of rows `from .. from + room.len()`; `room` is for those that have to be written out.
    #[must_use]
    pub fn view<'a>(&'a self, from: usize, room: &'a mut [f64]) -> &'a [f64] {
        match self {
            Self::Plain(values) => &values[from..from + room.len()],
            Self::Coded { .. } | Self::Made { .. } => {
                self.write(from, room);
                room
            }
        }
    }

    /// All values.
    #[must_use]
    pub fn to_vec(&self) -> Vec<f64> {
        let mut values = vec![0.0; self.len()];
        self.write(0, &mut values);
        values
    }

    /// Every `stride`-th run of the first `rows` rows. What it shares with the column `before`, of which the same rows are
    /// taken already, it shares again.
    #[must_use]
    pub fn every(&self, rows: usize, stride: usize, before: Option<(&Self, &Self)>) -> Self {
        match (self, before) {
            (Self::Plain(values), _) => every(&values[..rows], stride).into(),
            (Self::Made { of, how }, Some((Self::Made { of: same, .. }, Self::Made { of: taken, .. })))
                if Arc::ptr_eq(of, same) =>
            {
                Self::Made { of: Arc::clone(taken), how: *how }
            }
            (Self::Made { of, how }, _) => Self::Made { of: Arc::new(every(&of[..rows], stride)), how: *how },
            (
                Self::Coded { codes, table },
                Some((Self::Coded { codes: same, .. }, Self::Coded { codes: taken, .. })),
            ) if codes.is(same) => Self::Coded { codes: taken.clone(), table: Arc::clone(table) },
            (Self::Coded { codes, table }, _) => {
                Self::Coded { codes: codes.every(rows, stride), table: Arc::clone(table) }
            }
        }
    }

    /// Mean and standard deviation (ddof 0) of the first `rows` rows; `None` if they do not vary.
    #[must_use]
    pub fn moments(&self, rows: usize) -> Option<(f64, f64)> {
        match self {
            Self::Plain(values) => super::shape::moments(&values[..rows]),
            Self::Made { of, how } => {
                let mut values = vec![0.0; rows];
                how.write(&of[..rows], &mut values);
                super::shape::moments(&values)
            }
            Self::Coded { codes, table } => {
                let counts = match codes {
                    Codes::Tiny(codes) => count(&codes[..rows], table.len()),
                    Codes::Small(codes) => count(&codes[..rows], table.len()),
                };
                weighted_moments(table, &counts)
            }
        }
    }
}

fn write_tiny(codes: &[u8], table: &[f64], out: &mut [f64]) {
    let Some(table) = table.first_chunk::<TINY>() else { return };
    out.iter_mut().zip(codes).for_each(|(out, code)| *out = table[usize::from(*code)]);
}

/// How often each code occurs; several tables, so that equal neighbours do not wait for each other.
fn count<T: Copy + Into<usize>>(codes: &[T], kinds: usize) -> Vec<u32> {
    let mut counts = vec![[0u32; TABLES]; kinds];
    for codes in codes.chunks(TABLES) {
        codes.iter().enumerate().for_each(|(table, code)| counts[(*code).into()][table] += 1);
    }
    counts.into_iter().map(|counts| counts.iter().sum()).collect()
}

/// Mean and standard deviation (ddof 0) of values that occur so often, NaN left out; `None` if they do not vary.
pub fn weighted_moments(values: &[f64], counts: &[u32]) -> Option<(f64, f64)> {
    let present = || values.iter().zip(counts).filter(|(value, rows)| **rows > 0 && !value.is_nan());
    let sum = |of: &dyn Fn(f64) -> f64| present().map(|(value, rows)| f64::from(*rows) * of(*value)).sum::<f64>();
    let n = sum(&|_| 1.0);
    let mean = sum(&|value| value) / n;
    let scale = (sum(&|value| (value - mean) * (value - mean)) / n).sqrt();
    (n > 0.0 && scale.is_finite() && scale > 1e-12 * (1.0 + mean.abs())).then_some((mean, scale))
}

#[cfg(test)]
mod tests {
    use super::super::shape::moments;
    use super::*;

    #[test]
    fn codes_stand_for_the_values_of_their_table() {
        for count in [200u16, 3000] {
            let code = |row: usize| u16::try_from(row * row % usize::from(count)).expect("small");
            let table: Vec<f64> = (0..count).map(|code| f64::from(code).sqrt()).collect();
            let plain: Vec<f64> = (0..5000).map(|row| table[usize::from(code(row))]).collect();
            let column = Codes::new((0..5000).map(code), usize::from(count)).column(table);
            assert_eq!((column.to_vec(), column.len()), (plain.clone(), 5000));
            let mut some = [0.0; 7];
            column.write(311, &mut some);
            assert_eq!(some, plain[311..318]);
            let thin = Column::from(plain.clone()).every(4000, 3, None);
            let taken = column.every(4000, 3, None);
            assert_eq!(taken.to_vec(), thin.to_vec());
            let again = column.every(4000, 3, Some((&column, &taken)));
            assert_eq!(again.to_vec(), thin.to_vec());
            let (found, wanted) = (column.moments(4000).expect("varies"), moments(&plain[..4000]).expect("varies"));
            assert!((found.0 - wanted.0).abs() < 1e-12 && (found.1 - wanted.1).abs() < 1e-12);
        }
    }

    #[test]
    fn columns_made_of_shared_numbers_are_standardised_and_stay_shared() {
        let of = Arc::new((0..900).map(|row| if row % 7 == 0 { f64::NAN } else { f64::from(row) / 9.0 }).collect());
        let how = |knot| Standardised { knot, limits: (1.0, 80.0), mean: 3.0, scale: 2.0 };
        let (line, bent) = (how(None), how(Some(10.0)));
        let columns = [line, bent].map(|how| Column::Made { of: Arc::clone(&of), how });
        let found = columns.each_ref().map(Column::to_vec);
        assert_eq!([found[0][7], found[0][1], found[0][90], found[0][899]], [0.0, -1.0, 3.5, 38.5]);
        assert_eq!([found[1][7], found[1][1], found[1][99], found[1][899]], [0.0, -1.0, -1.0, 38.5]);
        let first = columns[0].every(800, 2, None);
        let second = columns[1].every(800, 2, Some((&columns[0], &first)));
        assert_eq!(second.to_vec(), every(&found[1][..800], 2));
        let (Column::Made { of: own, .. }, Column::Made { of: other, .. }) = (first, second) else {
            unreachable!("made of the same")
        };
        assert!(Arc::ptr_eq(&own, &other));
    }

    #[test]
    fn a_column_of_one_value_has_no_scale() {
        let column = Codes::new([3, 3, 3].into_iter(), 4).column(vec![0.0, 1.0, 2.0, 0.1]);
        assert_eq!(column.moments(3), None);
    }
}
