//! The leak screen: features that know too much.
//!
//! A feature is a suspect when
//! - it alone ranks the outcomes with AUC > 0.95 (unless the best recency rule does too: then the target is easy);
//! - having a value, or having none, decides the outcome: one side of at least 30 rows has one outcome only, Fisher p < 1e-6;
//! - its rows exist only for survivors: of the customers with any row of its source (a table, or one level of it; a count of
//!   0 is no row) next to none has the event, though at the base rate at least 20 would;
//! - it is an undated attribute of a dated target and one category, the missing values or a tail of its numbers are all but
//!   free of events (or of non-events) where at least 20 are due, the numbers beside that tail being no safer than average:
//!   written when everything was over.
//!
//! "Next to none" is 5 % of what is due: a few customers return, and their status says so. With a source that is named all
//! features go that are made of it, and those that count its rows among others.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;

use super::counted::Counted;
use super::panel::{Panel, Values};
use crate::evaluate::auc_value;
use crate::feature::NO_LEVEL;
use crate::stats::distribution::fisher_exact;
use crate::stats::order;
use crate::stats::tally::{Tally, UNKNOWN};

const SUSPICIOUS_AUC: f64 = 0.95;
const FEWEST_ROWS: u64 = 30;
const SUSPICIOUS_P: f64 = 1e-6;
/// Categories rarer than this say nothing about a whole feature.
const RARE_LEVEL: usize = 10;
/// Outcomes that must be due on one side before their absence says anything.
const FEWEST_DUE: f64 = 20.0;
/// Share of the outcomes due that may still be found.
const TOLERATED: f64 = 0.05;

/// A feature that knows too much.
#[derive(Debug, Clone, PartialEq)]
pub struct Suspect {
    /// Position in the frame.
    pub position: usize,
    /// Its name.
    pub name: String,
    /// What was found.
    pub finding: String,
    /// The source named for another feature's sake, of whose rows this one is made too.
    pub follows: Option<String>,
}

/// Screens all features of the frame on the training rows; `dated` says whether the outcome lies after a cutoff, so that an
/// attribute without a date may have been written later. Gives what was counted of each feature, too.
#[must_use]
pub fn screen<'a>(panel: &Panel<'a>, dated: bool) -> (Vec<Suspect>, Vec<Counted<'a>>) {
    let features = &panel.frame.features;
    let (looked, counted): (Vec<Looked>, Vec<Counted<'a>>) =
        (0..features.len()).into_par_iter().map(|position| Looked::at(panel, position, dated)).unzip();
    let is_recency = |position: &usize| features[*position].family == "recency";
    let above = |looked: &Looked| looked.alone.filter(|auc| *auc > SUSPICIOUS_AUC);
    let easy = (0..looked.len()).filter(is_recency).any(|position| above(&looked[position]).is_some());
    let find = |(position, looked): (usize, &Looked)| {
        let name = &features[position].name;
        let by_value = above(looked).filter(|_| !easy);
        by_value
            .map(|auc| format!("`{name}` alone ranks the outcomes with AUC {auc:.3}"))
            .or_else(|| looked.presence.clone())
            .or_else(|| looked.later.clone())
    };
    let mut findings: Vec<Option<String>> = looked.iter().enumerate().map(find).collect();
    let named = if dated { survivors(panel, &looked, &mut findings) } else { BTreeSet::new() };
    let suspect = |(position, finding): (usize, Option<String>)| {
        let name = features[position].name.clone();
        let follows = || named.iter().find(|named| features[position].sources.iter().any(|of| contains(of, named)));
        match (finding, follows()) {
            (Some(finding), _) => Some(Suspect { position, name, finding, follows: None }),
            (None, Some(source)) => {
                let finding = format!("`{name}` is made of rows of `{source}`, which was named");
                Some(Suspect { position, name, finding, follows: Some(source.clone()) })
            }
            (None, None) => None,
        }
    };
    (findings.into_iter().enumerate().filter_map(suspect).collect(), counted)
}

/// What one look at a feature's values shows.
struct Looked {
    /// Its AUC, or where that is not suspicious what it is not above.
    alone: Option<f64>,
    /// What is found about having a value, and about values written later.
    presence: Option<String>,
    later: Option<String>,
    /// Events among the rows that the source of the feature surely has: a value that is not 0.
    events: u64,
}

impl Looked {
    fn at<'a>(panel: &Panel<'a>, position: usize, dated: bool) -> (Self, Counted<'a>) {
        let info = &panel.frame.features[position];
        let counted = Counted::new(panel, position);
        // Most numbers are cleared by bounds that need no sorting.
        let bounds = auc_bounds(panel, &counted).filter(|bounds| bounds.better_at_most() <= SUSPICIOUS_AUC);
        let alone = bounds.map_or_else(|| auc_alone(panel, &counted), |bounds| Some(bounds.better_at_most()));
        let is_later = dated && info.family == "attribute";
        let later = if is_later { written_later(panel, &counted.values, &info.name) } else { None };
        let events = counted.kinds.as_ref().map_or(0, |(_, tally)| {
            let has_rows = |(kind, _): &(u16, _)| *kind > 0 || matches!(counted.values, Values::Levels { .. });
            tally.known().filter(has_rows).map(|(_, [_, events])| events).sum()
        });
        (Self { alone, presence: presence(panel, &counted, &info.name), later, events }, counted.slim())
    }
}

/// The sources whose rows only survivors have; the first feature of each tells it.
fn survivors(panel: &Panel<'_>, looked: &[Looked], findings: &mut [Option<String>]) -> BTreeSet<String> {
    let mut members: BTreeMap<&String, Vec<usize>> = BTreeMap::new();
    for (position, info) in panel.frame.features.iter().enumerate() {
        if let ([source], true) = (info.sources.as_slice(), info.family != "attribute") {
            members.entry(source).or_default().push(position);
        }
    }
    // Whoever has rows by one feature has rows: where these alone have more events than could be told, nothing is.
    let most = TOLERATED * panel.events() as f64;
    let may_be = |(_, members): &(&String, Vec<usize>)| members.iter().all(|&at| looked[at].events as f64 <= most);
    let members: Vec<(&String, Vec<usize>)> = members.into_iter().filter(may_be).collect();
    let tried: Vec<Option<String>> =
        members.par_iter().map(|(source, members)| only_survivors(panel, source, members)).collect();
    let mut named = BTreeSet::new();
    for ((source, members), finding) in members.into_iter().zip(tried) {
        if finding.is_some() {
            named.insert(source.clone());
            findings[members[0]] = finding;
        }
    }
    named
}

fn only_survivors(panel: &Panel<'_>, source: &str, members: &[usize]) -> Option<String> {
    let mut present = vec![false; panel.len()];
    for &member in members {
        let has_rows = |row: usize, values: &Values<'_>| match values {
            Values::Numbers(numbers) => !numbers[row].is_nan() && numbers[row] != 0.0,
            Values::Counts { counts, .. } => counts[row] != UNKNOWN && counts[row] != 0,
            Values::Levels { codes, .. } => codes[row] != NO_LEVEL,
        };
        let values = panel.values(member);
        present.iter_mut().enumerate().for_each(|(row, present)| *present |= has_rows(row, &values));
    }
    let rows = present.iter().filter(|&&has| has).count();
    let events = present.iter().zip(&panel.outcome).filter(|(has, event)| **has && **event).count();
    let due = rows as f64 * panel.events() as f64 / panel.len() as f64;
    (due >= FEWEST_DUE && events as f64 <= TOLERATED * due).then(|| {
        let name = &panel.frame.features[members[0]].name;
        format!("`{name}`: of {rows} rows with `{source}` only {events} have the event, {due:.0} were due: rows that only survivors have")
    })
}

/// Whether the rows of `source` are, or hold, those of `named`: a table holds all of its levels.
fn contains(source: &str, named: &str) -> bool {
    source == named || named.strip_prefix(source).is_some_and(|rest| rest.starts_with(": "))
}

/// Whether a category, the missing values or a tail of the numbers all but decide the outcome.
fn written_later(panel: &Panel<'_>, values: &Values<'_>, name: &str) -> Option<String> {
    let rate = panel.events() as f64 / panel.len() as f64;
    let finding = |what: &str, rows: usize, events: usize| {
        let rows_f = rows as f64;
        let (others, due, other_due) = (rows - events, rows_f * rate, rows_f * (1.0 - rate));
        let none = due >= FEWEST_DUE && events as f64 <= TOLERATED * due;
        let all = other_due >= FEWEST_DUE && others as f64 <= TOLERATED * other_due;
        (none || all).then(|| {
            format!("of {rows} rows {what} {events} have the event, {due:.0} were due: `{name}` has no date and may have been written later")
        })
    };
    let count = |is_in: &dyn Fn(usize) -> bool| {
        let rows = (0..panel.len()).filter(|&row| is_in(row));
        rows.fold((0, 0), |(rows, events), row| (rows + 1, events + usize::from(panel.outcome[row])))
    };
    match values {
        Values::Levels { codes, levels } => {
            let of_level = |code: u32| {
                let (rows, events) = count(&|row| codes[row] == code);
                let level = levels.get(code as usize).map_or("without a value", String::as_str);
                finding(&format!("where `{name}` is {level}"), rows, events)
            };
            let known: BTreeSet<u32> = codes.iter().copied().collect();
            known.into_iter().find_map(of_level)
        }
        Values::Counts { .. } | Values::Numbers(_) => {
            let numbers = values.clone().into_numbers().unwrap_or_default();
            let sides = [(true, "without"), (false, "with")];
            let by_presence = sides.iter().find_map(|(missing, word)| {
                let (rows, events) = count(&|row| numbers[row].is_nan() == *missing);
                finding(&format!("{word} `{name}`"), rows, events)
            });
            by_presence.or_else(|| tail(panel, &numbers, name))
        }
    }
}

/// The largest upper tail of the numbers, or else the largest lower one, that is all but free of events, next to a tenth of
/// the rows in which they are no rarer than everywhere: no smooth risk ends like that.
fn tail(panel: &Panel<'_>, numbers: &[f64], name: &str) -> Option<String> {
    let known = (0u32..).zip(numbers).filter(|(_, number)| !number.is_nan());
    let mut ascending: Vec<(u64, u32)> = known.map(|(row, number)| (order::key(*number), row)).collect();
    ascending.sort_unstable();
    let descending = || ascending.chunk_by(|a, b| a.0 == b.0).rev().flatten();
    let of =
        |side, ends: &mut dyn Iterator<Item = &(u64, u32)>| end(panel, &ends.copied().collect::<Vec<_>>(), side, name);
    of("at least", &mut descending()).or_else(|| of("at most", &mut ascending.iter()))
}

/// The same of one end: numbers and rows from there on.
fn end(panel: &Panel<'_>, order: &[(u64, u32)], side: &str, name: &str) -> Option<String> {
    let rate = panel.events() as f64 / panel.len() as f64;
    let mut events = vec![0usize; order.len() + 1];
    for (at, &(_, row)) in order.iter().enumerate() {
        events[at + 1] = events[at] + usize::from(panel.outcome[row as usize]);
    }
    let beside = panel.len().div_ceil(10);
    let ends = |at: &usize| {
        let (rows, due) = (*at as f64, *at as f64 * rate);
        let is_edge = at + beside <= order.len() && order[*at].0 != order[at - 1].0;
        is_edge
            && rows > 0.0
            && due >= FEWEST_DUE
            && events[*at] as f64 <= TOLERATED * due
            && (events[at + beside] - events[*at]) as f64 >= beside as f64 * rate
    };
    let at = (1..order.len()).rev().find(ends)?;
    let (found, due, edge) = (events[at], at as f64 * rate, order::value(order[at - 1].0));
    Some(format!(
        "of {at} rows with `{name}` {side} {edge} {found} have the event, {due:.0} were due, and right beside them they are common: it has no date and may have been written later"
    ))
}

/// Bounds on the AUC of a feature that is a number, where there is enough of both outcomes.
pub(super) fn auc_bounds(panel: &Panel<'_>, counted: &Counted<'_>) -> Option<order::AucBounds> {
    let bounds = match (&counted.values, counted.tally()) {
        (_, Some(tally)) => exactly(tally)?,
        (Values::Numbers(numbers), None) => order::auc_bounds(&panel.outcome, numbers),
        _ => return None,
    };
    (bounds.events.min(bounds.others) >= RARE_LEVEL as u64).then_some(bounds)
}

fn exactly(tally: &Tally) -> Option<order::AucBounds> {
    let ([others, events], auc) = (tally.totals(), tally.auc()?);
    Some(order::AucBounds { events, others, low: auc, high: auc })
}

/// The feature's AUC in the better direction, among rows that have a value (categories by their event rate).
pub(super) fn auc_alone(panel: &Panel<'_>, counted: &Counted<'_>) -> Option<f64> {
    let (rows, scores): (Vec<usize>, Vec<f64>) = match &counted.values {
        Values::Counts { .. } => return auc_bounds(panel, counted).map(|bounds| bounds.better_at_most()),
        Values::Numbers(numbers) => {
            numbers.iter().enumerate().filter(|(_, value)| !value.is_nan()).map(|(row, value)| (row, *value)).unzip()
        }
        Values::Levels { codes, levels } => level_rates(&panel.outcome, codes, levels.len()),
    };
    let outcome: Vec<bool> = rows.iter().map(|&row| panel.outcome[row]).collect();
    let events = outcome.iter().filter(|&&event| event).count();
    if events.min(outcome.len() - events) < RARE_LEVEL {
        return None;
    }
    auc_value(&outcome, &scores).map(|auc| auc.max(1.0 - auc))
}

/// Rows with a category and its event rate; rare categories share one rate, as they share one term.
fn level_rates(outcome: &[bool], codes: &[u32], levels: usize) -> (Vec<usize>, Vec<f64>) {
    let mut counts = vec![(0usize, 0usize); levels + 1];
    let known = || codes.iter().enumerate().filter(|(_, code)| **code != NO_LEVEL);
    for (row, code) in known() {
        counts[*code as usize].0 += 1;
        counts[*code as usize].1 += usize::from(outcome[row]);
    }
    for level in 0..levels {
        if counts[level].0 < RARE_LEVEL {
            counts[levels].0 += counts[level].0;
            counts[levels].1 += counts[level].1;
        }
    }
    let rate = |code: u32| {
        let own = counts[code as usize];
        let (rows, events) = if own.0 < RARE_LEVEL { counts[levels] } else { own };
        events as f64 / rows as f64
    };
    known().map(|(row, code)| (row, rate(*code))).unzip()
}

/// Whether having a value, or having none, decides the outcome.
fn presence(panel: &Panel<'_>, counted: &Counted<'_>, name: &str) -> Option<String> {
    // [absent, present] × [no event, event]
    let table = match (&counted.values, &counted.kinds) {
        (_, Some((_, tally))) => [tally.unknown(), tally.totals()],
        (Values::Numbers(numbers), None) => by_presence(panel, |row| !numbers[row].is_nan()),
        (Values::Counts { counts, .. }, None) => by_presence(panel, |row| counts[row] != UNKNOWN),
        (Values::Levels { codes, .. }, None) => by_presence(panel, |row| codes[row] != NO_LEVEL),
    };
    let one_sided = |side: &usize| {
        let [others, events] = table[*side];
        others + events >= FEWEST_ROWS && others.min(events) == 0
    };
    let side = (0..2).find(one_sided)?;
    let p = fisher_exact(table[0][0], table[0][1], table[1][0], table[1][1]);
    if p >= SUSPICIOUS_P {
        return None;
    }
    let (rows, state) = (table[side][0] + table[side][1], ["without", "with"][side]);
    let outcome = if table[side][0] == 0 { "the event" } else { "no event" };
    Some(format!("all {rows} rows {state} `{name}` have {outcome} (Fisher p = {p:.0e})"))
}

fn by_presence(panel: &Panel<'_>, is_present: impl Fn(usize) -> bool) -> [[u64; 2]; 2] {
    let mut table = [[0u64; 2]; 2];
    for (row, &event) in panel.outcome.iter().enumerate() {
        table[usize::from(is_present(row))][usize::from(event)] += 1;
    }
    table
}
