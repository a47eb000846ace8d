//! Local days, in two bytes where they are of our time.

use std::ops::Range;

use super::history::NEVER;
use super::places::Places;

/// Days since 1970, one per row: the earliest possible ([`i32::MIN`]) where there is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Days {
    /// All lie between 1880 and 2059; the smallest and the largest number stand for no day and for [`NEVER`].
    Short(Vec<i16>),
    /// As they are.
    Wide(Vec<i32>),
}

impl Default for Days {
    fn default() -> Self {
        Self::Short(Vec::new())
    }
}

impl From<Vec<i32>> for Days {
    /// Chooses the narrower form that holds them.
    fn from(days: Vec<i32>) -> Self {
        // Without an early end, many days are looked at at once.
        if days.iter().fold(true, |all, &day| all & short(day).is_some()) {
            return Self::Short(days.iter().map(|&day| short(day).unwrap_or(i16::MIN)).collect());
        }
        Self::Wide(days)
    }
}

impl FromIterator<i32> for Days {
    fn from_iter<I: IntoIterator<Item = i32>>(days: I) -> Self {
        days.into_iter().collect::<Vec<i32>>().into()
    }
}

#[inline]
fn short(day: i32) -> Option<i16> {
    match day {
        i32::MIN => Some(i16::MIN),
        NEVER => Some(i16::MAX),
        _ => i16::try_from(day).ok().filter(|&day| day != i16::MIN && day != i16::MAX),
    }
}

#[inline]
const fn wide(day: i16) -> i32 {
    match day {
        i16::MIN => i32::MIN,
        i16::MAX => NEVER,
        _ => day as i32,
    }
}

/// The short day before which exactly those short days lie that lie before `day`; no day lies before the earliest.
fn bound(day: i32) -> Option<i16> {
    (day != i32::MIN).then(|| i16::try_from(day.max(-i32::from(i16::MAX))).unwrap_or(i16::MAX))
}

impl Days {
    /// The day of a row.
    #[inline]
    #[must_use]
    pub fn at(&self, row: usize) -> i32 {
        match self {
            Self::Short(days) => wide(days[row]),
            Self::Wide(days) => days[row],
        }
    }

    /// How many rows there are.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::Short(days) => days.len(),
            Self::Wide(days) => days.len(),
        }
    }

    /// Whether there are no rows.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The days of all rows.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = i32> + Clone + '_ {
        (0..self.len()).map(|row| self.at(row))
    }

    /// The first of some rows, whose days ascend, that does not lie before the day; the end of the rows if all do.
    #[inline]
    #[must_use]
    pub fn first_from(&self, rows: Range<usize>, day: i32) -> usize {
        rows.start
            + match self {
                Self::Short(days) => bound(day).map_or(0, |bound| days[rows].partition_point(|&day| day < bound)),
                Self::Wide(days) => days[rows].partition_point(|&own| own < day),
            }
    }

    /// The same row by row: faster where it is near.
    #[inline]
    #[must_use]
    pub fn next_from(&self, rows: Range<usize>, day: i32) -> usize {
        rows.start
            + match self {
                Self::Short(days) => {
                    bound(day).map_or(0, |bound| days[rows].iter().take_while(|day| **day < bound).count())
                }
                Self::Wide(days) => days[rows].iter().take_while(|own| **own < day).count(),
            }
    }

    /// Whether the days of some rows ascend.
    pub(super) fn is_sorted(&self, rows: Range<usize>) -> bool {
        match self {
            Self::Short(days) => days[rows].is_sorted(),
            Self::Wide(days) => days[rows].is_sorted(),
        }
    }

    /// How much memory they take.
    pub(super) fn bytes(&self) -> usize {
        match self {
            Self::Short(days) => size_of_val(&days[..]),
            Self::Wide(days) => size_of_val(&days[..]),
        }
    }

    /// Whether both have one form.
    pub(super) fn is_alike(&self, other: &Self) -> bool {
        std::mem::discriminant(self) == std::mem::discriminant(other)
    }

    /// Makes room for so many more.
    pub(super) fn reserve(&mut self, rows: usize) {
        match self {
            Self::Short(days) => days.reserve_exact(rows),
            Self::Wide(days) => days.reserve_exact(rows),
        }
    }

    /// Adds days of the same form.
    pub(super) fn append(&mut self, other: Self) {
        match (self, other) {
            (Self::Short(own), Self::Short(mut other)) => own.append(&mut other),
            (Self::Wide(own), Self::Wide(mut other)) => own.append(&mut other),
            _ => {}
        }
    }

    /// Consecutive rows.
    #[must_use]
    pub(super) fn slice(&self, rows: Range<usize>) -> Self {
        match self {
            Self::Short(days) => Self::Short(days[rows].to_vec()),
            Self::Wide(days) => Self::Wide(days[rows].to_vec()),
        }
    }

    /// The rows in another order, or some of them.
    #[must_use]
    pub(super) fn gathered(&self, order: &[u32]) -> Self {
        match self {
            Self::Short(days) => Self::Short(order.iter().map(|&row| days[row as usize]).collect()),
            Self::Wide(days) => Self::Wide(order.iter().map(|&row| days[row as usize]).collect()),
        }
    }

    /// Batches put into their places.
    pub(super) fn placed(batches: &[Self], places: &Places) -> Self {
        let short: Option<Vec<&[i16]>> =
            batches.iter().map(|days| if let Self::Short(days) = days { Some(&days[..]) } else { None }).collect();
        if let Some(short) = short {
            return Self::Short(places.filled(&short, i16::MIN, |day| day));
        }
        let wide: Vec<Vec<i32>> = batches.iter().map(|days| days.iter().collect()).collect();
        let wide: Vec<&[i32]> = wide.iter().map(Vec::as_slice).collect();
        Self::Wide(places.filled(&wide, i32::MIN, |day| day))
    }
}

#[cfg(test)]
mod tests {
    use super::super::places::Owners;
    use super::*;

    const DAYS: [&[i32]; 2] =
        [&[i32::MIN, -32_767, -1, 0, 20_000, 32_766, NEVER], &[i32::MIN, -700_000, -32_768, 0, 32_767, 700_000, NEVER]];

    #[test]
    fn days_come_back_and_are_found_in_either_form() {
        for own in DAYS {
            let days = Days::from(own.to_vec());
            assert_eq!(days.iter().collect::<Vec<_>>(), own);
            let asked = DAYS.concat().into_iter().chain([1, 19_999, 20_001, 32_768, 40_000]);
            for day in asked {
                let first = 1 + own[1..].partition_point(|&own| own < day);
                assert_eq!(days.first_from(1..own.len(), day), first, "{day} in {own:?}");
                assert_eq!(days.next_from(1..own.len(), day), first, "{day} in {own:?}");
            }
        }
        assert!(matches!(Days::from(DAYS[0].to_vec()), Days::Short(_)));
        assert!(matches!(Days::from(DAYS[1].to_vec()), Days::Wide(_)));
    }

    #[test]
    fn batches_of_either_form_come_together() {
        let batches = [Days::from(vec![1, 2]), Days::from(vec![90_000])];
        let owners = || vec![Owners::Each(vec![1, 0]), Owners::Each(vec![0])];
        let places = Places::new(owners(), [(0, 0..2), (1, 0..1)].into_iter(), &[0, 1], 2);
        assert_eq!(Days::placed(&batches, &places).iter().collect::<Vec<_>>(), [2, 90_000, 1]);
        let short = [batches[0].clone(), Days::from(vec![i32::MIN])];
        assert_eq!(Days::placed(&short, &places), Days::Short(vec![2, i16::MIN, 1]));
    }
}
