//! Numbers for texts: customers' ids and levels of columns.

use polars::prelude::{PlHashMap, StringChunked};

use super::customers::NO_LEVEL;
use crate::source::Texts;

/// Texts up to this many bytes lie inside polars' own 16-byte views and are looked up by those bits.
const INLINE_BYTES: u32 = 12;

/// Gives every distinct text a number in the order of arrival; [`Interner::sorted`] says what the numbers become when
/// texts are sorted by their bytes.
#[derive(Debug, Default)]
pub struct Interner {
    short: PlHashMap<u128, u32>,
    long: PlHashMap<Box<str>, u32>,
    texts: Vec<Box<str>>,
}

impl Interner {
    /// Adds the numbers of a whole column; [`NO_LEVEL`] where missing.
    pub fn number_all(&mut self, texts: &StringChunked, numbers: &mut Vec<u32>) {
        if texts.null_count() > 0 {
            numbers.extend(texts.iter().map(|text| text.map_or(NO_LEVEL, |text| self.number(text))));
            return;
        }
        for array in texts.downcast_iter() {
            for (row, view) in array.views().iter().enumerate() {
                numbers.push(if view.length <= INLINE_BYTES {
                    self.short(view.as_u128(), || array.value(row))
                } else {
                    self.long(array.value(row))
                });
            }
        }
    }

    /// The number of every level.
    pub fn number_levels(&mut self, texts: &Texts) -> Vec<u32> {
        let mut numbers = Vec::with_capacity(texts.levels.len());
        self.number_all(&texts.levels, &mut numbers);
        numbers
    }

    /// How many different texts there are.
    pub const fn len(&self) -> usize {
        self.texts.len()
    }

    /// The number of each text.
    pub fn number_texts(&mut self, texts: &[String]) -> Vec<u32> {
        texts.iter().map(|text| self.number(text)).collect()
    }

    fn number(&mut self, text: &str) -> u32 {
        match inline_bits(text) {
            Some(bits) => self.short(bits, || text),
            None => self.long(text),
        }
    }

    fn short<'a>(&mut self, bits: u128, text: impl Fn() -> &'a str) -> u32 {
        let texts = &mut self.texts;
        *self.short.entry(bits).or_insert_with(|| arrival(texts, text()))
    }

    fn long(&mut self, text: &str) -> u32 {
        if let Some(&number) = self.long.get(text) {
            return number;
        }
        let number = arrival(&mut self.texts, text);
        self.long.insert(text.into(), number);
        number
    }

    /// [`Self::sorted`] of the texts so far, while others may still come.
    pub fn ranked(&self) -> (Vec<String>, Vec<u32>) {
        let mut order: Vec<u32> = (0u32..).take(self.texts.len()).collect();
        order.sort_unstable_by_key(|&arrival| &self.texts[arrival as usize]);
        let mut position = vec![0; order.len()];
        for (&arrival, sorted) in order.iter().zip(0..) {
            position[arrival as usize] = sorted;
        }
        (order.into_iter().map(|arrival| self.texts[arrival as usize].to_string()).collect(), position)
    }

    /// The texts ascending by bytes, and for each number of arrival the position in them.
    pub fn sorted(self) -> (Vec<String>, Vec<u32>) {
        let mut texts: Vec<(Box<str>, u32)> = self.texts.into_iter().zip(0..).collect();
        texts.sort_unstable();
        let mut position = vec![0; texts.len()];
        for (&(_, arrival), sorted) in texts.iter().zip(0..) {
            position[arrival as usize] = sorted;
        }
        (texts.into_iter().map(|(text, _)| text.into_string()).collect(), position)
    }
}

/// The codes of texts with other numbers for the levels.
pub fn renumbered(texts: Texts, numbers: &[u32]) -> Vec<u32> {
    let mut codes = texts.codes;
    for code in &mut codes {
        *code = numbers.get(*code as usize).copied().unwrap_or(NO_LEVEL);
    }
    codes
}

/// The bits of polars' view of a short text: its length, then its bytes, then zeros.
fn inline_bits(text: &str) -> Option<u128> {
    let length = u32::try_from(text.len()).ok().filter(|&length| length <= INLINE_BYTES)?;
    let mut bytes = [0; 16];
    bytes[..4].copy_from_slice(&length.to_ne_bytes());
    bytes[4..4 + text.len()].copy_from_slice(text.as_bytes());
    Some(u128::from_ne_bytes(bytes))
}

fn arrival(texts: &mut Vec<Box<str>>, text: &str) -> u32 {
    let number = u32::try_from(texts.len()).unwrap_or(NO_LEVEL);
    texts.push(text.into());
    number
}

#[cfg(test)]
mod tests {
    use polars::prelude::NewChunkedArray as _;

    use super::*;

    #[test]
    fn texts_are_numbered_by_their_bytes_in_the_end() {
        let mut interner = Interner::default();
        let texts = [Some("b"), Some("é"), None, Some("a text longer than a view"), Some("b")];
        let mut arrival = Vec::new();
        // The first part is read by views, the second, which has a gap, text by text.
        for part in [&texts[..2], &texts[2..]] {
            interner.number_all(&StringChunked::from_slice_options("text".into(), part), &mut arrival);
        }
        assert_eq!(arrival, [0, 1, NO_LEVEL, 2, 0]);
        let ranked = interner.ranked();
        let (sorted, position) = interner.sorted();
        assert_eq!((&sorted, &position), (&ranked.0, &ranked.1));
        assert_eq!(sorted, ["a text longer than a view", "b", "é"]);
        assert_eq!(position, [1, 2, 0]);
    }
}
