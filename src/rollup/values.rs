//! Columns in as few bytes as hold them without loss.

use super::customers::NO_LEVEL;

/// A number column that has a value in fewer than one row of so many is kept by its values alone.
const SPARSE_BELOW: usize = 4;
/// Marks a row without a level among few.
const NO_FEW: u8 = u8::MAX;

/// Numbers, one per row; NaN where missing.
#[derive(Debug, Clone)]
pub enum Numbers {
    /// As they are.
    Wide(Vec<f64>),
    /// All are whole and small: counts, durations, flags. [`Numbers::NO_WHOLE`] where missing.
    Whole(Vec<i32>),
    /// Most rows have none.
    Sparse(Sparse),
}

/// Numbers of the few rows that have one.
#[derive(Debug, Clone, Default)]
pub struct Sparse {
    rows: usize,
    /// One bit per row: whether it has a number.
    present: Vec<u64>,
    /// How many rows before each word of `present` have one.
    before: Vec<u32>,
    values: Vec<f64>,
}

impl Default for Numbers {
    fn default() -> Self {
        Self::Wide(Vec::new())
    }
}

impl From<Vec<f64>> for Numbers {
    /// Chooses the narrowest form.
    fn from(numbers: Vec<f64>) -> Self {
        let present = numbers.iter().filter(|number| !number.is_nan()).count();
        if Self::is_sparse(numbers.len(), present) {
            let rows = 0u32..;
            let filled = numbers.iter().zip(rows).filter(|(number, _)| !number.is_nan());
            let (rows, values): (Vec<u32>, Vec<f64>) = filled.map(|(&number, row)| (row, number)).unzip();
            return Self::sparse(numbers.len(), &rows, values);
        }
        match numbers.iter().map(|&number| whole(number)).collect() {
            Some(whole) => Self::Whole(whole),
            None => Self::Wide(numbers),
        }
    }
}

impl FromIterator<f64> for Numbers {
    fn from_iter<I: IntoIterator<Item = f64>>(numbers: I) -> Self {
        numbers.into_iter().collect::<Vec<f64>>().into()
    }
}

impl Numbers {
    /// Marks a row without a whole number.
    pub const NO_WHOLE: i32 = i32::MIN;

    /// Whether a column with so many numbers is kept by them alone.
    #[must_use]
    pub const fn is_sparse(rows: usize, present: usize) -> bool {
        present < rows / SPARSE_BELOW
    }

    /// The numbers of the few rows that have one, ascending by row.
    #[must_use]
    pub fn sparse(rows: usize, present: &[u32], values: Vec<f64>) -> Self {
        Self::Sparse(Sparse::new(rows, present, values))
    }

    /// The number of a row; NaN where missing.
    #[inline]
    #[must_use]
    pub fn at(&self, row: usize) -> f64 {
        match self {
            Self::Wide(numbers) => numbers[row],
            Self::Whole(numbers) => of_whole(numbers[row]),
            Self::Sparse(sparse) => sparse.at(row),
        }
    }

    /// Adds the numbers of some rows.
    pub fn extend(&self, rows: &[u32], into: &mut Vec<f64>) {
        match self {
            Self::Wide(numbers) => into.extend(rows.iter().map(|&row| numbers[row as usize])),
            Self::Whole(numbers) => into.extend(rows.iter().map(|&row| of_whole(numbers[row as usize]))),
            Self::Sparse(sparse) => into.extend(rows.iter().map(|&row| sparse.at(row as usize))),
        }
    }

    /// How many rows there are.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::Wide(numbers) => numbers.len(),
            Self::Whole(numbers) => numbers.len(),
            Self::Sparse(sparse) => sparse.rows,
        }
    }

    /// Whether there are no rows.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The rows in another order.
    #[must_use]
    pub(super) fn gathered(&self, order: &[u32]) -> Self {
        order.iter().map(|&row| self.at(row as usize)).collect()
    }

    /// Batches put into their places: `slots` says for each row of each batch where it goes.
    pub(super) fn placed(batches: Vec<Self>, slots: &[Vec<u32>], rows: usize) -> Self {
        let is_sparse = |numbers: &Self| matches!(numbers, Self::Sparse(_));
        if batches.iter().all(|numbers| is_sparse(numbers) || numbers.is_empty()) {
            return Self::Sparse(Sparse::placed(batches, slots, rows));
        }
        if batches.iter().all(Self::is_whole) {
            let mut placed = vec![Numbers::NO_WHOLE; rows];
            for (numbers, slots) in batches.into_iter().zip(slots) {
                if let Self::Whole(numbers) = numbers {
                    numbers.into_iter().zip(slots).for_each(|(number, &slot)| placed[slot as usize] = number);
                } else {
                    numbers.each(|row, number| {
                        placed[slots[row] as usize] = whole(number).unwrap_or(Numbers::NO_WHOLE);
                    });
                }
            }
            return Self::Whole(placed);
        }
        let mut placed = vec![f64::NAN; rows];
        place(batches, slots, |slot, number| placed[slot] = number);
        Self::Wide(placed)
    }

    fn is_whole(&self) -> bool {
        match self {
            Self::Wide(numbers) => numbers.is_empty(),
            Self::Whole(_) => true,
            Self::Sparse(sparse) => sparse.values.iter().all(|&number| whole(number).is_some()),
        }
    }

    fn each(&self, mut use_number: impl FnMut(usize, f64)) {
        match self {
            Self::Wide(numbers) => numbers.iter().enumerate().for_each(|(row, &number)| use_number(row, number)),
            Self::Whole(numbers) => {
                let present = numbers.iter().enumerate().filter(|(_, number)| **number != Numbers::NO_WHOLE);
                present.for_each(|(row, &number)| use_number(row, f64::from(number)));
            }
            Self::Sparse(sparse) => {
                for (row, &number) in sparse.rows().zip(&sparse.values) {
                    use_number(row, number);
                }
            }
        }
    }
}

fn place(batches: Vec<Numbers>, slots: &[Vec<u32>], mut put: impl FnMut(usize, f64)) {
    for (numbers, slots) in batches.into_iter().zip(slots) {
        numbers.each(|row, number| put(slots[row] as usize, number));
    }
}

impl Sparse {
    /// From the rows that have a number, ascending.
    fn new(rows: usize, present: &[u32], values: Vec<f64>) -> Self {
        let mut sparse = Self { rows, present: vec![0; rows.div_ceil(64)], before: Vec::new(), values };
        for &row in present {
            sparse.mark(row as usize);
        }
        sparse.count();
        sparse
    }

    fn mark(&mut self, row: usize) {
        self.present[row / 64] |= 1 << (row % 64);
    }

    fn count(&mut self) {
        let mut before = 0;
        self.before = self
            .present
            .iter()
            .map(|word| {
                let first = before;
                before += word.count_ones();
                first
            })
            .collect();
    }

    fn placed(batches: Vec<Numbers>, slots: &[Vec<u32>], rows: usize) -> Self {
        let mut sparse = Self { rows, present: vec![0; rows.div_ceil(64)], ..Self::default() };
        let mut count = 0;
        for (numbers, slots) in batches.iter().zip(slots) {
            numbers.each(|row, _| {
                sparse.mark(slots[row] as usize);
                count += 1;
            });
        }
        sparse.count();
        let mut values = vec![f64::NAN; count];
        place(batches, slots, |slot, number| values[sparse.rank(slot)] = number);
        sparse.values = values;
        sparse
    }

    /// How many rows before this one have a number.
    #[inline]
    fn rank(&self, row: usize) -> usize {
        let earlier = self.present[row / 64] & ((1 << (row % 64)) - 1);
        (self.before[row / 64] + earlier.count_ones()) as usize
    }

    #[inline]
    fn at(&self, row: usize) -> f64 {
        let is_present = self.present[row / 64] >> (row % 64) & 1 == 1;
        if is_present { self.values[self.rank(row)] } else { f64::NAN }
    }

    /// The rows that have a number, ascending.
    fn rows(&self) -> impl Iterator<Item = usize> + '_ {
        self.present.iter().enumerate().flat_map(|(position, &word)| {
            let mut rest = word;
            std::iter::from_fn(move || {
                let bit = rest.trailing_zeros() as usize;
                rest &= rest.wrapping_sub(1);
                (bit < 64).then_some(position * 64 + bit)
            })
        })
    }
}

/// The number as a small whole one, if that loses no bit; a missing number has its own mark.
#[inline]
#[expect(clippy::cast_possible_truncation, reason = "compared with what it came from")]
fn whole(number: f64) -> Option<i32> {
    let whole = number as i32;
    if number.is_nan() {
        return Some(Numbers::NO_WHOLE);
    }
    (f64::from(whole).to_bits() == number.to_bits() && whole != Numbers::NO_WHOLE).then_some(whole)
}

#[inline]
fn of_whole(whole: i32) -> f64 {
    if whole == Numbers::NO_WHOLE { f64::NAN } else { f64::from(whole) }
}

/// Positions in levels, one per row; [`NO_LEVEL`] where missing.
#[derive(Debug, Clone)]
pub enum Codes {
    /// There are few levels.
    Few(Vec<u8>),
    /// There are many.
    Many(Vec<u32>),
}

impl From<Vec<u32>> for Codes {
    /// Chooses the narrowest form.
    fn from(codes: Vec<u32>) -> Self {
        match codes.iter().map(|&code| few(code)).collect() {
            Some(few) => Self::Few(few),
            None => Self::Many(codes),
        }
    }
}

impl Codes {
    /// The level's position in a row; [`NO_LEVEL`] where missing.
    #[inline]
    #[must_use]
    pub fn at(&self, row: usize) -> u32 {
        match self {
            Self::Few(codes) if codes[row] == NO_FEW => NO_LEVEL,
            Self::Few(codes) => u32::from(codes[row]),
            Self::Many(codes) => codes[row],
        }
    }

    /// How many rows there are.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::Few(codes) => codes.len(),
            Self::Many(codes) => codes.len(),
        }
    }

    /// Whether there are no rows.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The rows in another order.
    #[must_use]
    pub(super) fn gathered(&self, order: &[u32]) -> Self {
        order.iter().map(|&row| self.at(row as usize)).collect::<Vec<u32>>().into()
    }

    /// Batches put into their places, levels renumbered on the way.
    pub(super) fn placed(batches: &[Self], slots: &[Vec<u32>], rows: usize, position: &[u32]) -> Self {
        let renumbered = |code: u32| position.get(code as usize).copied().unwrap_or(NO_LEVEL);
        if position.len() < usize::from(NO_FEW) {
            let mut placed = vec![NO_FEW; rows];
            let numbers: Vec<u8> = position.iter().map(|&code| few(code).unwrap_or(NO_FEW)).collect();
            for (codes, slots) in batches.iter().zip(slots) {
                if let Self::Few(codes) = codes {
                    let codes = codes.iter().map(|&code| numbers.get(usize::from(code)).copied().unwrap_or(NO_FEW));
                    codes.zip(slots).for_each(|(code, &slot)| placed[slot as usize] = code);
                } else {
                    let codes = (0..codes.len()).map(|row| few(renumbered(codes.at(row))).unwrap_or(NO_FEW));
                    codes.zip(slots).for_each(|(code, &slot)| placed[slot as usize] = code);
                }
            }
            return Self::Few(placed);
        }
        let mut placed = vec![NO_LEVEL; rows];
        for (codes, slots) in batches.iter().zip(slots) {
            for (row, &slot) in slots.iter().enumerate() {
                placed[slot as usize] = renumbered(codes.at(row));
            }
        }
        Self::Many(placed)
    }
}

fn few(code: u32) -> Option<u8> {
    if code == NO_LEVEL { Some(NO_FEW) } else { u8::try_from(code).ok().filter(|&code| code != NO_FEW) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bits(numbers: &Numbers) -> Vec<u64> {
        (0..numbers.len()).map(|row| numbers.at(row).to_bits()).collect()
    }

    #[test]
    fn numbers_keep_their_bits_in_every_form() {
        let nan = f64::NAN;
        let sparse: Vec<f64> = (0..300).map(|row| if row % 70 == 3 { f64::from(row) / 3.0 } else { nan }).collect();
        for numbers in
            [vec![1.0, nan, -7.0], vec![0.5, nan], vec![-0.0, 1.0], vec![f64::from(i32::MIN)], sparse, vec![]]
        {
            let narrow = Numbers::from(numbers.clone());
            let expected: Vec<u64> = numbers.iter().map(|number| number.to_bits()).collect();
            assert_eq!(bits(&narrow), expected, "{narrow:?}");
        }
    }

    #[test]
    fn batches_of_different_forms_come_together() {
        let slots = vec![vec![5, 0, 3], vec![1, 2, 4]];
        let nan = f64::NAN;
        let cases = [
            (vec![1.0, 2.0, 3.0], vec![4.0, nan, 6.0]),
            (vec![1.5, 2.0, 3.0], vec![4.0, nan, 6.0]),
            (vec![nan, nan, nan], vec![nan, nan, nan]),
            (vec![nan, nan, nan], vec![1.25, 1.0, 2.0]),
        ];
        for (first, second) in cases {
            let placed = Numbers::placed(vec![first.clone().into(), second.clone().into()], &slots, 6);
            let expected = [first[1], second[0], second[1], first[2], second[2], first[0]];
            assert_eq!(bits(&placed), expected.map(f64::to_bits));
        }
    }

    #[test]
    fn codes_are_renumbered_when_placed() {
        let batches = [Codes::from(vec![0, NO_LEVEL]), Codes::from(vec![1, 0])];
        let slots = [vec![3, 1], vec![0, 2]];
        let placed = Codes::placed(&batches, &slots, 4, &[1, 0]);
        assert_eq!((0..4).map(|row| placed.at(row)).collect::<Vec<_>>(), [0, NO_LEVEL, 1, 1]);
        let many: Vec<u32> = (0..300).rev().collect();
        let placed = Codes::placed(&batches, &slots, 4, &many);
        assert_eq!((0..4).map(|row| placed.at(row)).collect::<Vec<_>>(), [298, NO_LEVEL, 299, 299]);
    }
}
