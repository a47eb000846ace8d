//! `advocacy`: whether a referral, a promoter answer or a positive public act lies in the label window.
//!
//! - a row of `referrals` made by the customer;
//! - a survey answer to `nps` (or `recommend`) of at least 9 of 10;
//! - a review (`question = review`) of at least 4 of 5;
//! - a post by the customer with positive sentiment.
//!
//! Where the table maps a scale, scores are first brought to 0–10 (reviews: 1–5).
//! Eligible at D: any activity in `[D - active_within_days, D)`: an order, an event, or an open subscription.

use super::{Error, Judge, Outcome, eligibility_window, window};
use crate::observe::{Filter, FutureView, RowFilter};
use crate::project::{Project, Target};
use crate::rollup::{History, TableHistory, Values};
use crate::tables::TableName;
use crate::time::{Day, Window};

/// Whether a customer speaks for the company.
pub struct Advocacy<'a> {
    target: &'a Target,
    referrals: Option<&'a TableHistory>,
    surveys: Option<&'a TableHistory>,
    posts: Option<&'a TableHistory>,
    activity: Vec<(&'a TableHistory, RowFilter)>,
    window: Box<dyn Fn(Day) -> Window + Sync>,
}

impl<'a> Advocacy<'a> {
    /// Binds the target to the tables that show it.
    pub fn new(project: &Project, name: &str, target: &'a Target, history: &'a History) -> Result<Self, Error> {
        let [referrals, surveys, posts] =
            [TableName::Referrals, TableName::Surveys, TableName::Posts].map(|table| history.table(table));
        if referrals.is_none() && surveys.is_none() && posts.is_none() {
            let (table, column) = (TableName::Referrals, "referrer".to_owned());
            return Err(Error::Unmapped { target: name.to_owned(), table, column });
        }
        let passive = vec![("kind".to_owned(), project.roles.passive.clone())];
        let filter = Filter { not_levels: passive, ..Filter::default() };
        let activity = [TableName::Orders, TableName::Events].into_iter().filter_map(|table| history.table(table));
        let activity = activity.map(|table| (table, filter.bind(table))).collect();
        Ok(Self { target, referrals, surveys, posts, activity, window: Box::new(window(name, target)?) })
    }
}

impl Judge for Advocacy<'_> {
    fn is_eligible(&self, past: &FutureView<'_>, customer: u32, as_of: Day) -> bool {
        let window = eligibility_window(self.target, as_of);
        self.target.active_within_days.is_none()
            || self.activity.iter().any(|(table, filter)| past.any(table, filter, customer, window))
            || past.table(TableName::Subscriptions).is_some_and(|table| is_subscribed(table, past, customer, as_of))
    }

    fn outcome(&self, future: &FutureView<'_>, customer: u32, as_of: Day) -> Outcome {
        let window = (self.window)(as_of);
        let any = |table: Option<&TableHistory>, speaks: fn(&TableHistory, usize) -> bool| {
            table.is_some_and(|table| {
                let rows: Vec<usize> = future.rows_of(table, customer, window);
                rows.into_iter().any(|row| speaks(table, row))
            })
        };
        Outcome::of(any(self.referrals, |_, _| true) || any(self.surveys, is_promoter) || any(self.posts, is_positive))
    }
}

fn is_subscribed(table: &TableHistory, past: &FutureView<'_>, customer: u32, as_of: Day) -> bool {
    let before = Window { start: Day::from_epoch_days(i32::MIN / 2), end: as_of };
    let rows = past.rows_of(table, customer, before);
    rows.into_iter().any(|row| past.later_day(table, "ended_at", row) >= as_of.epoch_days())
}

fn number(table: &TableHistory, column: &str, row: usize) -> f64 {
    match table.column(column).map(|column| &column.values) {
        Some(Values::Number(numbers)) => numbers.at(row),
        _ => f64::NAN,
    }
}

fn text<'a>(table: &'a TableHistory, column: &str, row: usize) -> Option<&'a str> {
    match &table.column(column)?.values {
        Values::Text { codes, levels } => levels.get(codes.at(row) as usize).map(String::as_str),
        _ => None,
    }
}

/// A score brought from its scale to `low..high`; as it is where the scale is not known.
fn scaled(surveys: &TableHistory, row: usize, low: f64, high: f64) -> f64 {
    let score = number(surveys, "score", row);
    let (min, max) = (number(surveys, "scale_min", row), number(surveys, "scale_max", row));
    if max > min { low + (score - min) / (max - min) * (high - low) } else { score }
}

fn is_promoter(surveys: &TableHistory, row: usize) -> bool {
    match text(surveys, "question", row) {
        Some("nps" | "recommend") => scaled(surveys, row, 0.0, 10.0) >= 9.0,
        Some("review") => scaled(surveys, row, 1.0, 5.0) >= 4.0,
        _ => false,
    }
}

fn is_positive(posts: &TableHistory, row: usize) -> bool {
    number(posts, "sentiment", row) > 0.0
}
