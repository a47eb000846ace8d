//! Personal profiles: what each customer prefers and when he is expected back, with the share behind each preference.
//!
//! `profiles.parquet`, one row per customer known as of D, ascending by id:
//! - `customer`, `as_of`, `orders` (distinct orders before D);
//! - `favourite_category`, `favourite_item`, `favourite_channel`, `favourite_kind` (of event), `day_part` (`night` 0–6 h,
//!   `morning` 6–12, `afternoon` 12–18, `evening` 18–24, local), each with `…_share`, the share of his rows behind it;
//! - `week_part` (`weekday`, `weekend`, or `both` where neither has three quarters) and `weekend_share`;
//! - `gap_days` (mean days between order days) and `next_order_expected` (the last one plus that; it may lie before D:
//!   then he is overdue);
//! - `discount_share` (discount ÷ price before discount) and `price_sensitivity`: `high` from 20 %, `medium` from 5 %;
//! - `suggestion_1..3` with `…_confidence`: items that customers with one of his items also have ([`suggest`]).
//!
//! Fewer than [`THIN`] rows, or order days, say nothing about a habit: the text is `unknown`, the share null. Ties go to
//! the first name. Suggestions missing for want of support are null.

mod error;
mod favourite;
mod rhythm;
pub mod suggest;

use std::collections::BTreeMap;

use polars::prelude::*;

pub use error::Error;
pub use rhythm::Rhythm;
pub use suggest::Suggestion;

use favourite::Favourite;

use crate::contract::{Checked, CheckedTable};
use crate::progress::Progress;
use crate::project::Project;
use crate::tables::TableName;
use crate::time::Day;

/// Fewer rows than this are no habit.
pub const THIN: u64 = 3;
/// What a text says where history is thin.
pub const UNKNOWN: &str = "unknown";
/// So many suggestions are made.
const SUGGESTIONS: usize = 3;

/// One customer.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Profile {
    category: Option<Favourite>,
    item: Option<Favourite>,
    channel: Option<Favourite>,
    kind: Option<Favourite>,
    day_part: Option<Favourite>,
    week_part: Option<Favourite>,
    rhythm: Rhythm,
    suggestions: Vec<Suggestion>,
}

/// All customers.
#[derive(Debug, Clone, PartialEq)]
pub struct Profiles {
    as_of: Day,
    customers: BTreeMap<String, Profile>,
}

/// One of a profile's favourites.
type PickFavourite = fn(&Profile) -> Option<&Favourite>;

/// Computes the profiles of all customers as of a day.
///
/// # Errors
/// [`Error`] if a table cannot be read, or the user cancels.
pub fn compute(project: &Project, checked: &Checked, as_of: Day, progress: &Progress) -> Result<Profiles, Error> {
    let stage = progress.stage("profiles", Some(4))?;
    let mut profiles = Profiles { as_of, customers: BTreeMap::new() };
    let [orders, events, customers] =
        [TableName::Orders, TableName::Events, TableName::Customers].map(|name| checked.table(name));
    if let Some(customers) = customers {
        profiles.known(customers, as_of)?;
    }
    let passive = &project.roles.passive;
    let sources: Vec<&CheckedTable> = [orders, events].into_iter().flatten().collect();
    let mut fill = |column: &str, set: fn(&mut Profile, Favourite)| -> Result<(), Error> {
        let Some(table) = sources.iter().find(|table| table.has(column)) else { return Ok(()) };
        for (customer, found) in favourite::favourites(table, column, passive, as_of)? {
            set(profiles.customers.entry(customer).or_default(), found);
        }
        Ok(())
    };
    fill("category", |profile, found| profile.category = Some(found))?;
    fill("item", |profile, found| profile.item = Some(found))?;
    fill("channel", |profile, found| profile.channel = Some(found))?;
    fill("kind", |profile, found| profile.kind = Some(found))?;
    stage.advance(1)?;
    if let Some(table) = sources.first() {
        for (customer, part) in favourite::day_parts(table, passive, project.project.time_zone.name(), as_of)? {
            profiles.customers.entry(customer).or_default().day_part = Some(part);
        }
        for (customer, part) in favourite::week_parts(table, passive, as_of)? {
            profiles.customers.entry(customer).or_default().week_part = Some(part);
        }
    }
    stage.advance(1)?;
    if let Some(orders) = orders {
        for (customer, rhythm) in rhythm::rhythms(orders, as_of)? {
            profiles.customers.entry(customer).or_default().rhythm = rhythm;
        }
    }
    stage.advance(1)?;
    if let Some(table) = sources.iter().find(|table| table.has("item")) {
        for (customer, suggestions) in suggest::suggestions(table, passive, as_of, SUGGESTIONS)? {
            profiles.customers.entry(customer).or_default().suggestions = suggestions;
        }
    }
    stage.advance(1)?;
    Ok(profiles)
}

impl Profiles {
    /// Everybody of whom `customers` knows before the day: signed up before it, or without a date.
    fn known(&mut self, customers: &CheckedTable, as_of: Day) -> Result<(), Error> {
        let mut rows = customers.past(as_of);
        if customers.has("signup_at") {
            let signup = col("signup_at_day").cast(DataType::Int32);
            rows = rows.filter(signup.clone().is_null().or(signup.lt(lit(as_of.epoch_days()))));
        }
        let read = |cause| Error::Read { table: TableName::Customers, cause };
        let ids = crate::contract::collect(rows.select([col("customer").cast(DataType::String)])).map_err(read)?;
        let ids = ids.column("customer").and_then(|column| column.str().cloned()).map_err(read)?;
        self.customers.extend(ids.iter().flatten().map(|id| (id.to_owned(), Profile::default())));
        Ok(())
    }

    /// How many customers there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.customers.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.customers.is_empty()
    }

    /// The columns of `profiles.parquet`.
    ///
    /// # Errors
    /// Never in practice: all columns have one length.
    pub fn frame(&self) -> Result<DataFrame, Error> {
        let profiles = || self.customers.values();
        let as_of = vec![self.as_of.epoch_days(); self.len()];
        let mut columns: Vec<Column> = vec![
            Column::new("customer".into(), self.customers.keys().cloned().collect::<Vec<_>>()),
            Column::new("as_of".into(), as_of).cast(&DataType::Date).map_err(Error::Frame)?,
            Column::new("orders".into(), profiles().map(|profile| profile.rhythm.orders).collect::<Vec<_>>()),
        ];
        let parts: [(&str, &str, PickFavourite); 5] = [
            ("favourite_category", "favourite_category_share", |profile| profile.category.as_ref()),
            ("favourite_item", "favourite_item_share", |profile| profile.item.as_ref()),
            ("favourite_channel", "favourite_channel_share", |profile| profile.channel.as_ref()),
            ("favourite_kind", "favourite_kind_share", |profile| profile.kind.as_ref()),
            ("day_part", "day_part_share", |profile| profile.day_part.as_ref()),
        ];
        for (name, share, pick) in parts {
            columns.push(text(name, profiles().map(|profile| pick(profile).and_then(Favourite::habit))));
            columns.push(number(share, profiles().map(|profile| pick(profile).and_then(Favourite::habit_share))));
        }
        let weekend = |profile: &Profile| profile.week_part.as_ref().and_then(Favourite::weekend_share);
        columns.push(text("week_part", profiles().map(|profile| weekend(profile).map(favourite::week_part))));
        columns.push(number("weekend_share", profiles().map(weekend)));
        columns.push(number("gap_days", profiles().map(|profile| profile.rhythm.gap_days())));
        let expected = profiles().map(|profile| profile.rhythm.next_expected()).collect::<Vec<Option<i32>>>();
        let expected = Column::new("next_order_expected".into(), expected);
        columns.push(expected.cast(&DataType::Date).map_err(Error::Frame)?);
        columns.push(number("discount_share", profiles().map(|profile| profile.rhythm.discount_share())));
        columns.push(text("price_sensitivity", profiles().map(|profile| profile.rhythm.price_sensitivity())));
        for place in 0..SUGGESTIONS {
            let of = |profile: &Profile| profile.suggestions.get(place).cloned();
            let items: Vec<Option<String>> = profiles().map(|profile| of(profile).map(|found| found.item)).collect();
            let name = format!("suggestion_{}", place + 1);
            let confidence = profiles().map(|profile| of(profile).map(|found| found.confidence));
            columns.push(Column::new(name.as_str().into(), items));
            columns.push(number(&format!("{name}_confidence"), confidence));
        }
        DataFrame::new_infer_height(columns).map_err(Error::Frame)
    }
}

fn text<'a>(name: &str, values: impl Iterator<Item = Option<&'a str>>) -> Column {
    Column::new(name.into(), values.map(|value| value.unwrap_or(UNKNOWN)).collect::<Vec<&str>>())
}

fn number(name: &str, values: impl Iterator<Item = Option<f64>>) -> Column {
    Column::new(name.into(), values.collect::<Vec<Option<f64>>>())
}
