//! Customers and their numbers.

/// Code of a missing level in text columns.
pub const NO_LEVEL: u32 = u32::MAX;

/// All customer ids of a run, ascending by their UTF-8 bytes; a customer's position is its number everywhere.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CustomerIndex {
    /// Ids, ascending, distinct.
    pub ids: Vec<String>,
}

impl CustomerIndex {
    /// The number of the customer with that id.
    #[must_use]
    pub fn number(&self, id: &str) -> Option<u32> {
        let position = self.ids.binary_search_by(|known| known.as_str().cmp(id)).ok()?;
        u32::try_from(position).ok()
    }

    /// The id of a customer's number.
    ///
    /// # Panics
    /// If the number was not given out by this index.
    #[must_use]
    pub fn id(&self, number: u32) -> &str {
        &self.ids[number as usize]
    }
}
