//! `targets advise`: which horizon, gap and grace a target should have.
//!
//! 1. load, check, build the history;
//! 2. inactivity: how likely customers return after so many days of silence (Kaplan–Meier: who is still silent is not
//!    taken for lost);
//! 3. for each horizon, gap and grace beside the declared ones: base rate, AUC of a plain model, and how much of the
//!    declared list would stay.

use std::collections::BTreeSet;
use std::path::Path;

use super::explain::targets;
use super::{Failure, Ingested, ingest_history, train};
use crate::feature::{self, FeatureFrame, Plan};
use crate::label;
use crate::model;
use crate::observe;
use crate::progress::Progress;
use crate::project::{Project, Target, TargetKind, Terms};
use crate::rollup::History;
use crate::time::Day;

/// Days of silence the curve shows.
const SILENCES: [u32; 9] = [14, 30, 45, 60, 90, 120, 180, 270, 365];
/// Within how many days the return is looked for.
const RETURNS: [u32; 3] = [30, 90, 180];
/// A silence after which so few return within the longest look is as good as an end.
const GOOD_AS_GONE: f64 = 0.1;
/// Horizons, gaps and graces that are tried.
const HORIZONS: [u32; 6] = [30, 60, 90, 120, 180, 365];
const GAPS: [u32; 4] = [0, 7, 14, 30];
const GRACES: [u32; 4] = [0, 7, 14, 30];
/// Share of the list that is compared.
const LIST_SHARE: f64 = 0.1;

/// Advice on one target.
#[derive(Debug, Clone)]
pub struct Advice {
    /// The target.
    pub target: String,
    /// How likely customers return, by days of silence; empty unless the target is inactivity.
    pub curve: Vec<Silence>,
    /// The shortest silence after which hardly anybody returns.
    pub good_as_gone: Option<u32>,
    /// What other definitions would give; the declared one first.
    pub variants: Vec<Variant>,
}

/// A point of the return curve.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Silence {
    /// Days without a qualifying row.
    pub days: u32,
    /// Share of the pauses between rows that last longer.
    pub still_silent: f64,
    /// Probability to return within `RETURNS` more days; `None` where the data end before.
    pub returns: [Option<f64>; 3],
}

/// One definition and what it gives.
#[derive(Debug, Clone, PartialEq)]
pub struct Variant {
    /// Length of the label window.
    pub horizon_days: u32,
    /// Days before it.
    pub gap_days: u32,
    /// Days of grace.
    pub grace_days: u32,
    /// The cutoff it was measured at.
    pub as_of: Option<Day>,
    /// What it gives, or why nothing.
    pub given: Result<Given, String>,
}

/// What a definition gives.
#[derive(Debug, Clone, PartialEq)]
pub struct Given {
    /// Customers with a known outcome.
    pub customers: usize,
    /// Share with the outcome.
    pub base_rate: f64,
    /// AUC of a plain model on held-out customers, with its interval.
    pub auc: [Option<f64>; 3],
    /// Share of the declared definition's riskiest tenth that is in this one's too.
    pub same_list: Option<f64>,
}

/// Advises on one target, or all dated ones.
///
/// # Errors
/// [`Failure`] of any stage before the variants; what is wrong with a variant is told in its place.
pub fn advise(
    dir: &Path,
    target: Option<&str>,
    as_of: Option<Day>,
    progress: &Progress,
) -> Result<Vec<Advice>, Failure> {
    let (ingested, history) = ingest_history(dir, as_of, progress)?;
    let targets = targets(&ingested, target)?;
    let plan = Plan::new(&ingested.project, &ingested.checked)?;
    let tonight = feature::compute(&plan, &history, &[ingested.as_of], progress)?;
    let adviser = Adviser { ingested: &ingested, history: &history, plan: &plan, tonight: &tonight, progress };
    let is_dated = |name: &&String| ingested.project.targets[*name].kind != TargetKind::Column;
    targets.iter().filter(is_dated).map(|name| adviser.advise(name)).collect()
}

struct Adviser<'a> {
    ingested: &'a Ingested,
    history: &'a History,
    plan: &'a Plan,
    tonight: &'a FeatureFrame,
    progress: &'a Progress,
}

impl Adviser<'_> {
    fn advise(&self, name: &str) -> Result<Advice, Failure> {
        let declared = &self.ingested.project.targets[name];
        let known_until =
            observe::known_until(&self.ingested.project, name, &self.ingested.checked, self.ingested.as_of);
        let pauses = match declared.kind {
            TargetKind::Inactivity => {
                pauses(&label::qualifying_days(&self.ingested.project, name, self.history, known_until)?, known_until)
            }
            _ => Vec::new(),
        };
        let curve = if pauses.is_empty() { Vec::new() } else { curve(&pauses) };
        let gone = curve.iter().find(|silence| silence.returns[2].is_some_and(|returns| returns < GOOD_AS_GONE));
        let mut list = None;
        let mut variants = Vec::new();
        for (horizon_days, gap_days, grace_days) in definitions(declared) {
            let mut project = self.ingested.project.clone();
            let target = &mut project.targets[name];
            (target.horizon_days, target.gap_days, target.grace_days) = (Some(horizon_days), gap_days, grace_days);
            let (as_of, given) = self.measure(&project, name, known_until, &mut list)?;
            variants.push(Variant { horizon_days, gap_days, grace_days, as_of, given });
        }
        Ok(Advice { target: name.to_owned(), good_as_gone: gone.map(|silence| silence.days), curve, variants })
    }

    /// Trains a plain model of the variant on its latest mature cutoff.
    fn measure(
        &self,
        project: &Project,
        name: &str,
        known_until: Day,
        list: &mut Option<BTreeSet<u32>>,
    ) -> Result<(Option<Day>, Result<Given, String>), Failure> {
        let Some(&cutoff) = observe::mature_cutoffs(project, name, known_until).last() else {
            return Ok((None, Err("no cutoff is old enough".to_owned())));
        };
        let frame = feature::compute(self.plan, self.history, &[cutoff], self.progress)?;
        let labels = label::label(project, name, self.history, &frame, known_until)?;
        let request = model::TrainRequest { terms: Terms::Linear, ..train::request(self.ingested, name, false) };
        let trained = match model::train(&frame, &labels, &request, self.progress) {
            Ok(trained) => trained,
            Err(error) => return Ok((Some(cutoff), Err(error.to_string()))),
        };
        let top = self.top(project, name, &trained.model)?;
        let same_list =
            list.as_ref().map(|declared| declared.intersection(&top).count() as f64 / declared.len().max(1) as f64);
        list.get_or_insert(top);
        let metrics = &trained.evaluation.metrics;
        let given = Given {
            customers: trained.model.rows,
            base_rate: trained.model.base_rate(),
            auc: [metrics.auc, metrics.auc_low, metrics.auc_high],
            same_list,
        };
        Ok((Some(cutoff), Ok(given)))
    }

    /// The riskiest tenth of tonight's eligible customers.
    fn top(&self, project: &Project, name: &str, model: &model::Model) -> Result<BTreeSet<u32>, Failure> {
        let block = &self.tonight.blocks[0];
        let rows = std::iter::once((block.as_of, block.customer.as_slice()));
        let labels = label::label_rows(project, name, self.history, rows, block.as_of)?;
        let eligible = |row: &usize| labels.first().is_some_and(|labels| labels.eligible[*row]);
        let rows: Vec<usize> = (0..block.len()).filter(eligible).collect();
        let log_odds = model.explain(self.tonight, 0, &rows)?.log_odds;
        let mut order: Vec<usize> = (0..rows.len()).collect();
        order.sort_by(|&a, &b| log_odds[b].total_cmp(&log_odds[a]).then(a.cmp(&b)));
        let count = (rows.len() as f64 * LIST_SHARE).ceil();
        Ok(order
            .into_iter()
            .take_while({
                let mut taken = 0.0;
                move |_| {
                    taken += 1.0;
                    taken <= count
                }
            })
            .map(|position| block.customer[rows[position]])
            .collect())
    }
}

/// The declared definition, then those that differ from it in one number.
fn definitions(target: &Target) -> Vec<(u32, u32, u32)> {
    let declared = (target.horizon_days.unwrap_or(90), target.gap_days, target.grace_days);
    let (horizon, gap, grace) = declared;
    let horizons = HORIZONS.map(|horizon| (horizon, gap, grace));
    let gaps = GAPS.map(|gap| (horizon, gap, grace));
    let graces = GRACES.map(|grace| (horizon, gap, grace));
    let graces = graces.into_iter().filter(|_| target.kind == TargetKind::SubscriptionEnd);
    let mut all = vec![declared];
    for one in horizons.into_iter().chain(gaps).chain(graces) {
        if !all.contains(&one) {
            all.push(one);
        }
    }
    all
}

/// Days from one qualifying day to the next, and from the last to the end of what is known: (length, whether it ended).
fn pauses(days: &[Vec<i32>], known_until: Day) -> Vec<(i32, bool)> {
    let mut pauses = Vec::new();
    for own in days {
        pauses.extend(own.windows(2).map(|pair| (pair[1] - pair[0], true)).filter(|(length, _)| *length > 0));
        pauses.extend(own.last().map(|last| (known_until.epoch_days() - last, false)));
    }
    pauses.sort_unstable();
    pauses
}

/// The curve of sorted pauses.
fn curve(pauses: &[(i32, bool)]) -> Vec<Silence> {
    let survival = survival(pauses);
    let longest = pauses.last().map_or(0, |(length, _)| *length);
    let at = |days: u32| -> Option<f64> {
        let days = i32::try_from(days).ok().filter(|days| *days < longest)?;
        let after = survival.partition_point(|(length, _)| *length <= days);
        Some(after.checked_sub(1).map_or(1.0, |before| survival[before].1))
    };
    let point = |days: u32| {
        let still_silent = at(days).filter(|share| *share > 0.0)?;
        let returns = RETURNS.map(|more| at(days + more).map(|later| 1.0 - later / still_silent));
        Some(Silence { days, still_silent, returns })
    };
    SILENCES.into_iter().filter_map(point).collect()
}

/// Kaplan–Meier: share of the pauses longer than each length at which one ended.
fn survival(pauses: &[(i32, bool)]) -> Vec<(i32, f64)> {
    let mut at_risk = pauses.len() as f64;
    let mut share = 1.0;
    let mut steps = Vec::new();
    for equal in pauses.chunk_by(|a, b| a.0 == b.0) {
        let ended = equal.iter().filter(|(_, ended)| *ended).count() as f64;
        if ended > 0.0 {
            share *= 1.0 - ended / at_risk;
            steps.push((equal[0].0, share));
        }
        at_risk -= equal.len() as f64;
    }
    steps
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_still_silent_is_not_taken_for_lost() {
        // Pauses of 10, 20 and 40 days that ended, one of 30 that has not.
        let steps = survival(&[(10, true), (20, true), (30, false), (40, true)]);
        let lengths: Vec<i32> = steps.iter().map(|(length, _)| *length).collect();
        assert_eq!(lengths, [10, 20, 40]);
        assert!((steps[0].1 - 0.75).abs() < 1e-12 && (steps[1].1 - 0.5).abs() < 1e-12 && steps[2].1.abs() < 1e-12);
    }

    #[test]
    fn the_declared_definition_comes_first_and_once() {
        let target: Target =
            toml::from_str("kind = \"inactivity\"\ntable = \"orders\"\nhorizon_days = 90").expect("reads");
        let all = definitions(&target);
        assert_eq!(all[0], (90, 0, 0));
        assert_eq!(all.len(), 1 + 5 + 3);
    }
}
