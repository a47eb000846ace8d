//! Rows outside the customer's life: before signing up, outside the dates of the subscription, of nobody known.

use polars::prelude::{
    DataType, Expr, IntoLazy as _, JoinType, LazyFrame, NULL, PolarsResult, UniqueKeepStrategy, col, cols, len, lit,
};

use super::super::audit::{collect, number_at};
use super::super::{Checked, CheckedTable, Error, Finding, Severity};
use super::{counted, share};
use crate::tables::TableName;

/// Position of a row, so that several subscriptions of one customer count it once.
const ROW: &str = "__row";

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
        if customers.has("signup_at") {
            findings.extend(before_signup(table, &rows, customers)?);
        }
    }
    let subscriptions = checked.table(TableName::Subscriptions).filter(|_| table.name != TableName::Subscriptions);
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
    let text = format!("table `{}`: {} of customers that `customers` does not list", table.name, share(strangers, table.rows));
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
    let rows = table.frame.clone().select([col(own).alias("key"), col(format!("{time}_day")).alias("day")]);
    let rows = collect(rows.filter(col("key").is_not_null()))?.with_row_index(ROW.into(), None)?;
    let ended = if subscriptions.has("ended_at") { col("ended_at_day") } else { lit(NULL).cast(DataType::Date) };
    let lives = [col(theirs).alias("key"), col("started_at_day").alias("start"), ended.alias("end")];
    let lives = subscriptions.frame.clone().select(lives).filter(col("key").is_not_null());
    let joined = rows.lazy().join(lives, [col("key")], [col("key")], JoinType::Inner.into());
    let covers: Expr = col("day").gt_eq(col("start")).and(col("end").is_null().or(col("day").lt_eq(col("end"))));
    let distinct = |frame: LazyFrame| frame.select([col(ROW)]).unique(Some(cols([ROW])), UniqueKeepStrategy::Any);
    let subscribed = count(distinct(joined.clone()))?;
    let outside = subscribed - count(distinct(joined.filter(covers)))?;
    let whose = if names_it { "the dates of their subscription" } else { "every subscription of the customer" };
    let text = format!("table `{}`: {} lie outside {whose}", table.name, share(outside, subscribed));
    Ok((outside > 0).then(|| counted(table.name, Severity::Warning, "outside_subscription", outside, text)))
}
