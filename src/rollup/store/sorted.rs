//! Rows as they arrive, made into a block.

use super::block::{Block, Cells, Sources};
use super::levels;

/// Rows of one source file in the order of arrival. Texts may be numbered in any order, repeat, or not occur at all.
#[derive(Debug, Clone, Default)]
pub struct Rows {
    /// Customers that `customers` names by position.
    pub ids: Vec<String>,
    /// Whose row it is.
    pub customers: Vec<u32>,
    /// See [`Block::is_dated`].
    pub is_dated: bool,
    /// See [`Block::days`], in any order.
    pub days: Vec<i32>,
    /// See [`Block::known`].
    pub known: Option<Vec<i32>>,
    /// See [`Block::columns`].
    pub columns: Vec<Cells>,
}

impl Rows {
    /// The rows by customer, then day, then arrival.
    #[must_use]
    pub fn sorted(self, source: u32) -> Block {
        let (customers, ids) = levels::canonical(self.customers, self.ids);
        let mut offsets = vec![0usize; ids.len() + 1];
        for &customer in &customers {
            offsets[customer as usize + 1] += 1;
        }
        for next in 1..offsets.len() {
            offsets[next] += offsets[next - 1];
        }
        let mut free = offsets.clone();
        let mut order = vec![0u32; customers.len()];
        for (&customer, row) in customers.iter().zip(0u32..) {
            let slot = &mut free[customer as usize];
            order[*slot] = row;
            *slot += 1;
        }
        for span in offsets.windows(2) {
            let own = &mut order[span[0]..span[1]];
            if !own.is_sorted_by_key(|&row| self.days[row as usize]) {
                own.sort_by_key(|&row| self.days[row as usize]);
            }
        }
        let columns = self.columns.into_iter().map(|cells| sorted(cells, &order)).collect();
        Block {
            ids,
            offsets,
            is_dated: self.is_dated,
            days: gather(&self.days, &order),
            known: self.known.map(|known| gather(&known, &order)),
            columns,
            sources: Sources::One(source),
        }
    }
}

fn sorted(cells: Cells, order: &[u32]) -> Cells {
    match cells {
        Cells::Number(numbers) => Cells::Number(numbers.gathered(order)),
        Cells::Flag(flags) => Cells::Flag(gather(&flags, order)),
        Cells::Day(days) => Cells::Day(gather(&days, order)),
        Cells::Text { codes, levels } => {
            let (codes, levels) = levels::canonical(gather(&codes, order), levels);
            Cells::Text { codes, levels }
        }
    }
}

fn gather<T: Copy>(values: &[T], order: &[u32]) -> Vec<T> {
    order.iter().map(|&row| values[row as usize]).collect()
}
