//! What the tables say at the cutoffs of all questions, read once: who is active, who bought what in which window, who
//! belongs to which segments. Everything by customer number.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, HashMap};

use polars::prelude::*;

use super::Error;
use super::declared::one_of;
use super::question::{Question, Subject};
use crate::contract::{Checked, CheckedTable, collect};
use crate::feature::CustomerIndex;
use crate::project::Project;
use crate::stats::ExactSum;
use crate::tables::TableName;
use crate::time::{Day, Window};

/// What was read.
#[derive(Debug, Default)]
pub(super) struct Seen {
    segments: BTreeMap<Day, Vec<u32>>,
    active: BTreeMap<Day, Vec<bool>>,
    /// By subject and cutoff: what each customer's rows in the outcome window add up to; none without a row.
    outcomes: BTreeMap<(Subject, Day), Vec<Option<f64>>>,
    /// By cutoff: who had bought before it.
    buyers: BTreeMap<Day, Vec<bool>>,
}

/// Tables whose rows make a customer active.
const ACTS: [TableName; 5] =
    [TableName::Events, TableName::Orders, TableName::Visits, TableName::Loyalty, TableName::Subscriptions];

/// What is read from.
struct Reader<'a> {
    project: &'a Project,
    checked: &'a Checked,
    numbers: HashMap<&'a str, u32>,
}

impl Seen {
    /// Reads what the questions need; what is known on `as_of`, the day of the run, may serve as an outcome.
    ///
    /// # Errors
    /// [`Error::Read`] if a table cannot be read.
    pub fn read(
        project: &Project,
        checked: &Checked,
        customers: &CustomerIndex,
        questions: &[Question],
        as_of: Day,
    ) -> Result<Self, Error> {
        let numbers = customers.ids.iter().map(String::as_str).zip(0..).collect();
        let reader = Reader { project, checked, numbers };
        let mut seen = Self::default();
        for (question, cutoff) in
            questions.iter().flat_map(|question| question.cutoffs().map(move |day| (question, day)))
        {
            if let Entry::Vacant(segments) = seen.segments.entry(cutoff) {
                segments.insert(reader.segments(cutoff)?);
            }
            if matches!(question.subject, Subject::Target(_)) {
                continue;
            }
            if let Entry::Vacant(active) = seen.active.entry(cutoff) {
                active.insert(reader.active(cutoff)?);
            }
            if question.subject == Subject::Conversion {
                let before = Window { start: Day::from_epoch_days(i32::MIN), end: cutoff };
                let bought = reader.sums(reader.purchases(), cutoff, before)?;
                seen.buyers.insert(cutoff, bought.iter().map(Option::is_some).collect());
            }
            let table = if question.subject == Subject::Referral { TableName::Referrals } else { reader.purchases() };
            seen.outcomes.insert((question.subject, cutoff), reader.sums(table, as_of, question.window(cutoff))?);
        }
        Ok(seen)
    }

    /// The code of each customer's segments as of a cutoff: equal codes, equal segments; in their natural order.
    pub fn segments(&self, cutoff: Day) -> &[u32] {
        self.segments.get(&cutoff).map_or(&[], Vec::as_slice)
    }

    /// Whether a customer could show the outcome: active at the cutoff, and for a first purchase without one before.
    pub fn could_show(&self, subject: Subject, cutoff: Day, customer: u32) -> bool {
        let of = |flags: Option<&Vec<bool>>| flags.is_some_and(|flags| flags[customer as usize]);
        of(self.active.get(&cutoff)) && !(subject == Subject::Conversion && of(self.buyers.get(&cutoff)))
    }

    /// What the customer's rows in the outcome window add up to; none without a row.
    pub fn outcome(&self, subject: Subject, cutoff: Day, customer: u32) -> Option<f64> {
        self.outcomes.get(&(subject, cutoff))?[customer as usize]
    }
}

impl Reader<'_> {
    fn purchases(&self) -> TableName {
        if self.checked.table(TableName::Orders).is_some() { TableName::Orders } else { TableName::Events }
    }

    /// Per customer the sum of amounts of a table's rows in a window, as known on a day; none without a row. Purchases
    /// among events are those of the role.
    fn sums(&self, name: TableName, known: Day, window: Window) -> Result<Vec<Option<f64>>, Error> {
        let Some(table) = self.checked.table(name) else { return Ok(vec![None; self.numbers.len()]) };
        let mut rows = within(table, known, window);
        if name == TableName::Events {
            rows = rows.filter(one_of("kind", &self.project.roles.purchase));
        }
        let amount = if name == TableName::Orders { col("amount") } else { lit(0.0) };
        self.add_up(table, rows, amount).map_err(|cause| Error::Read { table: name, cause })
    }

    fn add_up(&self, table: &CheckedTable, rows: LazyFrame, amount: Expr) -> PolarsResult<Vec<Option<f64>>> {
        let rows = collect(rows.select([customer(table), amount.cast(DataType::Float64).alias("amount")]))?;
        let mut sums: Vec<Option<ExactSum>> = vec![None; self.numbers.len()];
        for (id, amount) in rows.column("customer")?.str()?.iter().zip(rows.column("amount")?.f64()?.iter()) {
            if let Some(number) = id.and_then(|id| self.numbers.get(id)) {
                *sums[*number as usize].get_or_insert(ExactSum::ZERO) += amount.unwrap_or(0.0);
            }
        }
        Ok(sums.into_iter().map(|sum| sum.map(ExactSum::value)).collect())
    }

    /// Who is active at a cutoff: an own row in the project's activity window, or an open subscription.
    fn active(&self, cutoff: Day) -> Result<Vec<bool>, Error> {
        let mut active = vec![false; self.numbers.len()];
        let window = Window::before(cutoff, self.project.project.active_within_days);
        for table in ACTS.into_iter().filter_map(|name| self.checked.table(name)).filter(|table| has_customers(table)) {
            let rows = match table.name {
                TableName::Events => {
                    within(table, cutoff, window).filter(one_of("kind", &self.project.roles.passive).not())
                }
                TableName::Subscriptions if table.has("ended_at") => {
                    table.past(cutoff).filter(col("ended_at").is_null())
                }
                TableName::Subscriptions => table.past(cutoff),
                _ => within(table, cutoff, window),
            };
            let found = collect(rows.group_by([customer(table)]).agg([]));
            let ids = found.and_then(|found| found.column("customer")?.str().cloned());
            let ids = ids.map_err(|cause| Error::Read { table: table.name, cause })?;
            let numbers = ids.iter().flatten().filter_map(|id| self.numbers.get(id));
            numbers.for_each(|number| active[*number as usize] = true);
        }
        Ok(active)
    }

    /// The declared segments of every customer as of a cutoff, numbered in their natural order; 0 is "not known".
    fn segments(&self, cutoff: Day) -> Result<Vec<u32>, Error> {
        let name = TableName::Customers;
        let mut codes = vec![0; self.numbers.len()];
        let names = segment_names(self.project, self.checked);
        let Some(table) = self.checked.table(name).filter(|_| !names.is_empty()) else { return Ok(codes) };
        let states = table.attributes_at(&names, cutoff).map_err(|cause| Error::Read { table: name, cause })?;
        let mut numbered: BTreeMap<&Vec<String>, u32> = states.values().map(|values| (values, 0)).collect();
        for (code, slot) in (1..).zip(numbered.values_mut()) {
            *slot = code;
        }
        for (id, values) in &states {
            if let Some(number) = self.numbers.get(id.as_str()) {
                codes[*number as usize] = numbered[values];
            }
        }
        Ok(codes)
    }
}

/// The project's segments that are attributes of customers.
pub(super) fn segment_names<'a>(project: &'a Project, checked: &Checked) -> Vec<&'a str> {
    let Some(table) = checked.table(TableName::Customers) else { return Vec::new() };
    let known = |segment: &&str| table.attributes.iter().any(|attribute| attribute.name == **segment);
    project.project.segments.iter().map(String::as_str).filter(known).collect()
}

fn has_customers(table: &CheckedTable) -> bool {
    table.name.table().customer.is_some_and(|column| table.has(column))
}

fn customer(table: &CheckedTable) -> Expr {
    col(table.name.table().customer.unwrap_or("customer")).cast(DataType::String).alias("customer")
}

/// Rows of a table in a window, as known on a day.
fn within(table: &CheckedTable, known: Day, window: Window) -> LazyFrame {
    let day = || col(format!("{}_day", table.name.table().time.unwrap_or("signup_at"))).cast(DataType::Int32);
    let inside = day().gt_eq(lit(window.start.epoch_days())).and(day().lt(lit(window.end.epoch_days())));
    table.past(known).filter(inside)
}
