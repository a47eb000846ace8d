//! Where the rows of batches go: each customer's rows lie together, in the order of the batches.
//!
//! Rows of a file come one by one, those of the store in runs: sorted by customer, they are put into their places run by
//! run.

use std::ops::Range;

/// Whose the rows of a batch are.
#[derive(Debug, Clone)]
pub enum Owners {
    /// Customers row by row.
    Each(Vec<u32>),
    /// Customers and how many consecutive rows each has.
    Runs(Vec<(u32, u32)>),
}

/// Where all rows of a table go.
pub struct Places {
    /// Where each customer's rows begin; one entry more than there are customers.
    pub offsets: Vec<usize>,
    /// As [`Owners`] by batch, with the place of the row or of the run in the place of the customer.
    slots: Vec<Owners>,
}

impl Default for Owners {
    fn default() -> Self {
        Self::Runs(Vec::new())
    }
}

impl Owners {
    /// How many rows there are.
    pub fn rows(&self) -> usize {
        match self {
            Self::Each(customers) => customers.len(),
            Self::Runs(runs) => runs.iter().map(|&(_, count)| count as usize).sum(),
        }
    }

    /// The customers, some more than once.
    pub fn customers(&self) -> impl Iterator<Item = u32> + '_ {
        let (each, runs) = match self {
            Self::Each(customers) => (&customers[..], &[][..]),
            Self::Runs(runs) => (&[][..], &runs[..]),
        };
        each.iter().copied().chain(runs.iter().map(|&(customer, _)| customer))
    }

    /// Calls for every row of `rows` that stands alone, or for every run with its number of rows.
    fn each_run(&mut self, rows: Range<usize>, mut call: impl FnMut(&mut u32, u32)) {
        match self {
            Self::Each(customers) => customers[rows].iter_mut().for_each(|customer| call(customer, 1)),
            Self::Runs(runs) => runs.iter_mut().for_each(|(customer, count)| call(customer, *count)),
        }
    }
}

impl Places {
    /// Gives the rows of all batches their places, in the order of `segments`: batches and rows in them, of which each
    /// must be named once, and runs as a whole. `position` says what the customers' numbers become.
    pub fn new(
        mut batches: Vec<Owners>,
        segments: impl Iterator<Item = (usize, Range<usize>)> + Clone,
        position: &[u32],
        customers: usize,
    ) -> Self {
        let mut offsets = vec![0usize; customers + 1];
        for (batch, rows) in segments.clone() {
            batches[batch].each_run(rows, |customer, count| {
                *customer = position[*customer as usize];
                offsets[*customer as usize + 1] += count as usize;
            });
        }
        for next in 1..offsets.len() {
            offsets[next] += offsets[next - 1];
        }
        let narrow = |&offset: &usize| u32::try_from(offset).unwrap_or(u32::MAX);
        let mut free: Vec<u32> = offsets.iter().map(narrow).collect();
        for (batch, rows) in segments {
            batches[batch].each_run(rows, |customer, count| {
                let slot = &mut free[*customer as usize];
                *customer = *slot;
                *slot += count;
            });
        }
        Self { offsets, slots: batches }
    }

    /// How many rows there are.
    pub fn rows(&self) -> usize {
        self.offsets.last().copied().unwrap_or(0)
    }

    /// Puts the values of all batches into their places, `made` into what is kept; `missing` stands where a batch has none.
    pub fn filled<T: Copy, U: Copy>(&self, batches: &[&[T]], missing: U, made: impl Fn(T) -> U) -> Vec<U> {
        let mut all = vec![missing; self.rows()];
        for (slots, values) in self.slots.iter().zip(batches).filter(|(_, values)| !values.is_empty()) {
            match slots {
                Owners::Each(slots) => {
                    values.iter().zip(slots).for_each(|(&value, &slot)| all[slot as usize] = made(value));
                }
                Owners::Runs(runs) => {
                    let mut rest = *values;
                    for &(begin, count) in runs {
                        let (own, after) = rest.split_at(count as usize);
                        let places = all[begin as usize..][..own.len()].iter_mut();
                        places.zip(own).for_each(|(place, &value)| *place = made(value));
                        rest = after;
                    }
                }
            }
        }
        all
    }

    /// For every batch, the places of its rows.
    pub fn finders(&self) -> impl Iterator<Item = Finder<'_>> {
        self.slots.iter().map(|slots| Finder { slots, run: 0, before: 0 })
    }
}

/// Finds the places of single rows of a batch.
pub struct Finder<'a> {
    slots: &'a Owners,
    run: usize,
    /// Rows of the runs before that one.
    before: usize,
}

impl Finder<'_> {
    /// The place of a row; rows are asked for in ascending order.
    #[inline]
    pub fn place(&mut self, row: usize) -> usize {
        match self.slots {
            Owners::Each(slots) => slots[row] as usize,
            Owners::Runs(runs) => {
                while row >= self.before + runs[self.run].1 as usize {
                    self.before += runs[self.run].1 as usize;
                    self.run += 1;
                }
                runs[self.run].0 as usize + row - self.before
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_a_customer_lie_together_in_the_order_of_batches() {
        let values: [&[u32]; 3] = [&[10, 11, 12, 13, 14], &[20, 21, 22], &[30, 31]];
        let runs = Owners::Runs(vec![(0, 1), (2, 3), (3, 1)]);
        let batches = vec![runs, Owners::Each(vec![3, 0, 2]), Owners::Each(vec![1, 1])];
        // The customers' numbers of arrival are 0 to 3; sorted, 3 is the first and 0 the last.
        let segments = [(0, 0..5), (1, 0..3), (2, 0..2)];
        let places = Places::new(batches, segments.into_iter(), &[3, 1, 2, 0], 4);
        assert_eq!(places.offsets, [0, 2, 4, 8, 10]);
        assert_eq!(places.filled(&values, 0, |value| value), [14, 20, 30, 31, 11, 12, 13, 22, 10, 21]);
        // The second batch has no such column.
        let some = [values[0], &[], values[2]];
        assert_eq!(places.filled(&some, 0, |value| value), [14, 0, 30, 31, 11, 12, 13, 0, 10, 0]);
        let all = places.filled(&values, 0, |value| value);
        for (mut finder, values) in places.finders().zip(values) {
            assert!((0..values.len()).step_by(2).all(|row| all[finder.place(row)] == values[row]));
        }
    }
}
