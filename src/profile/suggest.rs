//! Items a customer does not have but customers like him do.
//!
//! From whole histories before D: `support(i, j)` customers have both items. A pair counts only from [`SUPPORT`]
//! customers on, and only if it is commoner than chance (lift > 1). A customer is suggested the items j he lacks with the
//! highest confidence `support(i, j) / support(i)` over the items i he has; ties by support, then by name.
//!
//! The [`ITEMS`] most common items take part, so that memory is bounded; rarer ones lack support for pairs anyway.

use std::collections::{BTreeMap, BTreeSet};

use polars::prelude::*;

use super::Error;
use super::favourite::own_rows;
use crate::contract::{CheckedTable, collect};
use crate::time::Day;

/// A pair of items needs so many customers.
pub const SUPPORT: u32 = 10;
/// So many items take part at most.
pub const ITEMS: usize = 2_000;

/// An item a customer might want.
#[derive(Debug, Clone, PartialEq)]
pub struct Suggestion {
    /// The item.
    pub item: String,
    /// Share of the customers with one of his items who also have it.
    pub confidence: f64,
}

/// Suggestions for every customer with an item, at most `most` each, best first.
pub(super) fn suggestions(
    table: &CheckedTable,
    passive: &[String],
    as_of: Day,
    most: usize,
) -> Result<BTreeMap<String, Vec<Suggestion>>, Error> {
    let owned = owned(table, passive, as_of).map_err(|cause| Error::Read { table: table.name, cause })?;
    let pairs = Pairs::count(&owned);
    let of_customer = |(customer, items): (&String, &BTreeSet<String>)| (customer.clone(), pairs.suggest(items, most));
    Ok(owned.iter().map(of_customer).filter(|(_, found)| !found.is_empty()).collect())
}

fn owned(table: &CheckedTable, passive: &[String], as_of: Day) -> PolarsResult<BTreeMap<String, BTreeSet<String>>> {
    let rows = own_rows(table, passive, as_of).filter(col("item").is_not_null());
    let rows = rows.group_by([col("customer").cast(DataType::String), col("item").cast(DataType::String)]).agg([]);
    let rows = collect(rows)?;
    let mut owned: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (customer, item) in rows.column("customer")?.str()?.iter().zip(rows.column("item")?.str()?.iter()) {
        if let (Some(customer), Some(item)) = (customer, item) {
            owned.entry(customer.to_owned()).or_default().insert(item.to_owned());
        }
    }
    Ok(owned)
}

struct Pairs<'a> {
    /// The items that take part, ascending.
    items: Vec<&'a str>,
    customers: u32,
    /// Customers per item.
    single: Vec<u32>,
    /// Customers per pair, one row per item.
    both: Vec<u32>,
}

impl<'a> Pairs<'a> {
    fn count(owned: &'a BTreeMap<String, BTreeSet<String>>) -> Self {
        let mut common: BTreeMap<&str, u32> = BTreeMap::new();
        for item in owned.values().flatten() {
            *common.entry(item).or_insert(0) += 1;
        }
        let mut ranked: Vec<(&str, u32)> = common.into_iter().filter(|(_, customers)| *customers >= SUPPORT).collect();
        ranked.sort_by_key(|(item, customers)| (std::cmp::Reverse(*customers), *item));
        ranked.truncate(ITEMS);
        ranked.sort_unstable();
        let items: Vec<&str> = ranked.iter().map(|(item, _)| *item).collect();
        let width = items.len();
        let mut pairs = Self {
            items,
            customers: u32::try_from(owned.len()).unwrap_or(u32::MAX),
            single: ranked.iter().map(|(_, customers)| *customers).collect(),
            both: vec![0; width * width],
        };
        for basket in owned.values() {
            let numbers = pairs.numbers(basket);
            for i in &numbers {
                for j in &numbers {
                    pairs.both[i * width + j] += 1;
                }
            }
        }
        pairs
    }

    fn numbers(&self, basket: &BTreeSet<String>) -> Vec<usize> {
        basket.iter().filter_map(|item| self.items.binary_search(&item.as_str()).ok()).collect()
    }

    fn suggest(&self, basket: &BTreeSet<String>, most: usize) -> Vec<Suggestion> {
        let width = self.items.len();
        let has = self.numbers(basket);
        let mut best: BTreeMap<usize, (f64, u32)> = BTreeMap::new();
        for i in &has {
            for j in (0..width).filter(|j| has.binary_search(j).is_err()) {
                let support = self.both[i * width + j];
                let confidence = f64::from(support) / f64::from(self.single[*i]);
                let by_chance = f64::from(self.single[j]) / f64::from(self.customers);
                if support >= SUPPORT && confidence > by_chance {
                    let known = best.entry(j).or_insert((confidence, support));
                    if (confidence, support) > *known {
                        *known = (confidence, support);
                    }
                }
            }
        }
        let mut ranked: Vec<(usize, (f64, u32))> = best.into_iter().collect();
        ranked.sort_by(|(i, a), (j, b)| b.0.total_cmp(&a.0).then(b.1.cmp(&a.1)).then(i.cmp(j)));
        let suggestion =
            |(item, (confidence, _)): (usize, (f64, u32))| Suggestion { item: self.items[item].to_owned(), confidence };
        ranked.into_iter().take(most).map(suggestion).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn basket(items: &[&str]) -> BTreeSet<String> {
        items.iter().map(|item| (*item).to_owned()).collect()
    }

    #[test]
    fn what_goes_together_is_suggested_and_what_lacks_support_is_not() {
        let mut owned = BTreeMap::new();
        for number in 0..40 {
            let items: &[&str] = match number {
                0..20 => &["tea", "honey"],
                20..29 => &["tea", "lemon"],
                _ => &["coffee"],
            };
            owned.insert(format!("c{number:02}"), basket(items));
        }
        let pairs = Pairs::count(&owned);
        let found = pairs.suggest(&basket(&["tea"]), 3);
        assert_eq!(
            found,
            [Suggestion { item: "honey".into(), confidence: 20.0 / 29.0 }],
            "lemon goes with tea 9 times only"
        );
        assert!(pairs.suggest(&basket(&["coffee"]), 3).is_empty());
    }
}
