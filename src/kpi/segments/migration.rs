//! Who moved between segments from one day to another, and what value moved with them.

use std::collections::BTreeMap;

use polars::prelude::{Column, DataFrame, DataType, PolarsResult};

use super::Segmentation;
use crate::money::Cents;
use crate::report::{Align, Cell, Table};
use crate::time::Day;

/// Ways of segmenting that are followed.
const SCHEMES: [&str; 3] = ["lifecycle", "rfm_tier", "value_band"];
/// Row of those who were not there yet.
const NEW: &str = "new";
/// Column of those who are no longer active.
const LOST: &str = "lost";

/// One cell of a transition matrix.
#[derive(Debug, Clone, PartialEq)]
pub struct Move {
    /// The scheme.
    pub scheme: &'static str,
    /// Segment at the first day; `new` for who was not seen or not active then.
    pub from: String,
    /// Segment at the second day; `lost` for who is not active then.
    pub to: String,
    /// How many.
    pub customers: u64,
    /// Their share of all with this `from`.
    pub share: f64,
    /// Their value at the first day.
    pub value_from: Cents,
    /// Their value at the second day.
    pub value_to: Cents,
    /// What those who are worth more gained.
    pub expansion: Cents,
    /// What those who are worth less lost.
    pub contraction: Cents,
}

/// Sums of one cell.
#[derive(Debug, Clone, Copy, Default)]
struct Sums {
    customers: u64,
    value_from: Cents,
    value_to: Cents,
    expansion: Cents,
    contraction: Cents,
}

/// Cell of one customer: where from, where to, with what values.
type Step<'a> = (&'a str, &'a str, Cents, Cents);

/// The transition matrices between two days, by scheme, from and to.
#[must_use]
pub fn migration(earlier: &Segmentation, later: &Segmentation) -> Vec<Move> {
    SCHEMES.iter().flat_map(|scheme| of_scheme(scheme, earlier, later)).collect()
}

fn of_scheme(scheme: &'static str, earlier: &Segmentation, later: &Segmentation) -> Vec<Move> {
    let mut cells: BTreeMap<(String, String), Sums> = BTreeMap::new();
    let mut rows: BTreeMap<String, u64> = BTreeMap::new();
    for (from, to, value_from, value_to) in steps(scheme, earlier, later) {
        let cell = cells.entry((from.to_owned(), to.to_owned())).or_default();
        cell.customers += 1;
        cell.value_from += value_from;
        cell.value_to += value_to;
        let (gained, lost) = (value_to - value_from, value_from - value_to);
        cell.expansion += gained.max(Cents::ZERO);
        cell.contraction += lost.max(Cents::ZERO);
        *rows.entry(from.to_owned()).or_default() += 1;
    }
    let moved = |((from, to), sums): ((String, String), Sums)| {
        let Sums { customers, value_from, value_to, expansion, contraction } = sums;
        let share = customers as f64 / rows.get(&from).copied().unwrap_or(1) as f64;
        Move { scheme, from, to, customers, share, value_from, value_to, expansion, contraction }
    };
    cells.into_iter().map(moved).collect()
}

/// Customers active at either end; both segmentations are in the order of names.
fn steps<'a>(scheme: &str, earlier: &'a Segmentation, later: &'a Segmentation) -> Vec<Step<'a>> {
    let (before, after) = (earlier.labels(scheme), later.labels(scheme));
    let mut steps = Vec::with_capacity(after.len());
    let mut position = 0;
    for ((rank, to), portrait) in after.iter().zip(&later.portraits) {
        while before.get(position).is_some_and(|(other, _)| other < rank) {
            position += 1;
        }
        let was = before.get(position).filter(|(other, _)| other == rank);
        let old = was.map(|(_, label)| (*label, &earlier.portraits[position])).filter(|(_, old)| old.is_active);
        if old.is_none() && !portrait.is_active {
            continue;
        }
        let (from, value_from) = old.map_or((NEW, 0.0), |(label, old)| (label, old.value));
        let to = if portrait.is_active { *to } else { LOST };
        steps.push((from, to, Cents::from_amount(value_from), Cents::from_amount(portrait.value)));
    }
    steps
}

/// The moves as `segment_migration.parquet` holds them.
///
/// # Errors
/// None that data can cause: all columns have the same length.
pub fn frame(moves: &[Move], from: Day, to: Day) -> PolarsResult<DataFrame> {
    let text =
        |name: &str, of: fn(&Move) -> &str| Column::new(name.into(), moves.iter().map(of).collect::<Vec<&str>>());
    let day =
        |name: &str, day: Day| Column::new(name.into(), vec![day.epoch_days(); moves.len()]).cast(&DataType::Date);
    let money = |name: &str, of: fn(&Move) -> Cents| {
        Column::new(name.into(), moves.iter().map(|row| of(row).amount()).collect::<Vec<f64>>())
    };
    DataFrame::new_infer_height(vec![
        text("scheme", |row| row.scheme),
        day("from_date", from)?,
        day("to_date", to)?,
        text("from_segment", |row| &row.from),
        text("to_segment", |row| &row.to),
        Column::new("customers".into(), moves.iter().map(|row| row.customers).collect::<Vec<u64>>()),
        Column::new("share".into(), moves.iter().map(|row| row.share).collect::<Vec<f64>>()),
        money("value_from", |row| row.value_from),
        money("value_to", |row| row.value_to),
        money("value_moved", |row| row.value_to - row.value_from),
        money("expansion", |row| row.expansion),
        money("contraction", |row| row.contraction),
    ])
}

/// The moves as people and programs read them.
#[must_use]
pub fn table(moves: &[Move]) -> Table {
    let mut table = Table::new(&[
        ("scheme", Align::Left),
        ("from_segment", Align::Left),
        ("to_segment", Align::Left),
        ("customers", Align::Right),
        ("share", Align::Right),
        ("expansion", Align::Right),
        ("contraction", Align::Right),
    ]);
    for row in moves {
        let money = |cents: Cents| Cell::number(cents.amount(), 0);
        table.row([
            Cell::from(row.scheme),
            Cell::from(row.from.as_str()),
            Cell::from(row.to.as_str()),
            Cell::count(row.customers),
            Cell::percent(row.share),
            money(row.expansion),
            money(row.contraction),
        ]);
    }
    table
}
