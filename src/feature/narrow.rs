//! Numbers of features in as few bytes as hold them without loss: most features are counts of a few.
//!
//! Every number comes back with the bits it had; what is undefined comes back as one and the same NaN.

use std::ops::Range;

/// Numbers, one per row; NaN where undefined.
#[derive(Debug, Clone)]
pub struct Narrow(Form);

/// What the rows are kept as. The forms are ordered: one holds all that those before it hold, but [`Form::Single`] does
/// not hold every [`Form::Whole`].
#[derive(Debug, Clone)]
enum Form {
    /// Whole, from 0 to 254; [`u8::MAX`] where undefined.
    Tiny(Vec<u8>),
    /// Whole, from 0 to 65,534; [`u16::MAX`] where undefined.
    Small(Vec<u16>),
    /// Whole; [`i32::MIN`] where undefined.
    Whole(Vec<i32>),
    /// Whatever 32 bits hold.
    Single(Vec<f32>),
    /// As they are.
    Wide(Vec<f64>),
}

/// 1.5 · 2^52: a small number added to it loses what is behind its point.
const ROUNDING: f64 = 6_755_399_441_055_744.0;

/// Which form a number needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Width {
    Tiny,
    Small,
    Whole,
    Single,
    Wide,
}

impl Width {
    /// The narrowest form that holds all of them.
    fn of(numbers: &[f64]) -> Self {
        let (mut parts, mut wholes) = (0, 0);
        for &number in numbers {
            // A sum so large has whole numbers in its last bits: those of a whole number that is not negative come back as
            // they were and are small. Nothing but bits is collected, so that many numbers are looked at at once.
            let sum = number + ROUNDING;
            let defined = if number.is_nan() { 0 } else { u64::MAX };
            parts |= ((sum - ROUNDING).to_bits() ^ number.to_bits()) & defined;
            wholes |= sum.to_bits().wrapping_sub(ROUNDING.to_bits()) & defined;
        }
        // Bits of several numbers together may look like the largest code, which none of them is.
        if parts != 0 || wholes >= 0xffff || wholes == 0xff {
            Self::of_range(numbers)
        } else if wholes < 0xff {
            Self::Tiny
        } else {
            Self::Small
        }
    }

    /// The same by the least and the most of them.
    fn of_range(numbers: &[f64]) -> Self {
        let (mut all_whole, mut least, mut most) = (true, 0.0, 0.0);
        for &number in numbers {
            // Adding so much rounds to whole numbers; only a whole one comes back as it was.
            let rounded = (number + ROUNDING) - ROUNDING;
            all_whole &= rounded.to_bits() == number.to_bits() || number.is_nan();
            least = if number < least { number } else { least };
            most = if number > most { number } else { most };
        }
        if all_whole && least >= 0.0 && most < f64::from(u8::MAX) {
            Self::Tiny
        } else if all_whole && least >= 0.0 && most < f64::from(u16::MAX) {
            Self::Small
        } else if all_whole && least > f64::from(i32::MIN) && most <= f64::from(i32::MAX) {
            Self::Whole
        } else if numbers.iter().all(|&number| is_single(number)) {
            Self::Single
        } else {
            Self::Wide
        }
    }

    /// The narrowest form that holds what either holds.
    fn or(self, other: Self) -> Self {
        let (narrow, wide) = if self < other { (self, other) } else { (other, self) };
        if (narrow, wide) == (Self::Whole, Self::Single) { Self::Wide } else { wide }
    }
}

#[inline]
#[expect(clippy::cast_possible_truncation, reason = "compared with what it came from")]
fn truncated(number: f64) -> i32 {
    number as i32
}

#[inline]
#[expect(clippy::cast_possible_truncation, reason = "compared with what it came from, or known to fit")]
fn single(number: f64) -> f32 {
    number as f32
}

#[inline]
fn is_single(number: f64) -> bool {
    f64::from(single(number)).to_bits() == number.to_bits() || number.is_nan()
}

#[inline]
#[expect(clippy::cast_possible_truncation, reason = "whole numbers from 0 to 254 are the last bits of the sum")]
fn tiny(number: f64) -> u8 {
    if number.is_nan() { u8::MAX } else { (number + ROUNDING).to_bits() as u8 }
}

#[inline]
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "whole numbers from 0 to 65,534 fit")]
fn small(number: f64) -> u16 {
    if number.is_nan() { u16::MAX } else { number as u16 }
}

#[inline]
fn whole(number: f64) -> i32 {
    if number.is_nan() { i32::MIN } else { truncated(number) }
}

#[inline]
fn of_tiny(tiny: u8) -> f64 {
    if tiny == u8::MAX { f64::NAN } else { f64::from(tiny) }
}

#[inline]
fn of_small(small: u16) -> f64 {
    if small == u16::MAX { f64::NAN } else { f64::from(small) }
}

#[inline]
fn of_whole(whole: i32) -> f64 {
    if whole == i32::MIN { f64::NAN } else { f64::from(whole) }
}

#[inline]
fn of_single(single: f32) -> f64 {
    if single.is_nan() { f64::NAN } else { f64::from(single) }
}

#[inline]
fn of_wide(wide: f64) -> f64 {
    if wide.is_nan() { f64::NAN } else { wide }
}

impl Default for Narrow {
    fn default() -> Self {
        Self(Form::Tiny(Vec::new()))
    }
}

impl From<&[f64]> for Narrow {
    /// Chooses the narrowest form.
    fn from(numbers: &[f64]) -> Self {
        let each = numbers.iter().copied();
        Self(match Width::of(numbers) {
            Width::Tiny => Form::Tiny(each.map(tiny).collect()),
            Width::Small => Form::Small(each.map(small).collect()),
            Width::Whole => Form::Whole(each.map(whole).collect()),
            Width::Single => Form::Single(each.map(single).collect()),
            Width::Wide => Form::Wide(each.map(of_wide).collect()),
        })
    }
}

impl From<Vec<f64>> for Narrow {
    fn from(numbers: Vec<f64>) -> Self {
        Self::from(numbers.as_slice())
    }
}

impl FromIterator<f64> for Narrow {
    fn from_iter<I: IntoIterator<Item = f64>>(numbers: I) -> Self {
        numbers.into_iter().collect::<Vec<f64>>().into()
    }
}

impl Narrow {
    /// The number of a row; NaN where undefined.
    #[inline]
    #[must_use]
    pub fn at(&self, row: usize) -> f64 {
        match &self.0 {
            Form::Tiny(numbers) => of_tiny(numbers[row]),
            Form::Small(numbers) => of_small(numbers[row]),
            Form::Whole(numbers) => of_whole(numbers[row]),
            Form::Single(numbers) => of_single(numbers[row]),
            Form::Wide(numbers) => numbers[row],
        }
    }

    /// How many rows there are.
    #[must_use]
    pub fn len(&self) -> usize {
        match &self.0 {
            Form::Tiny(numbers) => numbers.len(),
            Form::Small(numbers) => numbers.len(),
            Form::Whole(numbers) => numbers.len(),
            Form::Single(numbers) => numbers.len(),
            Form::Wide(numbers) => numbers.len(),
        }
    }

    /// Whether there are no rows.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The numbers, row by row.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = f64> + DoubleEndedIterator + Clone + '_ {
        (0..self.len()).map(|row| self.at(row))
    }

    /// All numbers as they were.
    #[must_use]
    pub fn to_vec(&self) -> Vec<f64> {
        let mut numbers = Vec::with_capacity(self.len());
        self.append_to(&mut numbers);
        numbers
    }

    /// Adds all numbers.
    pub fn append_to(&self, into: &mut Vec<f64>) {
        match &self.0 {
            Form::Tiny(numbers) => into.extend(numbers.iter().map(|&number| of_tiny(number))),
            Form::Small(numbers) => into.extend(numbers.iter().map(|&number| of_small(number))),
            Form::Whole(numbers) => into.extend(numbers.iter().map(|&number| of_whole(number))),
            Form::Single(numbers) => into.extend(numbers.iter().map(|&number| of_single(number))),
            Form::Wide(numbers) => into.extend_from_slice(numbers),
        }
    }

    /// Adds the numbers of some rows.
    pub fn pick(&self, rows: impl Iterator<Item = usize>, into: &mut Vec<f64>) {
        match &self.0 {
            Form::Tiny(numbers) => into.extend(rows.map(|row| of_tiny(numbers[row]))),
            Form::Small(numbers) => into.extend(rows.map(|row| of_small(numbers[row]))),
            Form::Whole(numbers) => into.extend(rows.map(|row| of_whole(numbers[row]))),
            Form::Single(numbers) => into.extend(rows.map(|row| of_single(numbers[row]))),
            Form::Wide(numbers) => into.extend(rows.map(|row| numbers[row])),
        }
    }

    /// Adds the numbers of a span of rows as counts, [`u16::MAX`] where undefined; `None` where some might be no counts.
    pub fn append_counts(&self, rows: Range<usize>, into: &mut Vec<u16>) -> Option<()> {
        let widened = |&number: &u8| if number == u8::MAX { u16::MAX } else { u16::from(number) };
        match &self.0 {
            Form::Tiny(numbers) => into.extend(numbers[rows].iter().map(widened)),
            Form::Small(numbers) => into.extend_from_slice(&numbers[rows]),
            Form::Whole(_) | Form::Single(_) | Form::Wide(_) => return None,
        }
        Some(())
    }

    /// Without rows, about to be given so many.
    #[must_use]
    pub(super) fn with_capacity(rows: usize) -> Self {
        Self(Form::with_capacity(Width::Tiny, rows))
    }

    /// Adds rows; all take a wider form if the new ones need it.
    pub(super) fn append(&mut self, span: &Self) {
        let width = self.width().or(span.width());
        if width != self.width() && !span.is_empty() {
            let wider = Form::with_capacity(width, self.0.capacity());
            let before = std::mem::replace(&mut self.0, wider);
            self.push(&Self(before));
        }
        self.push(span);
    }

    fn push(&mut self, span: &Self) {
        match &mut self.0 {
            Form::Tiny(numbers) => push(numbers, span, Self::tiny, tiny),
            Form::Small(numbers) => push(numbers, span, Self::small, small),
            Form::Whole(numbers) => push(numbers, span, Self::whole, whole),
            Form::Single(numbers) => push(numbers, span, Self::single, single),
            Form::Wide(numbers) => push(numbers, span, Self::wide, of_wide),
        }
    }

    fn width(&self) -> Width {
        match &self.0 {
            Form::Tiny(_) => Width::Tiny,
            Form::Small(_) => Width::Small,
            Form::Whole(_) => Width::Whole,
            Form::Single(_) => Width::Single,
            Form::Wide(_) => Width::Wide,
        }
    }

    fn tiny(&self) -> Option<&[u8]> {
        if let Form::Tiny(numbers) = &self.0 { Some(numbers) } else { None }
    }

    fn small(&self) -> Option<&[u16]> {
        if let Form::Small(numbers) = &self.0 { Some(numbers) } else { None }
    }

    fn whole(&self) -> Option<&[i32]> {
        if let Form::Whole(numbers) = &self.0 { Some(numbers) } else { None }
    }

    fn single(&self) -> Option<&[f32]> {
        if let Form::Single(numbers) = &self.0 { Some(numbers) } else { None }
    }

    fn wide(&self) -> Option<&[f64]> {
        if let Form::Wide(numbers) = &self.0 { Some(numbers) } else { None }
    }
}

/// Adds rows of which it is known that the form holds them: as they are if they have it, or else number by number.
fn push<T: Copy>(numbers: &mut Vec<T>, span: &Narrow, same: impl Fn(&Narrow) -> Option<&[T]>, put: impl Fn(f64) -> T) {
    match same(span) {
        Some(span) => numbers.extend_from_slice(span),
        None => numbers.extend(span.to_vec().into_iter().map(put)),
    }
}

impl Form {
    fn with_capacity(width: Width, rows: usize) -> Self {
        match width {
            Width::Tiny => Self::Tiny(Vec::with_capacity(rows)),
            Width::Small => Self::Small(Vec::with_capacity(rows)),
            Width::Whole => Self::Whole(Vec::with_capacity(rows)),
            Width::Single => Self::Single(Vec::with_capacity(rows)),
            Width::Wide => Self::Wide(Vec::with_capacity(rows)),
        }
    }

    fn capacity(&self) -> usize {
        match self {
            Self::Tiny(numbers) => numbers.capacity(),
            Self::Small(numbers) => numbers.capacity(),
            Self::Whole(numbers) => numbers.capacity(),
            Self::Single(numbers) => numbers.capacity(),
            Self::Wide(numbers) => numbers.capacity(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAN: f64 = f64::NAN;

    /// Numbers that need each form, and those at its edges.
    fn cases() -> Vec<(Width, Vec<f64>)> {
        let max = f64::from(i32::MAX);
        vec![
            (Width::Tiny, vec![]),
            (Width::Tiny, vec![NAN, 0.0, 254.0]),
            (Width::Small, vec![255.0, NAN]),
            (Width::Small, vec![65_534.0, 3.0]),
            (Width::Tiny, vec![1.0, 254.0]),
            (Width::Small, vec![65_534.0, 1.0, NAN]),
            (Width::Whole, vec![65_535.0, NAN]),
            (Width::Whole, vec![-1.0, max, NAN]),
            (Width::Single, vec![0.5, NAN, f64::INFINITY]),
            (Width::Single, vec![-0.0, 1.0]),
            (Width::Single, vec![f64::from(i32::MIN)]),
            (Width::Wide, vec![f64::from(i32::MIN), 0.1]),
            (Width::Wide, vec![f64::from(i32::MIN), max]),
            (Width::Wide, vec![0.1, -NAN, 1e300]),
            (Width::Wide, vec![max + 2.0]),
        ]
    }

    fn bits(numbers: impl IntoIterator<Item = f64>) -> Vec<u64> {
        numbers.into_iter().map(|number| if number.is_nan() { NAN.to_bits() } else { number.to_bits() }).collect()
    }

    #[test]
    fn counts_are_told_from_other_numbers() {
        for (width, numbers) in cases() {
            let mut counts = Vec::new();
            let all = Narrow::from(numbers.clone()).append_counts(0..numbers.len(), &mut counts);
            assert_eq!(all.is_some(), width <= Width::Small, "{numbers:?}");
            let back = counts.iter().map(|&count| if count == u16::MAX { NAN } else { f64::from(count) });
            assert_eq!(bits(back), bits(numbers.iter().copied().take(counts.len())));
        }
    }

    #[test]
    fn numbers_keep_their_bits_in_the_narrowest_form() {
        for (width, numbers) in cases() {
            let narrow = Narrow::from(numbers.clone());
            assert_eq!(narrow.width(), width, "{numbers:?}");
            let back: Vec<u64> = narrow.iter().map(f64::to_bits).collect();
            assert_eq!(back, bits(numbers.iter().copied()));
            assert_eq!(narrow.to_vec().iter().map(|number| number.to_bits()).collect::<Vec<_>>(), back);
            let mut picked = Vec::new();
            narrow.pick((0..numbers.len()).rev(), &mut picked);
            assert_eq!(bits(picked.into_iter().rev()), back);
        }
    }

    #[test]
    fn spans_of_any_forms_come_together() {
        for (_, first) in cases() {
            for (_, second) in cases() {
                let mut joined = Narrow::with_capacity(4);
                for span in [&first, &second, &first] {
                    joined.append(&span.clone().into());
                }
                let expected = first.iter().chain(&second).chain(&first).copied();
                assert_eq!(bits(joined.iter()), bits(expected), "{first:?} and {second:?} as {joined:?}");
            }
        }
    }
}
