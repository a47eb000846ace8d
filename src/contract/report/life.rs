//! Rows outside the customer's life: before signing up, outside the dates of the subscription, of nobody known.

use std::collections::BTreeMap;

use polars::prelude::{
    DataType, Expr, IntoLazy as _, JoinType, LazyFrame, NULL, PolarsResult, UniqueKeepStrategy, col, cols, len, lit,
};

use super::super::audit::{collect, number_at};
use super::super::{Checked, CheckedTable, Error, Finding, Severity};
use super::{counted, share};
use crate::tables::TableName;

/// Position of a row, so that several subscriptions of one customer count it once.
const ROW: &str = "__row";

/// Tables whose rows a contract explains; people order, answer and recommend without one.
const SUBSCRIBED: [TableName; 3] = [TableName::Events, TableName::Tickets, TableName::Payments];

/// Tables that rightly speak of people before they are customers.
const PROSPECTS: [TableName; 4] = [TableName::Leads, TableName::Visits, TableName::Messages, TableName::Posts];

pub(super) fn findings(checked: &Checked) -> Result<Vec<Finding>, Error> {
    let mut findings = Vec::new();
    for table in checked.tables.values().filter(|table| table.rows > 0) {
        let of_table = about(checked, table).map_err(|error| Error::unreadable(table.name, &error))?;
        findings.extend(of_table);
    }
    Ok(findings)
}

fn about(checked: &Checked, table: &CheckedTable) -> PolarsResult<Vec<Finding>> {
    let definition = table.name.table();
    let (Some(time), Some(customer)) = (definition.time, definition.customer.filter(|name| table.has(name))) else {
        return Ok(Vec::new());
    };
    let rows = table.frame.clone().select([col(customer).alias("customer"), col(format!("{time}_day")).alias("day")]);
    let mut findings = Vec::new();
    if let Some(customers) = checked.table(TableName::Customers).filter(|customers| customers.rows > 0) {
        findings.extend(unknown(table, &rows, customers)?);
        if customers.has("signup_at") && !PROSPECTS.contains(&table.name) {
            findings.extend(before_signup(table, &rows, customers)?);
        }
    }
    let subscriptions = checked.table(TableName::Subscriptions).filter(|_| SUBSCRIBED.contains(&table.name));
    if let Some(subscriptions) = subscriptions.filter(|subscriptions| subscriptions.rows > 0) {
        findings.extend(outside(table, time, customer, subscriptions)?);
    }
    Ok(findings)
}

fn count(frame: LazyFrame) -> PolarsResult<u64> {
    let sums = collect(frame.select([len().alias("count")]))?;
    Ok(number_at(&sums, "count").and_then(|count| u64::try_from(count).ok()).unwrap_or(0))
}

fn unknown(table: &CheckedTable, rows: &LazyFrame, customers: &CheckedTable) -> PolarsResult<Option<Finding>> {
    let known = customers.frame.clone().select([col("customer")]);
    let named = rows.clone().filter(col("customer").is_not_null());
    let strangers = named.join(known, [col("customer")], [col("customer")], JoinType::Anti.into());
    let strangers = count(strangers)?;
    let text =
        format!("table `{}`: {} of customers that `customers` does not list", table.name, share(strangers, table.rows));
    Ok((strangers > 0).then(|| counted(table.name, Severity::Warning, "unknown_customers", strangers, text)))
}

fn before_signup(table: &CheckedTable, rows: &LazyFrame, customers: &CheckedTable) -> PolarsResult<Option<Finding>> {
    let signups = customers.frame.clone().group_by([col("customer")]).agg([col("signup_at_day").min().alias("signup")]);
    let joined = rows.clone().join(signups, [col("customer")], [col("customer")], JoinType::Inner.into());
    let early = count(joined.filter(col("day").lt(col("signup"))))?;
    let text = format!("table `{}`: {} before the customer signed up", table.name, share(early, table.rows));
    Ok((early > 0).then(|| counted(table.name, Severity::Warning, "before_signup", early, text)))
}

/// Rows on days that no subscription of theirs covers: the one they name, else any of the customer's.
fn outside(
    table: &CheckedTable,
    time: &str,
    customer: &str,
    subscriptions: &CheckedTable,
) -> PolarsResult<Option<Finding>> {
    let names_it = table.has("subscription") && subscriptions.has("subscription");
    let (own, theirs) = if names_it { ("subscription", "subscription") } else { (customer, "customer") };
    let kind = if table.has("kind") { col("kind") } else { lit(table.name.as_str()).alias("kind") };
    let rows = table.frame.clone().select([col(own).alias("key"), col(format!("{time}_day")).alias("day"), kind]);
    let rows = collect(rows.filter(col("key").is_not_null()))?.with_row_index(ROW.into(), None)?;
    let ended = if subscriptions.has("ended_at") { col("ended_at_day") } else { lit(NULL).cast(DataType::Date) };
    let lives = [col(theirs).alias("key"), col("started_at_day").alias("start"), ended.alias("end")];
    let lives = subscriptions.frame.clone().select(lives).filter(col("key").is_not_null());
    let joined = rows.lazy().join(lives, [col("key")], [col("key")], JoinType::Inner.into());
    let covers: Expr = col("day").gt_eq(col("start")).and(col("end").is_null().or(col("day").lt_eq(col("end"))));
    let distinct =
        |frame: LazyFrame| frame.select([col(ROW), col("kind")]).unique(Some(cols([ROW])), UniqueKeepStrategy::Any);
    let (all, covered) = (kinds(distinct(joined.clone()))?, kinds(distinct(joined.filter(covers)))?);
    let total = |kinds: &BTreeMap<String, u64>| kinds.values().sum::<u64>();
    let (subscribed, outside) = (total(&all), total(&all) - total(&covered));
    let whose = if names_it { "the dates of their subscription" } else { "every subscription of the customer" };
    let lie = if outside == 1 { "lies" } else { "lie" };
    let text = format!("table `{}`: {} {lie} outside {whose}", table.name, share(outside, subscribed));
    let examples = if all.len() > 1 { by_kind(&all, &covered) } else { Vec::new() };
    let finding =
        || Finding { examples, ..counted(table.name, Severity::Warning, "outside_subscription", outside, text) };
    Ok((outside > 0).then(finding))
}

/// Rows by kind.
fn kinds(rows: LazyFrame) -> PolarsResult<BTreeMap<String, u64>> {
    let counts = collect(rows.group_by([col("kind")]).agg([len().cast(DataType::UInt64).alias("count")]))?;
    let (kinds, counts) = (counts.column("kind")?.str()?, counts.column("count")?.u64()?);
    Ok(kinds.iter().zip(counts.iter()).filter_map(|(kind, count)| Some((kind?.to_owned(), count?))).collect())
}

/// The three kinds with the most rows outside.
fn by_kind(all: &BTreeMap<String, u64>, covered: &BTreeMap<String, u64>) -> Vec<String> {
    let outside = |kind: &String, rows: u64| rows - covered.get(kind).copied().unwrap_or(0);
    let mut kinds: Vec<(&String, u64, u64)> =
        all.iter().map(|(kind, rows)| (kind, outside(kind, *rows), *rows)).collect();
    kinds.sort_by_key(|(_, outside, _)| std::cmp::Reverse(*outside));
    kinds.into_iter().take(3).map(|(kind, outside, rows)| format!("{kind}: {}", share(outside, rows))).collect()
}
