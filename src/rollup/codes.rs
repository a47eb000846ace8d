//! Levels of texts by their positions, in as few bytes as hold them.

use std::ops::Range;

use super::customers::NO_LEVEL;
use super::places::Places;

/// Positions in levels, one per row; [`NO_LEVEL`] where missing.
#[derive(Debug, Clone)]
pub enum Codes {
    /// There are few levels.
    Few(Vec<u8>),
    /// There are some thousands.
    Several(Vec<u16>),
    /// There are many.
    Many(Vec<u32>),
}

/// For each level its position among those that are in use; [`NO_LEVEL`] for the others.
pub(super) fn positions_among(is_used: &[bool]) -> Vec<u32> {
    let mut next = 0;
    let position = |&used: &bool| {
        let position = next;
        next += u32::from(used);
        if used { position } else { NO_LEVEL }
    };
    is_used.iter().map(position).collect()
}

/// An unsigned number that a code is kept as; its largest value marks a missing one.
trait Narrow: Copy {
    fn narrow(code: u32) -> Option<Self>;
    fn code(self) -> u32;
}

macro_rules! narrow {
    ($kind:ty) => {
        impl Narrow for $kind {
            #[inline]
            fn narrow(code: u32) -> Option<Self> {
                if code == NO_LEVEL {
                    return Some(Self::MAX);
                }
                Self::try_from(code).ok().filter(|&code| code != Self::MAX)
            }

            #[inline]
            fn code(self) -> u32 {
                if self == Self::MAX { NO_LEVEL } else { u32::from(self) }
            }
        }
    };
}

narrow!(u8);
narrow!(u16);
narrow!(u32);

impl Default for Codes {
    fn default() -> Self {
        Self::Few(Vec::new())
    }
}

impl From<Vec<u32>> for Codes {
    /// Chooses the narrowest form.
    fn from(codes: Vec<u32>) -> Self {
        // The lowest bytes of a missing level are the mark of one in every form.
        match codes.iter().fold(0, |largest, code| code.wrapping_add(1).max(largest)) {
            0..=0xff => Self::Few(codes.iter().map(|code| code.to_le_bytes()[0]).collect()),
            0x100..=0xffff => {
                let low = |code: &u32| u16::from_le_bytes([code.to_le_bytes()[0], code.to_le_bytes()[1]]);
                Self::Several(codes.iter().map(low).collect())
            }
            _ => Self::Many(codes),
        }
    }
}

impl Codes {
    /// The level's position in a row; [`NO_LEVEL`] where missing.
    #[inline]
    #[must_use]
    pub fn at(&self, row: usize) -> u32 {
        match self {
            Self::Few(codes) => codes[row].code(),
            Self::Several(codes) => codes[row].code(),
            Self::Many(codes) => codes[row],
        }
    }

    /// How many rows there are.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::Few(codes) => codes.len(),
            Self::Several(codes) => codes.len(),
            Self::Many(codes) => codes.len(),
        }
    }

    /// Whether there are no rows.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How much memory they take.
    pub(super) fn bytes(&self) -> usize {
        match self {
            Self::Few(codes) => size_of_val(&codes[..]),
            Self::Several(codes) => size_of_val(&codes[..]),
            Self::Many(codes) => size_of_val(&codes[..]),
        }
    }

    /// So many rows without a level, in the narrowest form that holds so many levels.
    pub(super) fn missing(rows: usize, levels: usize) -> Self {
        match levels {
            0..=0xfe => Self::Few(vec![u8::MAX; rows]),
            0xff..=0xfffe => Self::Several(vec![u16::MAX; rows]),
            _ => Self::Many(vec![NO_LEVEL; rows]),
        }
    }

    /// Gives some rows a level, which the form must hold.
    pub(super) fn fill(&mut self, rows: Range<usize>, code: u32) {
        match self {
            Self::Few(codes) => codes[rows].fill(u8::narrow(code).unwrap_or(u8::MAX)),
            Self::Several(codes) => codes[rows].fill(u16::narrow(code).unwrap_or(u16::MAX)),
            Self::Many(codes) => codes[rows].fill(code),
        }
    }

    /// Whether both have one form.
    pub(super) fn is_alike(&self, other: &Self) -> bool {
        std::mem::discriminant(self) == std::mem::discriminant(other)
    }

    /// Makes room for so many more.
    pub(super) fn reserve(&mut self, rows: usize) {
        match self {
            Self::Few(codes) => codes.reserve_exact(rows),
            Self::Several(codes) => codes.reserve_exact(rows),
            Self::Many(codes) => codes.reserve_exact(rows),
        }
    }

    /// Adds codes of the same form.
    pub(super) fn append(&mut self, other: Self) {
        match (self, other) {
            (Self::Few(own), Self::Few(mut other)) => own.append(&mut other),
            (Self::Several(own), Self::Several(mut other)) => own.append(&mut other),
            (Self::Many(own), Self::Many(mut other)) => own.append(&mut other),
            _ => {}
        }
    }

    /// Whether every level that is named is one of the first so many.
    pub(super) fn are_below(&self, levels: usize) -> bool {
        let is_level = |code: u32| code.wrapping_add(1) as usize <= levels;
        match self {
            Self::Few(codes) => {
                // Without an early end, many codes are looked at at once.
                let after = codes.iter().fold(0, |most: u8, &code| most.max(code.wrapping_add(1)));
                usize::from(after) <= levels
            }
            Self::Several(codes) => codes.iter().all(|code| is_level(code.code())),
            Self::Many(codes) => codes.iter().all(|&code| is_level(code)),
        }
    }

    /// All of them.
    #[must_use]
    pub(super) fn wide(&self) -> Vec<u32> {
        match self {
            Self::Few(codes) => codes.iter().map(|code| code.code()).collect(),
            Self::Several(codes) => codes.iter().map(|code| code.code()).collect(),
            Self::Many(codes) => codes.clone(),
        }
    }

    /// The rows in another order, or some of them.
    #[must_use]
    pub(super) fn gathered(&self, order: &[u32]) -> Self {
        match self {
            Self::Few(codes) => Self::Few(order.iter().map(|&row| codes[row as usize]).collect()),
            Self::Several(codes) => Self::Several(order.iter().map(|&row| codes[row as usize]).collect()),
            Self::Many(codes) => Self::Many(order.iter().map(|&row| codes[row as usize]).collect()),
        }
    }

    /// Consecutive rows.
    #[must_use]
    pub(super) fn slice(&self, rows: Range<usize>) -> Self {
        match self {
            Self::Few(codes) => Self::Few(codes[rows].to_vec()),
            Self::Several(codes) => Self::Several(codes[rows].to_vec()),
            Self::Many(codes) => Self::Many(codes[rows].to_vec()),
        }
    }

    /// With other numbers for the levels: `position` says for each the new one.
    #[must_use]
    pub(super) fn renumbered(self, position: &[u32]) -> Self {
        if is_identity(position) {
            return self;
        }
        if let Self::Few(codes) = self {
            return renumbered_few(codes, position);
        }
        let renumbered = |code: u32| position.get(code as usize).copied().unwrap_or(NO_LEVEL);
        (0..self.len()).map(|row| renumbered(self.at(row))).collect::<Vec<u32>>().into()
    }

    /// Batches put into their places, levels renumbered on the way.
    pub(super) fn placed(batches: &[Self], places: &Places, position: &[u32]) -> Self {
        match position.len() {
            0..=0xfe if is_identity(position) && batches.iter().all(|codes| matches!(codes, Self::Few(_))) => {
                Self::Few(places.filled(&few(batches), u8::MAX, |code| code))
            }
            0..=0xfe => Self::Few(placed(batches, places, position)),
            0xff..=0xfffe => Self::Several(placed(batches, places, position)),
            _ => Self::Many(placed(batches, places, position)),
        }
    }
}

/// The batches of one byte a code; nothing in place of the others.
fn few(batches: &[Codes]) -> Vec<&[u8]> {
    batches.iter().map(|codes| if let Codes::Few(codes) = codes { &codes[..] } else { &[] }).collect()
}

/// The same of codes of one byte: where the new numbers are as narrow, each is one look-up.
fn renumbered_few(mut codes: Vec<u8>, position: &[u32]) -> Codes {
    let mut table = [u8::MAX; 256];
    // The last place is that of missing levels.
    for (new, &code) in table[..255].iter_mut().zip(position) {
        let Some(narrow) = u8::narrow(code) else {
            let wide = |&code: &u8| position.get(usize::from(code)).copied().unwrap_or(NO_LEVEL);
            return codes.iter().map(wide).collect::<Vec<u32>>().into();
        };
        *new = narrow;
    }
    for code in &mut codes {
        *code = table[usize::from(*code)];
    }
    Codes::Few(codes)
}

/// Whether levels keep their numbers.
fn is_identity(position: &[u32]) -> bool {
    position.iter().zip(0u32..).all(|(&new, old)| new == old)
}

fn placed<T: Narrow>(batches: &[Codes], places: &Places, position: &[u32]) -> Vec<T> {
    // Every position is smaller than their number, which is narrow: none is lost here.
    let numbers: Vec<T> = position.iter().filter_map(|&code| T::narrow(code)).collect();
    let Some(missing) = T::narrow(NO_LEVEL) else { return Vec::new() };
    let number = |code: u32| numbers.get(code as usize).copied().unwrap_or(missing);
    if batches.iter().all(|codes| matches!(codes, Codes::Few(_)) || codes.is_empty()) {
        return places.filled(&few(batches), missing, |code| number(code.code()));
    }
    let wide: Vec<Vec<u32>> = batches.iter().map(Codes::wide).collect();
    let wide: Vec<&[u32]> = wide.iter().map(Vec::as_slice).collect();
    places.filled(&wide, missing, number)
}

#[cfg(test)]
mod tests {
    use super::super::places::Owners;
    use super::*;

    #[test]
    fn codes_take_as_many_bytes_as_they_need() {
        let code = |largest: u32| Codes::from(vec![largest, NO_LEVEL, 0]);
        assert!(matches!(code(254), Codes::Few(_)) && matches!(code(255), Codes::Several(_)));
        assert!(matches!(code(0xfffe), Codes::Several(_)) && matches!(code(0xffff), Codes::Many(_)));
        for largest in [1, 254, 255, 0xfffe, 0xffff, 1 << 20] {
            assert_eq!(code(largest).wide(), [largest, NO_LEVEL, 0]);
        }
    }

    #[test]
    fn rows_are_given_levels() {
        for (levels, code) in [(3, 2), (300, 299), (70_000, 69_999)] {
            let mut codes = Codes::missing(4, levels);
            codes.fill(1..3, code);
            assert_eq!(codes.wide(), [NO_LEVEL, code, code, NO_LEVEL]);
        }
    }

    #[test]
    fn codes_take_other_numbers() {
        for (largest, position) in
            [(2, vec![5, 0, 9]), (2, vec![5, 0, 300]), (2, vec![0, 1, 2]), (299, (0..300).rev().collect())]
        {
            let codes: Codes = vec![largest, NO_LEVEL, 0].into();
            let expected = [position[largest as usize], NO_LEVEL, position[0]];
            assert_eq!(codes.renumbered(&position).wide(), expected, "{largest}");
        }
    }

    #[test]
    fn codes_are_renumbered_when_placed() {
        let batches = [Codes::from(vec![0, NO_LEVEL]), Codes::from(vec![1, 0])];
        let owners = vec![Owners::Each(vec![3, 1]), Owners::Runs(vec![(0, 1), (2, 1)])];
        let places = Places::new(owners, [(0, 0..2), (1, 0..2)].into_iter(), &[0, 1, 2, 3], 4);
        let placed = Codes::placed(&batches, &places, &[1, 0]);
        assert_eq!((0..4).map(|row| placed.at(row)).collect::<Vec<_>>(), [0, NO_LEVEL, 1, 1]);
        let many: Vec<u32> = (0..300).rev().collect();
        let placed = Codes::placed(&batches, &places, &many);
        assert_eq!((0..4).map(|row| placed.at(row)).collect::<Vec<_>>(), [298, NO_LEVEL, 299, 299]);
    }
}
