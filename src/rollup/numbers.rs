//! Numbers in as few bytes as hold them without loss.

use std::ops::Range;

use super::places::Places;

/// A number column that has a value in fewer than one row of so many is kept by its values alone.
const SPARSE_BELOW: usize = 4;

/// Numbers, one per row; NaN where missing.
#[derive(Debug, Clone)]
pub enum Numbers {
    /// As they are.
    Wide(Vec<f64>),
    /// All are whole and small: counts, durations, flags; the smallest number that could stand here where missing.
    Whole(Vec<i32>),
    /// The same, smaller still.
    Short(Vec<i16>),
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
        if let Some(short) = numbers.iter().map(|&number| i16::of(number)).collect() {
            return Self::Short(short);
        }
        match numbers.iter().map(|&number| i32::of(number)).collect() {
            Some(whole) => Self::Whole(whole),
            None => Self::Wide(numbers),
        }
    }
}

impl From<Vec<i32>> for Numbers {
    /// Whole numbers, [`i32::MIN`] where missing.
    fn from(numbers: Vec<i32>) -> Self {
        // Without an early end, many numbers are looked at at once.
        if numbers.iter().fold(true, |all, &number| all & short(number).is_some()) {
            return Self::Short(numbers.iter().map(|&number| short(number).unwrap_or(i16::MIN)).collect());
        }
        Self::Whole(numbers)
    }
}

impl FromIterator<f64> for Numbers {
    fn from_iter<I: IntoIterator<Item = f64>>(numbers: I) -> Self {
        numbers.into_iter().collect::<Vec<f64>>().into()
    }
}

impl Numbers {
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
            Self::Whole(numbers) => numbers[row].wide(),
            Self::Short(numbers) => numbers[row].wide(),
            Self::Sparse(sparse) => sparse.at(row),
        }
    }

    /// Adds the numbers of some rows.
    pub fn extend(&self, rows: &[u32], into: &mut Vec<f64>) {
        match self {
            Self::Wide(numbers) => into.extend(rows.iter().map(|&row| numbers[row as usize])),
            Self::Whole(numbers) => into.extend(rows.iter().map(|&row| numbers[row as usize].wide())),
            Self::Short(numbers) => into.extend(rows.iter().map(|&row| numbers[row as usize].wide())),
            Self::Sparse(sparse) => into.extend(rows.iter().map(|&row| sparse.at(row as usize))),
        }
    }

    /// How many rows there are.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::Wide(numbers) => numbers.len(),
            Self::Whole(numbers) => numbers.len(),
            Self::Short(numbers) => numbers.len(),
            Self::Sparse(sparse) => sparse.rows,
        }
    }

    /// How much memory they take.
    pub(super) fn bytes(&self) -> usize {
        match self {
            Self::Wide(numbers) => size_of_val(&numbers[..]),
            Self::Whole(numbers) => size_of_val(&numbers[..]),
            Self::Short(numbers) => size_of_val(&numbers[..]),
            Self::Sparse(sparse) => size_of_val(&sparse.present[..]) + size_of_val(&sparse.values[..]),
        }
    }

    /// Whether there are no rows.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether both have one form.
    pub(super) fn is_alike(&self, other: &Self) -> bool {
        std::mem::discriminant(self) == std::mem::discriminant(other)
    }

    /// Makes room for so many more; where most rows have none, little is needed.
    pub(super) fn reserve(&mut self, rows: usize) {
        match self {
            Self::Wide(numbers) => numbers.reserve_exact(rows),
            Self::Whole(numbers) => numbers.reserve_exact(rows),
            Self::Short(numbers) => numbers.reserve_exact(rows),
            Self::Sparse(_) => {}
        }
    }

    /// Adds numbers of the same form.
    pub(super) fn append(&mut self, other: Self) {
        match (self, other) {
            (Self::Wide(own), Self::Wide(mut other)) => own.append(&mut other),
            (Self::Whole(own), Self::Whole(mut other)) => own.append(&mut other),
            (Self::Short(own), Self::Short(mut other)) => own.append(&mut other),
            (Self::Sparse(own), Self::Sparse(other)) => own.append(other),
            _ => {}
        }
    }

    /// The rows in another order, or some of them.
    #[must_use]
    pub(super) fn gathered(&self, order: &[u32]) -> Self {
        match self {
            Self::Wide(numbers) => Self::Wide(order.iter().map(|&row| numbers[row as usize]).collect()),
            Self::Whole(numbers) => Self::Whole(order.iter().map(|&row| numbers[row as usize]).collect()),
            Self::Short(numbers) => Self::Short(order.iter().map(|&row| numbers[row as usize]).collect()),
            Self::Sparse(sparse) => Self::Sparse(sparse.gathered(order)),
        }
    }

    /// Consecutive rows.
    #[must_use]
    pub(super) fn slice(&self, rows: Range<usize>) -> Self {
        match self {
            Self::Wide(numbers) => Self::Wide(numbers[rows].to_vec()),
            Self::Whole(numbers) => Self::Whole(numbers[rows].to_vec()),
            Self::Short(numbers) => Self::Short(numbers[rows].to_vec()),
            Self::Sparse(sparse) => {
                let (present, values) = sparse.within(rows.clone());
                Self::sparse(rows.len(), &present, values.to_vec())
            }
        }
    }

    /// Batches put into their places.
    pub(super) fn placed(batches: &[Self], places: &Places) -> Self {
        if batches.iter().all(|numbers| matches!(numbers, Self::Sparse(_)) || numbers.is_empty()) {
            return Self::Sparse(Sparse::placed(batches, places));
        }
        if batches.iter().all(Self::fits::<i16>) {
            return Self::Short(Self::filled(batches, places, i16::MIN));
        }
        if batches.iter().all(Self::fits::<i32>) {
            return Self::Whole(Self::filled(batches, places, i32::MIN));
        }
        Self::Wide(Self::filled(batches, places, f64::NAN))
    }

    /// Batches in one form: those that have it come as they are, the others number by number.
    fn filled<T: Form>(batches: &[Self], places: &Places, missing: T) -> Vec<T> {
        let alike: Vec<&[T]> = batches.iter().map(|numbers| T::own(numbers).unwrap_or_default()).collect();
        let mut filled = places.filled(&alike, missing, |number| number);
        let others = batches.iter().zip(places.finders()).filter(|(numbers, _)| T::own(numbers).is_none());
        others.for_each(|(numbers, mut finder)| {
            numbers.each(|row, number| filled[finder.place(row)] = T::of(number).unwrap_or(missing));
        });
        filled
    }

    /// Whether all numbers can be kept in that form.
    fn fits<T: Form>(&self) -> bool {
        match self {
            Self::Wide(numbers) => numbers.is_empty(),
            Self::Whole(numbers) => T::BYTES >= 4 || numbers.is_empty(),
            Self::Short(_) => true,
            Self::Sparse(sparse) => sparse.values.iter().all(|&number| T::of(number).is_some()),
        }
    }

    /// Hands over the numbers that there are, ascending by row.
    fn each(&self, mut use_number: impl FnMut(usize, f64)) {
        let mut dense = |row: usize, number: f64| {
            if !number.is_nan() {
                use_number(row, number);
            }
        };
        match self {
            Self::Wide(numbers) => numbers.iter().enumerate().for_each(|(row, &number)| dense(row, number)),
            Self::Whole(numbers) => numbers.iter().enumerate().for_each(|(row, number)| dense(row, number.wide())),
            Self::Short(numbers) => numbers.iter().enumerate().for_each(|(row, number)| dense(row, number.wide())),
            Self::Sparse(sparse) => sparse.rows().zip(&sparse.values).for_each(|(row, &number)| dense(row, number)),
        }
    }
}

/// How a number is kept.
pub(super) trait Form: Copy {
    /// Bytes of one.
    const BYTES: usize;

    /// The number in this form, if that loses no bit; a missing one has its own mark.
    fn of(number: f64) -> Option<Self>;

    /// The number; NaN where missing.
    fn wide(self) -> f64;

    /// The numbers of a column that has this form.
    fn own(numbers: &Numbers) -> Option<&[Self]>;
}

impl Form for f64 {
    const BYTES: usize = 8;

    fn of(number: f64) -> Option<Self> {
        Some(number)
    }

    fn wide(self) -> f64 {
        self
    }

    fn own(numbers: &Numbers) -> Option<&[Self]> {
        if let Numbers::Wide(numbers) = numbers { Some(numbers) } else { None }
    }
}

impl Form for i32 {
    const BYTES: usize = 4;

    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "compared with what it came from")]
    fn of(number: f64) -> Option<Self> {
        let whole = number as Self;
        if number.is_nan() {
            return Some(Self::MIN);
        }
        (f64::from(whole).to_bits() == number.to_bits() && whole != Self::MIN).then_some(whole)
    }

    #[inline]
    fn wide(self) -> f64 {
        if self == Self::MIN { f64::NAN } else { f64::from(self) }
    }

    fn own(numbers: &Numbers) -> Option<&[Self]> {
        if let Numbers::Whole(numbers) = numbers { Some(numbers) } else { None }
    }
}

impl Form for i16 {
    const BYTES: usize = 2;

    #[inline]
    fn of(number: f64) -> Option<Self> {
        i32::of(number).and_then(short)
    }

    #[inline]
    fn wide(self) -> f64 {
        if self == Self::MIN { f64::NAN } else { f64::from(self) }
    }

    fn own(numbers: &Numbers) -> Option<&[Self]> {
        if let Numbers::Short(numbers) = numbers { Some(numbers) } else { None }
    }
}

/// A whole number or the mark of a missing one, if two bytes hold it.
#[inline]
fn short(whole: i32) -> Option<i16> {
    if whole == i32::MIN {
        return Some(i16::MIN);
    }
    i16::try_from(whole).ok().filter(|&short| short != i16::MIN)
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

    fn placed(batches: &[Numbers], places: &Places) -> Self {
        let rows = places.rows();
        let mut sparse = Self { rows, present: vec![0; rows.div_ceil(64)], ..Self::default() };
        let mut count = 0;
        for (numbers, mut finder) in batches.iter().zip(places.finders()) {
            numbers.each(|row, _| {
                sparse.mark(finder.place(row));
                count += 1;
            });
        }
        sparse.count();
        let mut values = vec![f64::NAN; count];
        for (numbers, mut finder) in batches.iter().zip(places.finders()) {
            numbers.each(|row, number| values[sparse.rank(finder.place(row))] = number);
        }
        sparse.values = values;
        sparse
    }

    fn append(&mut self, mut other: Self) {
        let before = self.rows;
        self.rows += other.rows;
        self.present.resize(self.rows.div_ceil(64), 0);
        for row in other.rows() {
            self.mark(before + row);
        }
        self.values.append(&mut other.values);
        self.count();
    }

    /// The rows in another order, or some of them.
    fn gathered(&self, order: &[u32]) -> Self {
        let mut sparse = Self { rows: order.len(), present: vec![0; order.len().div_ceil(64)], ..Self::default() };
        for (at, &row) in order.iter().enumerate() {
            let row = row as usize;
            if self.present[row / 64] >> (row % 64) & 1 == 1 {
                sparse.mark(at);
                sparse.values.push(self.values[self.rank(row)]);
            }
        }
        sparse.count();
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
    pub(super) fn rows(&self) -> impl Iterator<Item = usize> + '_ {
        self.rows_from(0)
    }

    /// The numbers that there are, ascending by row.
    pub(super) fn values(&self) -> &[f64] {
        &self.values
    }

    /// The rows of a word of `present` and those after it.
    fn rows_from(&self, first: usize) -> impl Iterator<Item = usize> + '_ {
        self.present.iter().enumerate().skip(first).flat_map(|(position, &word)| {
            let mut rest = word;
            std::iter::from_fn(move || {
                let bit = rest.trailing_zeros() as usize;
                rest &= rest.wrapping_sub(1);
                (bit < 64).then_some(position * 64 + bit)
            })
        })
    }

    /// Of consecutive rows those that have a number, counted from the first of them, and the numbers.
    fn within(&self, rows: Range<usize>) -> (Vec<u32>, &[f64]) {
        if rows.is_empty() {
            return (Vec::new(), &[]);
        }
        let present = self.rows_from(rows.start / 64).skip_while(|&row| row < rows.start);
        let present = present.take_while(|&row| row < rows.end).map(|row| row - rows.start);
        let present: Vec<u32> = present.filter_map(|row| u32::try_from(row).ok()).collect();
        let first = self.rank(rows.start);
        let values = &self.values[first..first + present.len()];
        (present, values)
    }
}

#[cfg(test)]
mod tests {
    use super::super::places::Owners;
    use super::*;

    fn bits(numbers: &Numbers) -> Vec<u64> {
        (0..numbers.len()).map(|row| numbers.at(row).to_bits()).collect()
    }

    #[test]
    fn numbers_keep_their_bits_in_every_form() {
        let nan = f64::NAN;
        let sparse: Vec<f64> = (0..300).map(|row| if row % 70 == 3 { f64::from(row) / 3.0 } else { nan }).collect();
        for numbers in [
            vec![1.0, nan, -7.0],
            vec![0.5, nan],
            vec![-0.0, 1.0],
            vec![f64::from(i32::MIN)],
            sparse,
            vec![],
            vec![-32_768.0],
            vec![40_000.0, nan],
        ] {
            let narrow = Numbers::from(numbers.clone());
            let expected: Vec<u64> = numbers.iter().map(|number| number.to_bits()).collect();
            assert_eq!(bits(&narrow), expected, "{narrow:?}");
        }
    }

    #[test]
    fn numbers_are_added_to_numbers_of_their_form() {
        let sparse = |seed: u32| {
            let value = move |row| if (row + seed) % 31 == 3 { f64::from(row) } else { f64::NAN };
            (0..100 + seed).map(value).collect::<Vec<f64>>()
        };
        let wide = |seed: u32| (0..50 + seed).map(|row| f64::from(row) / 8.0).collect::<Vec<f64>>();
        for (first, second) in [(sparse(0), sparse(7)), (wide(0), wide(3))] {
            let (mut all, other) = (Numbers::from(first.clone()), Numbers::from(second.clone()));
            assert!(all.is_alike(&other));
            all.append(other);
            let expected: Vec<u64> = first.iter().chain(&second).map(|number| number.to_bits()).collect();
            assert_eq!(bits(&all), expected);
        }
    }

    #[test]
    fn batches_of_different_forms_come_together() {
        // Six customers with a row each: their numbers are the places.
        let owners = [vec![5, 0, 3], vec![1, 2, 4]].map(Owners::Each).to_vec();
        let places = Places::new(owners, [(0, 0..3), (1, 0..3)].into_iter(), &[0, 1, 2, 3, 4, 5], 6);
        let nan = f64::NAN;
        let cases = [
            (vec![1.0, 2.0, 3.0], vec![4.0, nan, 6.0]),
            (vec![1.5, 2.0, 3.0], vec![4.0, nan, 6.0]),
            (vec![nan, nan, nan], vec![nan, nan, nan]),
            (vec![nan, nan, nan], vec![1.25, 1.0, 2.0]),
            (vec![1.0, nan, 3.0], vec![40_000.0, nan, 6.0]),
            (vec![nan, nan, nan], vec![40_000.0, nan, 6.0]),
        ];
        for (first, second) in cases {
            let placed = Numbers::placed(&[first.clone().into(), second.clone().into()], &places);
            let expected = [first[1], second[0], second[1], first[2], second[2], first[0]];
            assert_eq!(bits(&placed), expected.map(f64::to_bits));
        }
    }

    #[test]
    fn consecutive_rows_are_those_rows() {
        let nan = f64::NAN;
        let sparse: Vec<f64> = (0..300).map(|row| if row % 31 == 3 { f64::from(row) } else { nan }).collect();
        for all in [sparse, (0..300).map(f64::from).collect(), (0..300).map(|row| f64::from(row) / 8.0).collect()] {
            let numbers = Numbers::from(all.clone());
            for rows in [0..300, 0..0, 63..130, 64..65, 299..300, 3..4] {
                let expected: Vec<u64> = all[rows.clone()].iter().map(|number| number.to_bits()).collect();
                assert_eq!(bits(&numbers.slice(rows)), expected);
            }
        }
    }
}
