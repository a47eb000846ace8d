//! Facts from `messages`: what was sent, opened, clicked, converted, by the day it was sent.

use polars::prelude::{PlHashSet, PolarsResult, col, len, lit};

use super::Facts;
use super::rows::float_key;
use super::source::{Days, Frame, Reader, Source, by_period, count};
use crate::contract::{self, CheckedTable};
use crate::project::Project;
use crate::stats::ExactSum;
use crate::tables::TableName;
use crate::time::Day;

/// Arms of a campaign that are not contacted.
const HOLDOUT_ARMS: [&str; 2] = ["holdout", "control"];

/// Messages sent in a period.
#[derive(Debug, Clone, Copy, Default)]
pub struct MessageFacts {
    /// Messages sent: rows of a holdout are none.
    pub sent: u32,
    /// Of them, delivered; all of them where no delivery is mapped.
    pub delivered: u32,
    /// Of those delivered, opened.
    pub opened: u32,
    /// Of those delivered, clicked.
    pub clicked: u32,
    /// Of those delivered, converted.
    pub converted: u32,
    /// Revenue of the conversions.
    pub revenue: f64,
    /// Cost of all messages.
    pub cost: f64,
    /// First day in the period on which the customer was put into a contacted arm of a campaign that has a holdout arm.
    pub contacted: Option<i32>,
    /// Cost of the messages to contacted customers of campaigns with a holdout.
    pub contact_cost: f64,
    /// First day in the period on which the customer was put into a holdout.
    pub held_out: Option<i32>,
}

/// The table.
#[derive(Debug, Default)]
pub struct Messages {
    /// Campaigns with a holdout: who is contacted says something only beside one.
    compared: PlHashSet<String>,
}

/// One message.
#[derive(Debug, Clone, Copy)]
#[expect(clippy::struct_excessive_bools, reason = "independent facts, not states of one thing")]
pub struct Message {
    day: i32,
    arm: Arm,
    delivered: bool,
    opened: bool,
    clicked: bool,
    converted: bool,
    revenue: f64,
    cost: f64,
}

/// What part of an experiment a message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Arm {
    /// Of none.
    None,
    /// Contacted.
    Contacted,
    /// Held out: nothing was sent.
    HeldOut,
}

impl Source for Messages {
    type Row = Message;
    const TABLE: TableName = TableName::Messages;
    const COLUMNS: &'static [&'static str] = &[
        "customer",
        "at_day",
        "campaign",
        "arm",
        "delivered_at_day",
        "opened_at_day",
        "clicked_at_day",
        "converted_at_day",
        "revenue",
        "cost",
    ];

    fn prepare(&mut self, table: &CheckedTable, as_of: Day, _: &Project) -> PolarsResult<()> {
        if !table.has("arm") {
            return Ok(());
        }
        let [holdout, control] = HOLDOUT_ARMS.map(|arm| col("arm").eq(lit(arm)));
        let campaigns = table.past(as_of).filter(holdout.or(control)).group_by([col("campaign")]).agg([len()]);
        let campaigns = contract::collect(campaigns)?;
        self.compared = campaigns.column("campaign")?.str()?.iter().flatten().map(str::to_owned).collect();
        Ok(())
    }

    fn read(&mut self, reader: &Reader<'_>) -> PolarsResult<Vec<(usize, Message)>> {
        let (days, arms, campaigns) = (reader.days("at_day")?, reader.texts("arm")?, reader.texts("campaign")?);
        let later = |name: &str| reader.days(name);
        let (delivered, opened) = (later("delivered_at_day")?, later("opened_at_day")?);
        let (clicked, converted) = (later("clicked_at_day")?, later("converted_at_day")?);
        let (revenue, cost) = (reader.numbers("revenue")?, reader.numbers("cost")?);
        let holdout = |row: usize| arms.get(row).is_some_and(|arm| HOLDOUT_ARMS.contains(&arm));
        let compared = |row| campaigns.get(row).is_some_and(|campaign| self.compared.contains(campaign));
        let happened = |days: Days<'_>, row| days.get(row).is_some();
        let message = |row| Message {
            day: days.or_never(row),
            arm: match (holdout(row), compared(row)) {
                (true, _) => Arm::HeldOut,
                (false, true) => Arm::Contacted,
                (false, false) => Arm::None,
            },
            delivered: !delivered.is_mapped() || happened(delivered, row),
            opened: happened(opened, row),
            clicked: happened(clicked, row),
            converted: happened(converted, row),
            revenue: revenue.or_zero(row),
            cost: cost.or_zero(row),
        };
        Ok((0..reader.height()).map(|row| (row, message(row))).collect())
    }

    fn key(row: &Message) -> [i64; 6] {
        let flags = [row.delivered, row.opened, row.clicked, row.converted];
        let flags = flags.iter().fold(0, |code, flag| code * 2 + i64::from(*flag));
        [i64::from(row.day), row.arm as i64, flags, float_key(row.revenue), float_key(row.cost), 0]
    }

    fn fill(rows: &[Message], frame: Frame<'_>, facts: &mut [Facts]) {
        by_period(
            rows,
            |row| row.day,
            frame,
            facts,
            |rows, facts| {
                let sent = || rows.iter().filter(|row| row.arm != Arm::HeldOut);
                let delivered = || sent().filter(|row| row.delivered);
                let of_arm = |arm| rows.iter().filter(move |row| row.arm == arm);
                let first = |arm| of_arm(arm).next().map(|row| row.day);
                facts.messages = MessageFacts {
                    sent: count(sent().count()),
                    delivered: count(delivered().count()),
                    opened: count(delivered().filter(|row| row.opened).count()),
                    clicked: count(delivered().filter(|row| row.clicked).count()),
                    converted: count(delivered().filter(|row| row.converted).count()),
                    revenue: delivered().map(|row| row.revenue).sum::<ExactSum>().value(),
                    cost: sent().map(|row| row.cost).sum::<ExactSum>().value(),
                    contacted: first(Arm::Contacted),
                    contact_cost: of_arm(Arm::Contacted).map(|row| row.cost).sum::<ExactSum>().value(),
                    held_out: first(Arm::HeldOut),
                };
            },
        );
    }
}
