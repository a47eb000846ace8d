//! One pass over a file: how many rows break which rule, from when to when it reaches; and a second look that names
//! the rows.

use polars::prelude::{DataFrame, DataType, Engine, Expr, LazyFrame, PolarsResult, col, len, lit, when};
use serde::{Deserialize, Serialize};

use crate::source::{LINE, Part};
use crate::tables::ColumnType;
use crate::time::Day;

/// One way in which a row can break the contract.
#[derive(Clone)]
pub(super) struct Rule {
    /// The column concerned.
    pub(super) column: &'static str,
    /// What is wrong.
    pub(super) kind: RuleKind,
    /// True for rows that break it; over the wide frame.
    pub(super) broken: Expr,
}

/// Ways in which a value can break the contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RuleKind {
    /// Something stands there that has not the canonical type.
    Unparsable(ColumnType),
    /// NaN or infinite.
    NotFinite,
    /// A required column has no value.
    Missing,
}

/// What one pass over a part says.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Audit {
    /// Rows read, before any is set aside or filtered.
    pub read: u64,
    /// Rows that keep the contract and pass the filter.
    pub rows: u64,
    /// Rows that break any rule.
    pub bad: u64,
    /// Rows broken by each rule, in the rules' order.
    pub broken: Vec<u64>,
    /// Times that name their zone.
    pub zoned: u64,
    /// Times that name none.
    pub naive: u64,
    /// First and last day of the table's time.
    pub span: Option<(Day, Day)>,
    /// Last day before `as_of` of the times that come later in a row's life.
    pub last_later: Option<Day>,
    /// The last day of them all.
    pub latest: Option<Day>,
}

/// A row that breaks a rule.
pub(super) struct Example {
    /// Line (row for parquet), from 1.
    pub(super) line: u64,
    /// What stands there.
    pub(super) value: String,
}

/// Column of the wide frame with what the file says for a canonical column.
fn raw_name(column: &str) -> String {
    format!("__raw_{column}")
}

/// A part as one frame: canonical values, what the file says, local days, lines if asked for.
pub(super) fn wide(part: &Part, numbered: bool) -> LazyFrame {
    let line = numbered.then(|| col(LINE));
    let frame = if numbered { part.numbered.clone() } else { part.raw.clone() };
    frame.select(wide_columns(part, line.into_iter().collect())).with_columns(part.days())
}

/// The same with further columns.
pub(super) fn wide_with(part: &Part, further: Vec<Expr>) -> LazyFrame {
    part.raw.clone().select(wide_columns(part, further)).with_columns(part.days())
}

/// The same with lines.
pub(super) fn wide_numbered_with(part: &Part, further: Vec<Expr>) -> LazyFrame {
    part.numbered.clone().select(wide_columns(part, further)).with_columns(part.days())
}

fn wide_columns(part: &Part, further: Vec<Expr>) -> Vec<Expr> {
    let mut columns = part.canonical();
    columns.extend(further);
    columns.extend(part.columns.iter().map(|column| column.raw.clone().alias(raw_name(column.column.name))));
    for column in &part.columns {
        if let Some(Ok(zoned)) = &column.zoned {
            columns.push(zoned.clone().alias(format!("__zoned_{}", column.column.name)));
        }
    }
    columns
}

/// All rules for a part's columns. `kept` is true for rows that pass the table's filter.
pub(super) fn rules(part: &Part, kept: &Expr) -> Vec<Rule> {
    let mut rules = Vec::new();
    for column in part.columns.iter().map(|column| column.column) {
        let mut rule = |kind, broken| rules.push(Rule { column: column.name, kind, broken });
        let is_missing = col(column.name).is_null();
        if column.kind != ColumnType::Text {
            let broken = col(raw_name(column.name)).is_not_null().and(is_missing.clone());
            rule(RuleKind::Unparsable(column.kind), broken);
        }
        if column.kind == ColumnType::Number {
            // NaN compares greater than every number in polars.
            let broken = col(column.name).abs().gt(lit(f64::MAX)).fill_null(lit(false));
            rule(RuleKind::NotFinite, broken.and(kept.clone()));
        }
        if column.required {
            let broken = col(raw_name(column.name)).is_null();
            rule(RuleKind::Missing, broken.and(kept.clone()));
        }
    }
    rules
}

/// True for rows that break any rule.
pub(super) fn any(rules: &[Rule]) -> Expr {
    rules.iter().map(|rule| rule.broken.clone()).reduce(Expr::or).unwrap_or_else(|| lit(false))
}

impl Audit {
    /// This and another part's, or piece of a part's.
    pub fn add(&mut self, other: &Self) {
        self.read += other.read;
        self.rows += other.rows;
        self.bad += other.bad;
        self.zoned += other.zoned;
        self.naive += other.naive;
        self.last_later = self.last_later.max(other.last_later);
        self.latest = self.latest.max(other.latest);
        self.span = match (self.span, other.span) {
            (Some(a), Some(b)) => Some((a.0.min(b.0), a.1.max(b.1))),
            (a, b) => a.or(b),
        };
    }
}

/// Runs the pass.
pub(super) fn audit(part: &Part, rules: &[Rule], kept: &Expr, time: Option<&str>, as_of: Day) -> PolarsResult<Audit> {
    let count = |broken: Expr, name: String| broken.cast(DataType::UInt32).sum().alias(name);
    let good = any(rules).not().and(kept.clone());
    let mut wanted =
        vec![len().alias("read"), count(good.clone(), "rows".to_owned()), count(any(rules), "bad".to_owned())];
    wanted.extend(rules.iter().enumerate().map(|(at, rule)| count(rule.broken.clone(), format!("rule{at}"))));
    let known = |days: Expr| when(good.clone()).then(days).otherwise(lit(polars::prelude::NULL)).cast(DataType::Int32);
    for column in &part.columns {
        let name = column.column.name;
        if column.column.kind != ColumnType::Time {
            continue;
        }
        wanted.push(col(name).count().alias(format!("times_{name}")));
        if let Some(Ok(_)) = &column.zoned {
            wanted.push(count(col(format!("__zoned_{name}")), format!("zoned_{name}")));
        }
        let day = col(format!("{name}_day")).cast(DataType::Int32);
        if Some(name) == time {
            wanted.push(known(day.clone()).min().alias("first"));
            wanted.push(known(day).max().alias("last"));
        } else if column.column.known_with.is_some() {
            wanted.push(known(day.clone()).max().alias(format!("latest_{name}")));
            let past = when(day.clone().lt(lit(as_of.epoch_days()))).then(day).otherwise(lit(polars::prelude::NULL));
            wanted.push(known(past).max().alias(format!("later_{name}")));
        }
    }
    let sums = collect(wide(part, false).select(wanted))?;
    Ok(read_sums(part, rules.len(), &sums))
}

fn read_sums(part: &Part, rules: usize, sums: &DataFrame) -> Audit {
    let number = |name: &str| number_at(sums, name).and_then(|number| u64::try_from(number).ok()).unwrap_or(0);
    let day = |name: &str| number_at(sums, name).and_then(|day| i32::try_from(day).ok()).map(Day::from_epoch_days);
    let mut audit = Audit {
        read: number("read"),
        rows: number("rows"),
        bad: number("bad"),
        broken: (0..rules).map(|at| number(&format!("rule{at}"))).collect(),
        span: day("first").zip(day("last")),
        ..Audit::default()
    };
    for column in part.columns.iter().filter(|column| column.zoned.is_some()) {
        let name = column.column.name;
        let all = number(&format!("times_{name}"));
        let zoned = match column.zoned {
            Some(Ok(_)) => number(&format!("zoned_{name}")),
            Some(Err(true)) => all,
            _ => 0,
        };
        audit.zoned += zoned;
        audit.naive += all.saturating_sub(zoned);
        audit.last_later = audit.last_later.max(day(&format!("later_{name}")));
        audit.latest = audit.latest.max(day(&format!("latest_{name}")));
    }
    audit
}

/// Up to three rows that break the rule, in the file's order.
pub(super) fn examples(part: &Part, rule: &Rule) -> PolarsResult<Vec<Example>> {
    let value = col(raw_name(rule.column)).cast(DataType::String).alias("value");
    let lines = col(LINE).cast(DataType::UInt64).alias("line");
    let rows = collect(wide(part, true).filter(rule.broken.clone()).select([lines, value]).limit(3))?;
    let values = rows.column("value")?.str()?;
    let lines = rows.column("line")?.u64()?;
    let text = |value: Option<&str>| value.map_or_else(|| "(nothing)".to_owned(), |value| format!("`{value}`"));
    let examples = lines.iter().zip(values.iter());
    Ok(examples.map(|(line, value)| Example { line: line.unwrap_or(0), value: text(value) }).collect())
}

/// Collects on the streaming engine.
pub(super) fn collect(frame: LazyFrame) -> PolarsResult<DataFrame> {
    // One query gives one frame: `unwrap_single` cannot meet several.
    Ok(frame.collect_with_engine(Engine::Streaming)?.unwrap_single())
}

/// The number in the only row of a frame of sums; `None` for null.
pub(super) fn number_at(sums: &DataFrame, name: &str) -> Option<i64> {
    let column = sums.column(name).ok()?.cast(&DataType::Int64).ok()?;
    column.i64().ok()?.get(0)
}
