//! Compact rows grouped by the customer they belong to.

use std::hash::{DefaultHasher, Hasher};
use std::num::NonZeroU64;

use polars::prelude::PlHashMap;
use rayon::prelude::*;

use super::source::Owner;
use crate::tables::TableName;

/// Numbers of customers and anonymous units, in order of appearance. Nothing that is computed depends on that order.
#[derive(Debug, Default)]
pub struct Subjects {
    numbers: PlHashMap<String, u32>,
    names: Vec<String>,
    tables: Vec<Option<TableName>>,
    splits: Vec<u32>,
    split_by: Option<(TableName, String)>,
    split_values: Interner,
}

/// Texts as small numbers.
#[derive(Debug, Default)]
pub struct Interner {
    codes: PlHashMap<String, u32>,
    texts: Vec<String>,
}

/// Rows as they come, in blocks that grow: nothing is copied, and many rows stand in few large pieces of memory, which
/// the system takes back whole.
#[derive(Debug)]
pub struct Gathered<T> {
    blocks: Vec<Block<T>>,
}

/// Some rows with their subjects.
type Block<T> = Vec<(u32, T)>;

/// Rows of the first block and of the largest.
const BLOCKS: (usize, usize) = (1 << 10, 1 << 20);

/// The rows of a table, grouped by subject and sorted within.
#[derive(Debug)]
pub struct Rows<T> {
    offsets: Vec<usize>,
    rows: Vec<T>,
}

/// Subjects whose rows are sorted by one thread at a time.
const SUBJECTS_AT_ONCE: usize = 4_096;

/// The key of a text that is only ever compared within one customer, an order or a session: 64 bits of it, so that
/// millions of them need not be kept. `None` for none.
pub fn text_key(text: Option<&str>) -> Option<NonZeroU64> {
    let mut hasher = DefaultHasher::new();
    hasher.write(text?.as_bytes());
    NonZeroU64::new(hasher.finish().max(1))
}

/// The code of a missing text.
pub const NO_TEXT: u32 = u32::MAX;

impl Interner {
    /// The code of a text; [`NO_TEXT`] for none.
    pub fn code(&mut self, text: Option<&str>) -> u32 {
        let Some(text) = text else { return NO_TEXT };
        if let Some(code) = self.codes.get(text) {
            return *code;
        }
        let code = u32::try_from(self.texts.len()).unwrap_or(NO_TEXT);
        self.codes.insert(text.to_owned(), code);
        self.texts.push(text.to_owned());
        code
    }

    /// The text of a code.
    #[must_use]
    pub fn text(&self, code: u32) -> Option<&str> {
        self.texts.get(code as usize).map(String::as_str)
    }
}

impl Subjects {
    /// Subjects that are not whole customers but customers × values of a table's own column.
    #[must_use]
    pub fn split_by(table: TableName, column: &str) -> Self {
        Self { split_by: Some((table, column.to_owned())), ..Self::default() }
    }

    /// The column by which customers are split, if it is one of this table.
    #[must_use]
    pub fn split_column(&self, table: TableName) -> Option<&str> {
        self.split_by.as_ref().filter(|(split, _)| *split == table).map(|(_, column)| column.as_str())
    }

    /// The number of the one whose row it is; a fresh one for nobody.
    pub fn number(&mut self, table: TableName, owner: Owner<'_>, split: Option<&str>) -> u32 {
        let value = if self.split_by.is_some() { self.split_values.code(split) } else { NO_TEXT };
        let part = if self.split_by.is_some() { split.unwrap_or("\u{1f}") } else { "" };
        match owner {
            Owner::Nobody => self.push(String::new(), Some(table), value),
            Owner::Customer(customer) if self.split_by.is_none() => self.customer(customer),
            Owner::Customer(customer) => self.named(&format!("{customer}\u{1f}{part}"), None, value),
            Owner::Visitor(visitor) => self.named(&format!("\u{1e}{visitor}\u{1f}{part}"), Some(table), value),
        }
    }

    /// The number of a customer.
    pub fn customer(&mut self, customer: &str) -> u32 {
        self.named(customer, None, NO_TEXT)
    }

    fn named(&mut self, name: &str, table: Option<TableName>, value: u32) -> u32 {
        if let Some(number) = self.numbers.get(name) {
            return *number;
        }
        let number = self.push(name.to_owned(), table, value);
        self.numbers.insert(name.to_owned(), number);
        number
    }

    fn push(&mut self, name: String, table: Option<TableName>, value: u32) -> u32 {
        let number = u32::try_from(self.names.len()).unwrap_or(u32::MAX);
        self.names.push(name);
        self.tables.push(table);
        self.splits.push(value);
        number
    }

    /// The customer's name; empty for an anonymous unit.
    #[must_use]
    pub fn name(&self, number: usize) -> &str {
        &self.names[number]
    }

    /// The table of an anonymous unit; `None` for a customer.
    #[must_use]
    pub fn anonymous(&self, number: usize) -> Option<TableName> {
        self.tables[number]
    }

    /// The value of the column by which customers are split.
    #[must_use]
    pub fn split_value(&self, number: usize) -> Option<&str> {
        self.split_values.text(self.splits[number])
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }
}

impl<T> Default for Gathered<T> {
    fn default() -> Self {
        Self { blocks: Vec::new() }
    }
}

impl<T: Copy + Send> Gathered<T> {
    /// Adds rows with their subjects.
    pub fn extend(&mut self, rows: impl Iterator<Item = (u32, T)>) {
        let mut open = self.blocks.pop().unwrap_or_else(|| Vec::with_capacity(BLOCKS.0));
        for row in rows {
            if open.len() == open.capacity() {
                let next = Vec::with_capacity((open.capacity() * 2).min(BLOCKS.1));
                self.blocks.push(std::mem::replace(&mut open, next));
            }
            open.push(row);
        }
        self.blocks.push(open);
    }

    /// Groups them by subject; within a subject they stand in the order of `key`, which must be complete.
    pub fn group<K: Ord>(self, key: impl Fn(&T) -> K + Sync) -> Rows<T> {
        let mut rows = self.by_subject();
        let mut pieces: Vec<(&[usize], &mut [T])> = Vec::new();
        let mut rest = &mut rows.rows[..];
        for first in (0..rows.offsets.len() - 1).step_by(SUBJECTS_AT_ONCE) {
            let last = (first + SUBJECTS_AT_ONCE).min(rows.offsets.len() - 1);
            let offsets = &rows.offsets[first..=last];
            let size = rows.offsets[last] - rows.offsets[first];
            let (piece, after) = std::mem::take(&mut rest).split_at_mut(size);
            pieces.push((offsets, piece));
            rest = after;
        }
        pieces.into_par_iter().for_each(|(offsets, piece)| {
            for span in offsets.windows(2) {
                piece[span[0] - offsets[0]..span[1] - offsets[0]].sort_unstable_by_key(&key);
            }
        });
        rows
    }

    /// Counts, then places: the rows stand by subject, in no order within.
    fn by_subject(self) -> Rows<T> {
        let Some((_, filler)) = self.blocks.iter().flatten().next().copied() else { return Rows::default() };
        let subjects = self.blocks.iter().flatten().map(|(subject, _)| *subject as usize + 1).max().unwrap_or(0);
        let mut offsets = vec![0; subjects + 1];
        for (subject, _) in self.blocks.iter().flatten() {
            offsets[*subject as usize + 1] += 1;
        }
        for subject in 0..subjects {
            offsets[subject + 1] += offsets[subject];
        }
        let mut rows = vec![filler; offsets[subjects]];
        let mut next = offsets.clone();
        for (subject, row) in self.blocks.into_iter().flatten() {
            let position = &mut next[subject as usize];
            rows[*position] = row;
            *position += 1;
        }
        Rows { offsets, rows }
    }
}

impl<T> Default for Rows<T> {
    fn default() -> Self {
        Self { offsets: vec![0], rows: Vec::new() }
    }
}

impl<T: Copy> Rows<T> {
    /// The rows of one subject; none for a subject that came later than the table.
    #[must_use]
    pub fn of(&self, subject: usize) -> &[T] {
        match (self.offsets.get(subject), self.offsets.get(subject + 1)) {
            (Some(&start), Some(&end)) => &self.rows[start..end],
            _ => &[],
        }
    }
}

/// A key of a text in a complete key: missing comes first.
#[must_use]
pub fn order_key(key: Option<NonZeroU64>) -> i64 {
    key.map_or(0, |key| key.get().cast_signed())
}

/// A total order of floats for complete keys.
#[must_use]
pub fn float_key(value: f64) -> i64 {
    let bits = value.to_bits().cast_signed();
    bits ^ (((bits >> 63).cast_unsigned()) >> 1).cast_signed()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_stand_by_subject_and_key() {
        let mut gathered = Gathered::default();
        gathered.extend([(2, 5), (0, 9), (2, 1), (66, 4)].into_iter());
        let rows = gathered.group(|value| *value);
        assert_eq!((rows.of(0), rows.of(1), rows.of(2), rows.of(7)), (&[9][..], &[][..], &[1, 5][..], &[][..]));
        assert_eq!((rows.of(66), rows.of(130)), (&[4][..], &[][..]));
    }

    #[test]
    fn floats_order_as_numbers() {
        let mut values = [1.5, -2.0, 0.0, -0.5];
        values.sort_by_key(|value| float_key(*value));
        assert_eq!(values, [-2.0, -0.5, 0.0, 1.5]);
    }

    #[test]
    fn a_split_customer_is_several_subjects() {
        let mut subjects = Subjects::split_by(TableName::Orders, "channel");
        let web = subjects.number(TableName::Orders, Owner::Customer("a"), Some("web"));
        let shop = subjects.number(TableName::Orders, Owner::Customer("a"), Some("shop"));
        assert_ne!(web, shop);
        assert_eq!(subjects.number(TableName::Orders, Owner::Customer("a"), Some("web")), web);
        assert_eq!(subjects.split_value(shop as usize), Some("shop"));
    }
}
