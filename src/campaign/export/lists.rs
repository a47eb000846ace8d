//! Lists that are not about risk: detractors to call, promoters to nurture, advocates, customers due for a referral request.
//!
//! All use the customer's latest NPS answer of the last 365 days:
//! - `detractors`: 0–6, lowest first; `promoters`: 9–10;
//! - `advocates`: 7–10, with their positive posts and referrals of the same days, most referrals first;
//! - `referral_ask`: 9–10 and nobody referred in the last 180 days.

use polars::prelude::*;

use crate::campaign::Error;
use crate::contract::Checked;
use crate::tables::TableName;
use crate::time::Day;

/// Days an answer counts.
const ANSWER_DAYS: i32 = 365;
/// Days after a referral in which nobody is asked for the next.
const ASKED_DAYS: i32 = 180;

/// A list that is not about risk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Advocacy {
    /// Low NPS answers.
    Detractors,
    /// High NPS answers.
    Promoters,
    /// NPS 7 and more, with what they did for the company.
    Advocates,
    /// Promoters who have referred nobody lately.
    ReferralAsk,
}

/// The list; columns `customer, nps, answered, text` and, but for the first two lists, `posts, referrals, referral_revenue`.
///
/// # Errors
/// [`Error::NoTable`] without surveys.
pub fn advocacy(checked: &Checked, as_of: Day, list: Advocacy) -> Result<DataFrame, Error> {
    let answers = answers(checked, as_of)?;
    let (low, high) = match list {
        Advocacy::Detractors => (0.0, 6.0),
        Advocacy::Promoters | Advocacy::ReferralAsk => (9.0, 10.0),
        Advocacy::Advocates => (7.0, 10.0),
    };
    let chosen = answers.filter(col("nps").gt_eq(lit(low)).and(col("nps").lt_eq(lit(high))));
    let order = |descending: &[bool]| SortMultipleOptions::default().with_order_descending_multi(descending.to_vec());
    let rows = match list {
        Advocacy::Detractors => chosen.sort_by_exprs([col("nps"), col("customer")], order(&[false, false])),
        Advocacy::Promoters => chosen.sort_by_exprs([col("nps"), col("customer")], order(&[true, false])),
        Advocacy::Advocates => with_acts(chosen, checked, as_of)
            .sort_by_exprs([col("referrals"), col("posts"), col("customer")], order(&[true, true, false])),
        Advocacy::ReferralAsk => without_recent_referral(chosen, checked, as_of)
            .sort_by_exprs([col("nps"), col("customer")], order(&[true, false])),
    };
    Ok(rows.collect()?)
}

fn days_ago(as_of: Day, days: i32, column: &str) -> Expr {
    col(column).cast(DataType::Int32).gt_eq(lit(as_of.plus(-days).epoch_days()))
}

/// The latest NPS answer of every customer; of several at one instant the lowest.
fn answers(checked: &Checked, as_of: Day) -> Result<LazyFrame, Error> {
    let table = checked.table(TableName::Surveys).filter(|table| table.has("customer"));
    let table = table.ok_or(Error::NoTable { table: TableName::Surveys })?;
    let text = if table.has("text") { col("text") } else { lit(NULL).cast(DataType::String).alias("text") };
    let is_nps = col("question").eq(lit("nps")).and(col("customer").is_not_null());
    let order = SortMultipleOptions::default().with_order_descending_multi([false, true, false]);
    Ok(table
        .past(as_of)
        .filter(is_nps.and(days_ago(as_of, ANSWER_DAYS, "at_day")))
        .sort_by_exprs([col("customer"), col("at"), col("score")], order)
        .unique_stable(Some(cols(["customer"])), UniqueKeepStrategy::First)
        .select([col("customer"), col("score").alias("nps"), col("at_day").alias("answered"), text]))
}

fn with_acts(chosen: LazyFrame, checked: &Checked, as_of: Day) -> LazyFrame {
    let mut rows = chosen;
    let posts = checked.table(TableName::Posts).filter(|table| table.has("customer") && table.has("sentiment"));
    rows = match posts {
        Some(table) => {
            let positive = days_ago(as_of, ANSWER_DAYS, "at_day").and(col("sentiment").gt(lit(0.0)));
            let counted = table.past(as_of).filter(positive).group_by([col("customer")]).agg([len().alias("posts")]);
            rows.left_join(counted, col("customer"), col("customer")).with_columns([col("posts").fill_null(lit(0u32))])
        }
        None => rows.with_columns([lit(NULL).cast(DataType::UInt32).alias("posts")]),
    };
    let Some(table) = checked.table(TableName::Referrals) else {
        return rows.with_columns([lit(NULL).cast(DataType::UInt32).alias("referrals")]);
    };
    let revenue = if table.has("revenue") { col("revenue") } else { lit(NULL).cast(DataType::Float64) };
    let made = table
        .past(as_of)
        .filter(days_ago(as_of, ANSWER_DAYS, "at_day"))
        .group_by([col("referrer").alias("customer")])
        .agg([len().alias("referrals"), revenue.sum().alias("referral_revenue")]);
    rows.left_join(made, col("customer"), col("customer")).with_columns([col("referrals").fill_null(lit(0u32))])
}

fn without_recent_referral(chosen: LazyFrame, checked: &Checked, as_of: Day) -> LazyFrame {
    let Some(table) = checked.table(TableName::Referrals) else { return chosen };
    let recent =
        table.past(as_of).filter(days_ago(as_of, ASKED_DAYS, "at_day")).select([col("referrer").alias("customer")]);
    chosen.join(recent, [col("customer")], [col("customer")], JoinArgs::new(JoinType::Anti))
}
