//! Items a customer does not have but customers like him do.
//!
//! From whole histories before D: `support(i, j)` customers have both items. A pair counts only from [`SUPPORT`]
//! customers on, and only if it is commoner than chance (lift > 1). A customer is suggested the items j he lacks with the
//! highest confidence `support(i, j) / support(i)` over the items i he has; ties by support, then by name.
//!
//! The [`ITEMS`] most common items take part, so that memory is bounded; rarer ones lack support for pairs anyway.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use polars::prelude::*;
use rayon::prelude::*;

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
    Ok(owned.par_iter().map(of_customer).filter(|(_, found)| !found.is_empty()).collect())
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
    /// Per item, what goes with it: best first.
    partners: Vec<Vec<Partner>>,
}

/// An item that goes with another.
#[derive(Clone, Copy)]
struct Partner {
    item: usize,
    confidence: f64,
    support: u32,
}

impl Partner {
    fn better_first(&self, other: &Self) -> Ordering {
        let by_confidence = other.confidence.total_cmp(&self.confidence);
        by_confidence.then(other.support.cmp(&self.support)).then(self.item.cmp(&other.item))
    }
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
        let single: Vec<u32> = ranked.iter().map(|(_, customers)| *customers).collect();
        let mut pairs = Self { items, partners: Vec::new() };
        let mut both = vec![0_u32; width * width];
        for basket in owned.values() {
            let numbers = pairs.numbers(basket);
            for i in &numbers {
                for j in &numbers {
                    both[i * width + j] += 1;
                }
            }
        }
        let partners = |i: usize| {
            let partner = |item: usize| {
                let support = both[i * width + item];
                Partner { item, confidence: f64::from(support) / f64::from(single[i]), support }
            };
            let by_chance = |item: usize| f64::from(single[item]) / owned.len() as f64;
            let goes_with = |partner: &Partner| {
                partner.item != i && partner.support >= SUPPORT && partner.confidence > by_chance(partner.item)
            };
            let mut found: Vec<Partner> = (0..width).map(partner).filter(goes_with).collect();
            found.sort_by(Partner::better_first);
            found
        };
        pairs.partners = (0..width).into_par_iter().map(partners).collect();
        pairs
    }

    fn numbers(&self, basket: &BTreeSet<String>) -> Vec<usize> {
        basket.iter().filter_map(|item| self.items.binary_search(&item.as_str()).ok()).collect()
    }

    /// The best of the items he lacks. The first `most` that each of his items offers are enough to find them.
    fn suggest(&self, basket: &BTreeSet<String>, most: usize) -> Vec<Suggestion> {
        let has = self.numbers(basket);
        let lacks = |partner: &&Partner| has.binary_search(&partner.item).is_err();
        let mut offered: Vec<Partner> =
            has.iter().flat_map(|item| self.partners[*item].iter().filter(lacks).take(most)).copied().collect();
        offered.sort_by(Partner::better_first);
        let mut taken: Vec<Partner> = Vec::with_capacity(most);
        for partner in offered {
            if taken.len() < most && taken.iter().all(|known| known.item != partner.item) {
                taken.push(partner);
            }
        }
        let suggestion =
            |partner: Partner| Suggestion { item: self.items[partner.item].to_owned(), confidence: partner.confidence };
        taken.into_iter().map(suggestion).collect()
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
