//! Compact rows grouped by the customer they belong to.

use polars::prelude::PlHashMap;

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

/// The rows of a table, grouped by subject and sorted within.
#[derive(Debug)]
pub struct Rows<T> {
    offsets: Vec<usize>,
    rows: Vec<T>,
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

impl<T> Default for Rows<T> {
    fn default() -> Self {
        Self { offsets: vec![0], rows: Vec::new() }
    }
}

impl<T: Copy> Rows<T> {
    /// Groups rows by subject; within a subject they stand in the order of `key`, which must be complete.
    pub fn new<K: Ord>(subjects: usize, mut rows: Vec<(u32, T)>, key: impl Fn(&T) -> K) -> Self {
        rows.sort_unstable_by(|(a, left), (b, right)| a.cmp(b).then_with(|| key(left).cmp(&key(right))));
        let mut offsets = vec![0; subjects + 1];
        for (subject, _) in &rows {
            offsets[*subject as usize + 1] += 1;
        }
        for subject in 0..subjects {
            offsets[subject + 1] += offsets[subject];
        }
        Self { offsets, rows: rows.into_iter().map(|(_, row)| row).collect() }
    }

    /// The rows of one subject; none for a subject that came later than the table.
    #[must_use]
    pub fn of(&self, subject: usize) -> &[T] {
        match (self.offsets.get(subject), self.offsets.get(subject + 1)) {
            (Some(&start), Some(&end)) => &self.rows[start..end],
            _ => &[],
        }
    }
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
        let rows = Rows::new(3, vec![(2, 5), (0, 9), (2, 1)], |value| *value);
        assert_eq!((rows.of(0), rows.of(1), rows.of(2), rows.of(7)), (&[9][..], &[][..], &[1, 5][..], &[][..]));
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
