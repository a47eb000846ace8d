//! Numbers for texts: customers' ids and levels of columns.

use polars::prelude::{PlHashMap, StringChunked};

use super::customers::NO_LEVEL;

/// Gives every distinct text a number in the order of arrival; [`Interner::sorted`] says what the numbers become when
/// texts are sorted by their bytes.
#[derive(Debug, Default)]
pub struct Interner {
    numbers: PlHashMap<Box<str>, u32>,
}

impl Interner {
    /// The text's number.
    pub fn number(&mut self, text: &str) -> u32 {
        if let Some(&number) = self.numbers.get(text) {
            return number;
        }
        let number = u32::try_from(self.numbers.len()).unwrap_or(NO_LEVEL);
        self.numbers.insert(text.into(), number);
        number
    }

    /// The numbers of a whole column; [`NO_LEVEL`] where missing.
    pub fn numbers(&mut self, texts: &StringChunked) -> Vec<u32> {
        texts.iter().map(|text| text.map_or(NO_LEVEL, |text| self.number(text))).collect()
    }

    /// The texts ascending by bytes, and for each number of arrival the position in them.
    pub fn sorted(self) -> (Vec<String>, Vec<u32>) {
        let mut texts: Vec<(Box<str>, u32)> = self.numbers.into_iter().collect();
        texts.sort_unstable();
        let mut position = vec![0; texts.len()];
        for (&(_, arrival), sorted) in texts.iter().zip(0..) {
            position[arrival as usize] = sorted;
        }
        (texts.into_iter().map(|(text, _)| text.into_string()).collect(), position)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_numbered_by_their_bytes_in_the_end() {
        let mut interner = Interner::default();
        let arrival: Vec<u32> = ["b", "é", "a", "b"].iter().map(|text| interner.number(text)).collect();
        assert_eq!(arrival, [0, 1, 2, 0]);
        let (texts, position) = interner.sorted();
        assert_eq!(texts, ["a", "b", "é"]);
        assert_eq!(position, [1, 2, 0]);
    }
}
