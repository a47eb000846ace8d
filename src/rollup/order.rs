//! The order of a table's rows, and what follows from it: the first lines of orders, and when customers were first seen.

use std::cmp::Ordering;

use rayon::prelude::*;

use super::customers::NO_LEVEL;
use super::history::{Column, History, NEVER, Sources, TableHistory, Values};
use super::needs::{ORDER_HEAD, TableNeeds, known_with};
use crate::tables::TableName;

impl TableHistory {
    /// The rows of a table whose columns are those that are needed, by customer, then day, then, where that matters,
    /// everything else: the order of arrival leaves no trace.
    pub(super) fn named(mut self, table: TableName, needs: &TableNeeds) -> Self {
        let names: Vec<&String> = needs.names().collect();
        for (column, name) in self.columns.iter_mut().zip(&names) {
            column.name.clone_from(name);
            let with = known_with(table, name);
            column.known_with = with.and_then(|with| names.iter().position(|name| *name == with));
        }
        let mut table = self.in_order(needs.ordered);
        if needs.columns.contains(ORDER_HEAD) {
            table.columns.push(order_heads(&table));
        }
        table
    }

    /// Each customer's rows by day; if `ordered`, those of a day by everything else.
    pub(super) fn in_order(self, ordered: bool) -> Self {
        let is_sorted = |span: &[usize]| self.days.is_sorted(span[0]..span[1]);
        if !ordered && self.offsets.windows(2).all(is_sorted) {
            return self;
        }
        let mut order: Vec<u32> = (0u32..).take(self.days.len()).collect();
        let mut spans = Vec::with_capacity(self.offsets.len());
        let mut rest = &mut order[..];
        for span in self.offsets.windows(2) {
            let (head, tail) = rest.split_at_mut(span[1] - span[0]);
            spans.push(head);
            rest = tail;
        }
        spans.into_par_iter().with_min_len(256).filter(|span| span.len() > 1).for_each(|span| {
            if ordered {
                span.sort_by(|&a, &b| self.compare(a as usize, b as usize));
            } else {
                span.sort_by_key(|&row| self.days.at(row as usize));
            }
        });
        if order.is_sorted() { self } else { self.gathered(&order) }
    }

    fn compare(&self, a: usize, b: usize) -> Ordering {
        let known = |row: usize| self.known.as_ref().map(|known| known[row]);
        let others = || {
            let mut unequal = self.columns.iter().map(|column| column.compare(a, b)).filter(|order| order.is_ne());
            unequal.next().unwrap_or(Ordering::Equal)
        };
        self.days.at(a).cmp(&self.days.at(b)).then_with(|| known(a).cmp(&known(b))).then_with(others)
    }

    fn gathered(self, order: &[u32]) -> Self {
        let days = self.days.gathered(order);
        let known = self.known.map(|known| gather(&known, order));
        let columns = self.columns.into_par_iter().map(|column| column.gathered(order)).collect();
        let sources = self.sources.map(|Sources { numbers, codes }| Sources { numbers, codes: codes.gathered(order) });
        Self { days, known, columns, sources, ..self }
    }
}

impl Column {
    fn gathered(self, order: &[u32]) -> Self {
        let values = match self.values {
            Values::Number(numbers) => Values::Number(numbers.gathered(order)),
            Values::Text { codes, levels } => Values::Text { codes: codes.gathered(order), levels },
            Values::Flag(flags) => Values::Flag(gather(&flags, order)),
            Values::Day(days) => Values::Day(gather(&days, order)),
        };
        Self { values, ..self }
    }

    fn compare(&self, a: usize, b: usize) -> Ordering {
        match &self.values {
            Values::Number(numbers) => numbers.at(a).total_cmp(&numbers.at(b)),
            Values::Text { codes, .. } => codes.at(a).cmp(&codes.at(b)),
            Values::Flag(flags) => flags[a].cmp(&flags[b]),
            Values::Day(days) => days[a].cmp(&days[b]),
        }
    }
}

fn gather<T: Copy>(values: &[T], order: &[u32]) -> Vec<T> {
    order.iter().map(|&row| values[row as usize]).collect()
}

/// Which lines are the first of their orders, in the order in which they became known. Lines of one order with and without
/// a negative amount are an order and its return. Without order numbers every line is an order.
fn order_heads(table: &TableHistory) -> Column {
    let orders = table.column("order").map(|column| &column.values);
    let amounts = table.column("amount").map(|column| &column.values);
    let is_return = |row: usize| matches!(amounts, Some(Values::Number(amounts)) if amounts.at(row) < 0.0);
    let mut flags = vec![1u8; table.days.len()];
    if let Some(Values::Text { codes, .. }) = orders {
        for span in table.offsets.windows(2) {
            let mut rows: Vec<usize> = (span[0]..span[1]).filter(|&row| codes.at(row) != NO_LEVEL).collect();
            rows.sort_by_key(|&row| (codes.at(row), is_return(row), table.known_day(row), row));
            for pair in rows.windows(2) {
                let same = codes.at(pair[0]) == codes.at(pair[1]) && is_return(pair[0]) == is_return(pair[1]);
                flags[pair[1]] = u8::from(!same);
            }
        }
    }
    Column { name: ORDER_HEAD.to_owned(), known_with: None, values: Values::Flag(flags) }
}

impl History {
    /// Notes when customers were first seen and when they signed up.
    pub(super) fn see(&mut self, name: TableName, table: &TableHistory) {
        let of_customers = name == TableName::Customers;
        let signup = table.column("signup_at").and_then(Column::days).filter(|_| of_customers);
        if of_customers && signup.is_none() {
            return;
        }
        let time = |row: usize| signup.map_or_else(|| table.days.at(row), |days| days[row]);
        for customer in 0..self.first_seen.len() {
            let rows = table.offsets[customer]..table.offsets[customer + 1];
            let known = |row: usize| table.known.as_ref().map_or(time(row), |known| known[row].max(time(row)));
            // Rows of other tables lie in the order of their days.
            let is_first_enough = !of_customers && table.known.is_none();
            let looked_at = if is_first_enough { rows.start..rows.end.min(rows.start + 1) } else { rows.clone() };
            let first = looked_at.map(known).min().unwrap_or(NEVER);
            self.first_seen[customer] = self.first_seen[customer].min(first);
            if of_customers {
                let signup = rows.map(time).min().unwrap_or(NEVER);
                self.signup[customer] = self.signup[customer].min(signup);
            }
        }
    }
}
