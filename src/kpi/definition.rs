//! What a KPI is: its documentation in fixed sections, what it needs, and what it observes of one customer in one period.

use std::fmt::Write as _;

use serde::Serialize;

use super::facts::Facts;
use super::statistic::{Statistic, Tally};
use crate::tables::TableName;

/// Where in the life of a customer a KPI looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// People hear of us.
    Reach,
    /// They look closer.
    Act,
    /// They buy.
    Convert,
    /// They stay, come back and tell others.
    Engage,
}

/// What a KPI is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// Who stays.
    Retention,
    /// What customers are worth.
    Value,
    /// How content they are.
    Satisfaction,
    /// How much they use.
    Engagement,
    /// How they are won.
    Acquisition,
    /// How they are helped.
    Service,
    /// How they recommend.
    Advocacy,
    /// What programmes do.
    Loyalty,
}

/// The unit of a KPI's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// A share of 1.
    Share,
    /// The project's currency.
    Money,
    /// A number of things.
    Count,
    /// One number divided by another.
    Ratio,
    /// Seconds.
    Seconds,
    /// Days.
    Days,
    /// Points of a scale; the page says which.
    Score,
}

/// Which direction is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Better {
    /// The higher the better.
    High,
    /// The lower the better.
    Low,
    /// Neither by itself.
    Neither,
}

/// Something a KPI cannot do without.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// A mapped table.
    Table(TableName),
    /// At least one of the tables that show what customers do: [`ACTIVITY`].
    Activity,
    /// A mapped column of a mapped table.
    Column(TableName, &'static str),
    /// Event kinds named in `[roles]`.
    Role(&'static str),
    /// Sessions: `visits` with `ended_at`, or `events`.
    Sessions,
    /// Survey answers with their scale.
    Scale,
    /// Sentiment of posts or of survey texts.
    Sentiment,
    /// A basis of customers' value: `orders`, or `subscriptions.mrr`.
    Value,
    /// Purchases, as of the run only: a model of them is fitted.
    Lifetimes,
    /// Scores of the run.
    Scores,
    /// Scores of the run with the customers' value.
    ValueAtRisk,
}

/// Tables whose rows show that a customer is active.
pub const ACTIVITY: [TableName; 5] =
    [TableName::Subscriptions, TableName::Orders, TableName::Events, TableName::Visits, TableName::Loyalty];

/// When a period can be judged: before that it is `partial`, because what it counts is still coming in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Maturity {
    /// When it is over.
    AtOnce,
    /// So many days later.
    Days(u16),
    /// `active_within_days` later: then who was lost can be told.
    ActiveWindow,
    /// The grace of the targets later.
    Grace,
}

/// A worked example: a test, and part of the documentation.
#[derive(Debug, Clone, Copy)]
pub struct Example {
    /// In words.
    pub story: &'static str,
    /// So many customers with such facts.
    pub customers: fn() -> Vec<(u32, Facts)>,
    /// The value that must come out, to the bit.
    pub value: f64,
}

/// One KPI.
#[derive(Debug)]
pub struct Kpi {
    /// Unique name.
    pub name: &'static str,
    /// What it is about, in a few words.
    pub brief: &'static str,
    /// What it tells, in a sentence or two.
    pub what: &'static str,
    /// Its formula.
    pub formula: &'static str,
    /// Unit of its value.
    pub unit: Unit,
    /// Which direction is better.
    pub better: Better,
    /// Stage of the customer's life.
    pub stage: Stage,
    /// What it is for.
    pub purpose: Purpose,
    /// What it cannot do without.
    pub needs: &'static [Need],
    /// What happens at the edges.
    pub edge_cases: &'static str,
    /// How it can mislead.
    pub misleads: &'static str,
    /// Where the definition comes from.
    pub source: &'static str,
    /// How its sums become a value with an interval.
    pub statistic: Statistic,
    /// When a period can be judged.
    pub maturity: Maturity,
    /// Adds what one customer (or anonymous unit) shows in one period.
    pub observe: fn(&Facts, &mut Sink<'_>),
    /// A worked example.
    pub example: Example,
}

/// Where a KPI's observations go.
#[derive(Debug)]
pub struct Sink<'a> {
    statistic: Statistic,
    tally: &'a mut Tally,
}

impl<'a> Sink<'a> {
    /// A sink into that tally.
    pub fn new(statistic: Statistic, tally: &'a mut Tally) -> Self {
        Self { statistic, tally }
    }

    /// One observation: a term of a total, a value of a mean or a median.
    pub fn add(&mut self, x: f64) {
        self.tally.add(self.statistic, x, 1.0);
    }

    /// One unit's numerator and denominator: hits of trials, or the two sides of a ratio.
    pub fn pair(&mut self, x: f64, y: f64) {
        self.tally.add(self.statistic, x, y);
    }

    /// One unit of an experiment: its arm, its outcome, its cost.
    pub fn arm(&mut self, is_treated: bool, outcome: f64, cost: f64) {
        self.tally.add_arm(is_treated, outcome, cost);
    }

    /// One trial that hit or not.
    pub fn trial(&mut self, hit: bool) {
        self.pair(f64::from(u8::from(hit)), 1.0);
    }
}

impl Kpi {
    /// Hash of the definition, 16 hex digits: changes when formula, unit, needs or statistic change.
    #[must_use]
    pub fn hash(&self) -> String {
        let text = format!("{}\n{}\n{:?}\n{:?}\n{:?}", self.name, self.formula, self.unit, self.needs, self.statistic);
        blake3::hash(text.as_bytes()).to_hex()[..16].to_owned()
    }

    /// Whether the KPI's observations come from this table alone, so that it can be split by the table's own columns.
    #[must_use]
    pub fn table(&self) -> Option<TableName> {
        let mut tables = self.needs.iter().map(|need| match need {
            Need::Table(table) | Need::Column(table, _) => Some(*table),
            Need::Scale => Some(TableName::Surveys),
            Need::Role(_) => Some(TableName::Events),
            _ => None,
        });
        let first = tables.next()??;
        tables.all(|table| table == Some(first)).then_some(first)
    }

    /// Its page: what `list kpis NAME` prints and the generated reference holds.
    #[must_use]
    pub fn page(&self) -> String {
        let mut page = format!("## {}\n", self.name);
        let stage = format!("{:?} · {:?}", self.stage, self.purpose).to_lowercase();
        let sections = [
            ("What", self.what.to_owned()),
            ("Formula", self.formula.to_owned()),
            ("Unit and direction", format!("{} · {}", self.unit.phrase(), self.better.phrase())),
            ("Stage and purpose", stage),
            ("Inputs", self.inputs()),
            ("Interval", self.statistic.interval().to_owned()),
            ("Matures", self.maturity.phrase()),
            ("Edge cases", self.edge_cases.to_owned()),
            ("How it misleads", self.misleads.to_owned()),
            ("Worked example", self.example.story.to_owned()),
            ("Source", self.source.to_owned()),
        ];
        for (heading, text) in sections {
            let _ = write!(page, "\n**{heading}**\n{}\n", wrap(&text, 100));
        }
        page
    }

    fn inputs(&self) -> String {
        let inputs: Vec<String> = self.needs.iter().map(ToString::to_string).collect();
        inputs.join("; ")
    }
}

impl Need {
    /// Whether rows of this table are read for it.
    #[must_use]
    pub fn reads(&self, table: TableName) -> bool {
        match self {
            Self::Table(own) | Self::Column(own, _) => *own == table,
            Self::Activity => ACTIVITY.contains(&table),
            Self::Role(_) => table == TableName::Events,
            Self::Sessions => matches!(table, TableName::Events | TableName::Visits),
            Self::Scale => table == TableName::Surveys,
            Self::Sentiment => matches!(table, TableName::Surveys | TableName::Posts | TableName::Tickets),
            Self::Lifetimes => table == TableName::Orders,
            Self::Value => matches!(table, TableName::Orders | TableName::Subscriptions),
            Self::Scores | Self::ValueAtRisk => false,
        }
    }
}

impl std::fmt::Display for Need {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Table(table) => write!(f, "`{table}`"),
            Self::Activity => f.write_str("any of `subscriptions`, `orders`, `events`, `visits`, `loyalty`"),
            Self::Column(table, column) => write!(f, "`{table}.{column}`"),
            Self::Role(role) => write!(f, "event kinds named in `[roles] {role}`"),
            Self::Sessions => f.write_str("`visits.ended_at`, or else `events`"),
            Self::Scale => f.write_str("`surveys.scale_min`, `surveys.scale_max`"),
            Self::Sentiment => f.write_str("`sentiment` or `text` of `posts`, `surveys` or `tickets`"),
            Self::Lifetimes => f.write_str("`orders`, as of the run"),
            Self::Value => f.write_str("what `[value] basis` needs: `orders`, or `subscriptions.mrr`"),
            Self::Scores => f.write_str("the scores of the run"),
            Self::ValueAtRisk => f.write_str("the scores of the run, with a value of the customers (`[value] basis`)"),
        }
    }
}

impl Unit {
    /// Its name in result tables.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Share => "share",
            Self::Money => "money",
            Self::Count => "count",
            Self::Ratio => "ratio",
            Self::Seconds => "seconds",
            Self::Days => "days",
            Self::Score => "score",
        }
    }

    const fn phrase(self) -> &'static str {
        match self {
            Self::Share => "share (of 1)",
            Self::Money => "money (the project's currency)",
            other => other.as_str(),
        }
    }
}

impl Maturity {
    fn phrase(self) -> String {
        match self {
            Self::AtOnce => "when the period is over".to_owned(),
            Self::Days(days) => format!("{days} days after the period; until then it is partial"),
            Self::ActiveWindow => "active_within_days after the period; until then it is partial".to_owned(),
            Self::Grace => "the targets' grace_days after the period; until then it is partial".to_owned(),
        }
    }
}

impl Better {
    const fn phrase(self) -> &'static str {
        match self {
            Self::High => "the higher the better",
            Self::Low => "the lower the better",
            Self::Neither => "neither direction is better by itself",
        }
    }
}

impl Stage {
    /// All stages in order.
    pub const ALL: [Self; 4] = [Self::Reach, Self::Act, Self::Convert, Self::Engage];

    /// Its heading.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Reach => "Reach",
            Self::Act => "Act",
            Self::Convert => "Convert",
            Self::Engage => "Engage",
        }
    }
}

/// Breaks a text into lines shorter than `width`.
#[must_use]
pub fn wrap(text: &str, width: usize) -> String {
    let mut lines: Vec<String> = Vec::new();
    let mut line = String::new();
    for word in text.split_whitespace() {
        if !line.is_empty() && line.chars().count() + word.chars().count() >= width {
            lines.push(std::mem::take(&mut line));
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    lines.push(line);
    lines.join("\n")
}
