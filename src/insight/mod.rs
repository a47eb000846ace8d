//! Insights: behaviours that go with outcomes, said so that they can be trusted.
//!
//! A behaviour (declared in the project file, or a feature cut in two) is measured strictly before a cutoff D; the
//! outcome (a target, the first purchase, revenue, a referral) in the window after it. Customers with and without the
//! behaviour are compared at equal tenure and segment ([`association`]); p-values are exact enough for small counts
//! (`permutation`), and Benjamini–Hochberg q-values say what they are worth after so many tries. What stands out on one
//! slice is called stable only if a later one, whose outcome window does not overlap, shows the same on its own.
//!
//! Declared and discovered behaviours are corrected as two families, so that what the machine tried by itself neither
//! costs nor lends the declared ones anything. Association is never called cause.

mod amounts;
pub mod association;
mod declared;
mod discovered;
mod error;
#[cfg(test)]
mod false_discovery_tests;
mod permutation;
mod question;
mod seen;
mod sentence;
mod slice;
mod table;
#[cfg(test)]
mod tests;
mod text;
mod words;

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::Arc;

use rayon::prelude::*;

pub use amounts::Amounts;
pub use error::Error;
pub use permutation::{Counts, exact_test};
pub use question::{Question, Subject, cutoffs, questions};
pub use sentence::Check;
pub use slice::Panel;
pub use table::{Insight, InsightTable};

use association::{Association, associate};
use declared::Declared;
use discovered::Cut;
use seen::Seen;
use slice::{Slice, Source};
use table::DISCOVERY_Q;

use crate::contract::Checked;
use crate::feature::{self, Census, CustomerIndex, FeatureBlock, FeatureFrame, Population};
use crate::label::{self, Labels};
use crate::observe;
use crate::progress::Progress;
use crate::project::Project;
use crate::rollup::{History, NEVER, Shards};
use crate::stats::benjamini_hochberg;
use crate::time::Day;

/// A behaviour held against one outcome, before the correction for how many were tried.
struct Trial<'a> {
    question: &'a Question,
    behaviour: String,
    words: String,
    family: String,
    is_declared: bool,
    cutoff: Day,
    sides: (u64, u64),
    found: Option<Association>,
    has_later: bool,
    later: Option<Association>,
    /// Position of the question, then declared before discovered.
    place: (usize, bool),
}

/// Everything `run` and `insights` publish: questions, their features and labels, and the behaviours held against them.
///
/// # Errors
/// [`Error`] if a declared behaviour cannot be measured, a table cannot be read, or no outcome is known yet.
pub fn compute(
    project: &Project,
    checked: &Checked,
    shards: &Shards,
    as_of: Day,
    progress: &Progress,
) -> Result<InsightTable, Error> {
    let stage = progress.stage("insights", None)?;
    let known_until = |target: &str| observe::known_until(project, target, checked, as_of);
    let questions = questions(project, checked, as_of, &known_until);
    let plan = feature::Plan::new(project, checked)?;
    let days = cutoffs(&questions);
    let census = Census::of(&plan, shards, &days)?;
    let sample = sample(&shards.customers);
    let mut measured = Measured::default();
    shards.each(|history| {
        let known = |as_of: &Day| history.known_before(as_of.epoch_days());
        let sampled = |as_of: &Day| known(as_of).into_iter().filter(|customer| sample[*customer as usize]).collect();
        let populations = days.iter().map(|as_of| Population { as_of: *as_of, customers: sampled(as_of) }).collect();
        let cut = feature::compute_shard(&plan, &census, history, populations, progress)?;
        // Declared behaviours need no features: they are held against everybody.
        let block = |as_of: &Day| FeatureBlock { as_of: *as_of, customer: known(as_of), columns: Vec::new() };
        let blocks = days.iter().map(block).collect();
        let everybody = FeatureFrame { customers: Arc::clone(&history.customers), features: Vec::new(), blocks };
        let label = |features: &FeatureFrame| -> Result<Vec<Labels>, Error> {
            let of = |target: &String| label::label(project, target, history, features, known_until(target));
            Ok(project.targets.keys().map(of).collect::<Result<_, _>>()?)
        };
        let labels = [label(&everybody)?, label(&cut)?];
        measured.append([everybody, cut], labels, history);
        Ok::<(), Error>(())
    })?;
    stage.advance(0)?;
    let declared = declared(project, checked)?;
    let seen = Seen::read(project, checked, &shards.customers, &questions, as_of)?;
    stage.advance(0)?;
    let mut trials = Vec::new();
    for ((features, labels), declared) in measured.frames.iter().zip(&measured.labels).zip([declared.as_slice(), &[]]) {
        let panel = Panel { features, labels, since: &measured.since };
        trials.extend(trials_on(&Source { project, seen: &seen, panel }, &questions, declared)?);
        stage.advance(0)?;
    }
    if trials.is_empty() {
        return Err(Error::NoOutcome);
    }
    Ok(InsightTable { rows: insights(&trials), matched_on: matched_on(project, checked, &questions) })
}

/// What behaviours are held against: everybody, for declared ones, and a sample with its features.
#[derive(Default)]
struct Measured {
    frames: [FeatureFrame; 2],
    /// The outcomes of their rows, by target.
    labels: [Vec<Labels>; 2],
    /// Since when each customer has been known.
    since: Vec<i32>,
}

impl Measured {
    /// Adds those of later customers.
    fn append(&mut self, frames: [FeatureFrame; 2], labels: [Vec<Labels>; 2], history: &History) {
        self.frames.iter_mut().zip(frames).for_each(|(own, later)| own.append(later));
        for (own, later) in self.labels.iter_mut().zip(labels) {
            if own.is_empty() {
                *own = later;
            } else {
                own.iter_mut().zip(later).for_each(|(own, later)| own.append(later));
            }
        }
        self.since.resize(history.first_seen.len(), NEVER);
        for (since, (seen, signup)) in self.since.iter_mut().zip(history.first_seen.iter().zip(&history.signup)) {
            *since = *seen.min(signup).min(since);
        }
    }
}

/// Features are cut on a sample of about so many customers: enough to find what is worth telling, at a bounded price.
pub const SAMPLE: usize = 20_000;

/// Who is in the sample, by customer number: everybody if they are few, else by a hash of the id, so that it is the
/// same customers every night.
fn sample(customers: &CustomerIndex) -> Vec<bool> {
    let share = SAMPLE as f64 / customers.ids.len().max(1) as f64;
    let place = |id: &String| {
        let hash = blake3::hash(id.as_bytes());
        let bytes: [u8; 8] = std::array::from_fn(|position| hash.as_bytes()[position]);
        u64::from_be_bytes(bytes) as f64 / u64::MAX as f64
    };
    customers.ids.par_iter().map(|id| share >= 1.0 || place(id) < share).collect()
}

fn declared<'a>(project: &'a Project, checked: &'a Checked) -> Result<Vec<Declared<'a>>, Error> {
    project.behaviours.iter().map(|(name, behaviour)| Declared::new(name, behaviour, checked)).collect()
}

/// What customers who are compared have in common: how long they have been customers, where there are dates, and the
/// project's segments.
fn matched_on(project: &Project, checked: &Checked, questions: &[Question]) -> Vec<String> {
    let tenure = questions.iter().any(|question| question.is_dated).then(|| "tenure".to_owned());
    tenure.into_iter().chain(seen::segment_names(project, checked).into_iter().map(str::to_owned)).collect()
}

/// Holds all behaviours against all questions.
///
/// The panel carries features and labels at [`cutoffs`] of the questions. A slice without anybody in it falls back:
/// without an earlier slice the later one finds, and nothing is called stable.
///
/// # Errors
/// [`Error`] if a declared behaviour cannot be measured or a table cannot be read.
pub fn compute_on(
    project: &Project,
    checked: &Checked,
    panel: Panel<'_>,
    questions: &[Question],
    as_of: Day,
) -> Result<InsightTable, Error> {
    let seen = Seen::read(project, checked, &panel.features.customers, questions, as_of)?;
    let source = Source { project, seen: &seen, panel };
    let trials = trials_on(&source, questions, &declared(project, checked)?)?;
    Ok(InsightTable { rows: insights(&trials), matched_on: matched_on(project, checked, questions) })
}

fn trials_on<'a>(
    source: &Source<'_>,
    questions: &'a [Question],
    declared: &[Declared<'_>],
) -> Result<Vec<Trial<'a>>, Error> {
    let mut trials = Vec::new();
    let mut shown = Shown::default();
    for (place, question) in questions.iter().enumerate() {
        let (first, later) = slices(source, question);
        let Some(first) = first else { continue };
        for slice in [Some(&first), later.as_ref()].into_iter().flatten() {
            shown.look(declared, slice.cutoff, &source.panel.features.customers)?;
        }
        trials.extend(declared_trials(source, (place, question), declared, &shown, &first, later.as_ref()));
        trials.extend(discovered_trials(source, (place, question), &first, later.as_ref()));
    }
    Ok(trials)
}

/// Who showed the declared behaviours, by cutoff: outcomes share cutoffs, and tables are read once for each.
#[derive(Default)]
struct Shown(BTreeMap<Day, Vec<Vec<Option<bool>>>>);

impl Shown {
    fn look(&mut self, declared: &[Declared<'_>], cutoff: Day, customers: &CustomerIndex) -> Result<(), Error> {
        if let Entry::Vacant(vacant) = self.0.entry(cutoff) {
            vacant.insert(declared::shown_by_all(declared, cutoff, customers)?);
        }
        Ok(())
    }

    fn on(&self, slice: &Slice, behaviour: usize) -> Vec<Option<bool>> {
        let shown = self.0.get(&slice.cutoff).and_then(|behaviours| behaviours.get(behaviour));
        slice.customers.iter().map(|customer| shown.and_then(|shown| shown[*customer as usize])).collect()
    }
}

/// The slice that finds, and the one that checks.
fn slices(source: &Source<'_>, question: &Question) -> (Option<Slice>, Option<Slice>) {
    let first = source.slice(question, question.cutoff);
    let later = question.later.and_then(|later| source.slice(question, later));
    if first.is_some() { (first, later) } else { (later, None) }
}

fn declared_trials<'a>(
    source: &Source<'_>,
    question: (usize, &'a Question),
    declared: &[Declared<'_>],
    shown: &Shown,
    first: &Slice,
    later: Option<&Slice>,
) -> Vec<Trial<'a>> {
    let trial = |(position, behaviour): (usize, &Declared<'_>)| {
        let subject = (behaviour.name.to_owned(), behaviour.words(), String::new(), true);
        let later = later.map(|slice| (slice, shown.on(slice, position)));
        trial(source, question, subject, (first, shown.on(first, position)), later)
    };
    declared.par_iter().enumerate().map(trial).collect()
}

fn discovered_trials<'a>(
    source: &Source<'_>,
    question: (usize, &'a Question),
    first: &Slice,
    later: Option<&Slice>,
) -> Vec<Trial<'a>> {
    let frame = source.panel.features;
    let cuts = discovered::cuts(&frame.features, &frame.blocks[first.block], &first.rows);
    let trial = |cut: &Cut| {
        let on = |slice: &Slice| cut.shown(&frame.blocks[slice.block], &slice.rows);
        let info = &frame.features[cut.feature];
        // Attributes have nothing in common but being attributes.
        let family = if info.family == "attribute" { &info.name } else { &info.family };
        let subject = (cut.name.clone(), cut.words(info), family.clone(), false);
        trial(source, question, subject, (first, on(first)), later.map(|slice| (slice, on(slice))))
    };
    cuts.par_iter().map(trial).collect()
}

/// Name, words, family, whether declared.
type Behaviour = (String, String, String, bool);

fn trial<'a>(
    source: &Source<'_>,
    (index, question): (usize, &'a Question),
    (behaviour, words, family, is_declared): Behaviour,
    (first, now): (&Slice, Vec<Option<bool>>),
    later: Option<(&Slice, Vec<Option<bool>>)>,
) -> Trial<'a> {
    let place = (index, !is_declared);
    let smallest = u64::from(source.project.kpi.min_n.max(1));
    let side = |answer: bool| now.iter().filter(|shown| **shown == Some(answer)).count() as u64;
    let sides = (side(true), side(false));
    let compare = |slice: &Slice, shown: &[Option<bool>]| associate(shown, &slice.outcomes, &slice.strata);
    let found = if sides.0.min(sides.1) < smallest { None } else { compare(first, &now) };
    let has_later = later.is_some();
    let later = later.and_then(|(slice, then)| compare(slice, &then));
    let cutoff = first.cutoff;
    Trial { question, behaviour, words, family, is_declared, cutoff, sides, found, has_later, later, place }
}

/// Corrects each family for all that was tried in it, checks what stands out, and puts it into words.
fn insights(trials: &[Trial<'_>]) -> Vec<Insight> {
    let p_of = |trial: &Trial<'_>, declared: bool| {
        trial.found.filter(|_| trial.is_declared == declared).map_or(f64::NAN, |found| found.p)
    };
    let q_of =
        |declared: bool| benjamini_hochberg(&trials.iter().map(|trial| p_of(trial, declared)).collect::<Vec<_>>());
    let (declared, discovered) = (q_of(true), q_of(false));
    let q = |index: usize| if trials[index].is_declared { declared[index] } else { discovered[index] };
    let mut rows: Vec<(&Trial<'_>, Insight)> = trials
        .iter()
        .enumerate()
        .map(|(index, trial)| (trial, insight(trial, Some(q(index)).filter(|q| !q.is_nan()))))
        .collect();
    rows.sort_by(|(left_trial, left), (right_trial, right)| {
        left_trial.place.cmp(&right_trial.place).then_with(|| left.cmp_by_evidence(right))
    });
    rows.into_iter().map(|(_, row)| row).collect()
}

fn insight(trial: &Trial<'_>, q: Option<f64>) -> Insight {
    let is_discovery = q.is_some_and(|q| q <= DISCOVERY_Q);
    let check = if is_discovery { check(trial) } else { Check::NotDue };
    let sentence = match &trial.found {
        Some(found) => sentence::sentence(&trial.words, trial.question, found, is_discovery, check),
        None => sentence::too_few(&trial.words, trial.sides.0, trial.sides.1),
    };
    Insight {
        behaviour: trial.behaviour.clone(),
        is_declared: trial.is_declared,
        family: trial.family.clone(),
        outcome: trial.question.outcome.clone(),
        outcome_words: trial.question.words.clone(),
        cutoff: trial.cutoff,
        later: trial.question.later.filter(|_| trial.has_later),
        is_dated: trial.question.is_dated,
        is_revenue: trial.question.subject == Subject::Revenue,
        n_with: trial.sides.0,
        n_without: trial.sides.1,
        found: trial.found,
        q,
        check,
        sentence,
    }
}

/// Held: the later slice is significant by itself (p ≤ .05) and points the same way.
fn check(trial: &Trial<'_>) -> Check {
    if !trial.question.is_dated {
        return Check::NotDue;
    }
    if !trial.has_later {
        return Check::NotYet;
    }
    let direction = |found: Association| found.rate_with.total_cmp(&found.rate_without);
    let same_way = |later: Association| {
        let ratios = trial.found.and_then(|found| found.ratio).zip(later.ratio);
        ratios.map_or(trial.found.map(direction) == Some(direction(later)), |(a, b)| (a > 1.0) == (b > 1.0))
    };
    match trial.later {
        Some(later) if later.p <= 0.05 && same_way(later) => later.ratio.map_or(Check::DidNotHold(None), Check::Held),
        later => Check::DidNotHold(later.and_then(|found| found.ratio)),
    }
}
