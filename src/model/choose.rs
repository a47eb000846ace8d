//! The choice of shape: which recipe does best on rows it was not fitted on, and is no more complicated than it must be.
//!
//! Only training rows are looked at (see [`Holdout`]); every transform, bin and tree is learnt anew on the rows each part is
//! fitted on. Of variants that do about as well (within one paired standard error, clustered by customer, and within
//! 0.0005 of log loss) the steadier wins: the stronger penalty, the fewer rules, the simpler family. A strong penalty costs
//! nothing while the customers stay as they were and much less when they do not.

use super::boost::{Booster, TreeRecipe};
use super::explain::{log_odds, probability};
use super::fit::Effort;
use super::folds::customer_fold;
use super::holdout::Holdout;
use super::panel::{Panel, Values};
use super::recipe::{Base, Recipe, fit_recipe};
use super::tree::Tree;
use super::{Basis, Candidate, Error, Matrix};
use crate::evaluate::{auc, log_loss, paired_difference};
use crate::progress::Stage;
use crate::project::Terms;

/// Ridge penalties tried for single-feature terms, from the strongest; those after the first that does worse are not.
const PENALTIES: [f64; 5] = [10_000.0, 1000.0, 100.0, 10.0, 1.0];
/// Numbers of trees tried, read off one path.
const TREES: [usize; 6] = [20, 60, 120, 200, 300, 400];
/// Log loss that one step of the path must gain; after two steps that do not, or one that loses half of it, growing stops.
const WORTH_GROWING: f64 = 0.0002;
/// Depths tried.
const DEPTHS: [usize; 3] = [1, 2, 3];
/// Penalty that holds the leaves at the values boosting gave them, all but exactly.
const HELD: f64 = 1e4;
/// Looser penalties tried for the best depth, unless its leaves are too many for it to pay.
const LEAF_PENALTIES: [f64; 2] = [300.0, 30.0];
/// Leaves whose coefficients are fitted anew under looser penalties, at most.
const MOST_LOOSE_LEAVES: usize = 600;
/// Rows that models to be compared are fitted on, at most: enough to tell shapes apart.
const ROWS_TO_SEARCH_ON: usize = 100_000;
/// Log loss given up for a steadier variant, at most.
const GIVEN_UP: f64 = 0.0005;

/// The held-out rows and what the chosen recipe says about them.
#[derive(Debug, Clone)]
pub struct Chosen {
    /// The recipe.
    pub recipe: Recipe,
    /// Held-out rows, as positions in the panel, ascending.
    pub rows: Vec<usize>,
    /// Their raw log-odds by models fitted without them.
    pub log_odds: Vec<f64>,
    /// Everything that was tried.
    pub candidates: Vec<Candidate>,
}

/// A recipe and the log-odds it gave the held-out rows.
#[derive(Debug, Clone)]
struct Tried {
    recipe: Recipe,
    log_odds: Vec<f64>,
    losses: Vec<f64>,
    loss: f64,
}

/// Chooses a recipe for the panel.
///
/// # Errors
/// [`Error`] when a fit fails or the user cancels.
pub fn choose(
    panel: &Panel<'_>,
    positions: &[usize],
    holdout: &Holdout,
    terms: Terms,
    stage: &Stage,
) -> Result<Chosen, Error> {
    let search = Search::new(panel, positions, holdout, stage);
    let (search, families) = match terms {
        Terms::Linear => {
            let only = search.plain(Recipe::LINEAR)?;
            (search, vec![vec![only]])
        }
        Terms::Auto => search.families()?,
    };
    Ok(search.decide(&families))
}

/// Trees of one depth, by part, and how different numbers of them did.
struct Path {
    tried: Vec<Tried>,
    grown: Vec<Vec<Tree>>,
}

struct Search<'a, 'b> {
    positions: &'a [usize],
    stage: &'a Stage,
    /// Rows to fit on, rows to judge by.
    parts: Vec<(Panel<'b>, Panel<'b>)>,
    /// Judged rows, part after part.
    judged: Vec<usize>,
    outcome: Vec<bool>,
    customer: Vec<u32>,
}

/// Terms learnt on one part's rows, and their columns for the rows that judge.
struct Prepared {
    base: Base,
    judged: Matrix,
}

impl<'a, 'b> Search<'a, 'b> {
    fn new(panel: &'a Panel<'b>, positions: &'a [usize], holdout: &Holdout, stage: &'a Stage) -> Self {
        let parts = holdout.parts.iter().map(|(fit, judge)| (panel.subset(fit), panel.subset(judge))).collect();
        let judged: Vec<usize> = holdout.parts.iter().flat_map(|(_, judge)| judge.iter().copied()).collect();
        let outcome = judged.iter().map(|&row| panel.outcome[row]).collect();
        let customer = judged.iter().map(|&row| panel.customer[row]).collect();
        Self { positions, stage, parts, judged, outcome, customer }
    }

    /// From simple to flexible, each family with its own variants from the steadiest.
    fn families(mut self) -> Result<(Self, Vec<Vec<Tried>>), Error> {
        for (fit, _) in &mut self.parts {
            *fit = thinned(fit, ROWS_TO_SEARCH_ON);
        }
        let straight = self.prepared(Basis::Line)?;
        let lines = self.penalties(&straight, Basis::Line)?;
        let bent = self.prepared(Basis::Hinges)?;
        let hinges = self.penalties(&bent, Basis::Hinges)?;
        let (line, hinge) = (self.steady(&lines), self.steady(&hinges));
        let (base, prepared) = if line.loss <= hinge.loss { (line.recipe, straight) } else { (hinge.recipe, bent) };
        let paths = self.paths(base, &prepared)?;
        let mut families = vec![lines, hinges];
        families.extend(paths.iter().map(|path| path.tried.clone()));
        let leader = paths.iter().zip(2..).min_by(|(a, _), (b, _)| best(&a.tried).loss.total_cmp(&best(&b.tried).loss));
        if let Some((path, family)) = leader {
            let looser = self.refitted(self.steady(&path.tried).recipe, &prepared, &path.grown)?;
            families[family].extend(looser);
        }
        Ok((self, families))
    }

    fn prepared(&self, basis: Basis) -> Result<Vec<Prepared>, Error> {
        let of_part = |(fit, judge): &(Panel<'b>, Panel<'b>)| {
            let base = Base::learn(fit, self.positions, basis)?;
            let judged = base.columns(judge);
            Ok(Prepared { base, judged })
        };
        self.parts.iter().map(of_part).collect()
    }

    /// One recipe, each part fitted to the certificate.
    fn plain(&self, recipe: Recipe) -> Result<Tried, Error> {
        let mut found = Vec::with_capacity(self.judged.len());
        for (fit, judge) in &self.parts {
            self.stage.advance(1)?;
            let model = fit_recipe(fit, self.positions, &recipe)?.model;
            found.extend(model.explain_rows(judge.frame, &judge.rows)?.log_odds);
        }
        Ok(self.tried(recipe, found))
    }

    /// The terms of single features under falling penalties, each fit the start of the next, until the loss rises.
    fn penalties(&self, prepared: &[Prepared], basis: Basis) -> Result<Vec<Tried>, Error> {
        let mut last: Vec<Option<_>> = vec![None; prepared.len()];
        let mut all: Vec<Tried> = Vec::new();
        for penalty in PENALTIES {
            let mut found = Vec::with_capacity(self.judged.len());
            for (((fit, _), prepared), last) in self.parts.iter().zip(prepared).zip(&mut last) {
                self.stage.advance(1)?;
                let fitted = prepared.base.fit(fit, penalty, last.as_ref(), Effort::Search)?;
                let mut margin = vec![0.0; prepared.judged.rows];
                prepared.judged.multiply(&fitted.coefficients, fitted.intercept, 0, &mut margin);
                found.extend(margin.into_iter().map(clamped));
                *last = Some(fitted);
            }
            let tried = self.tried(Recipe { basis, penalty, trees: None }, found);
            let rises = all.last().is_some_and(|before| tried.loss > before.loss);
            all.push(tried);
            if rises {
                break;
            }
        }
        Ok(all)
    }

    fn tried(&self, recipe: Recipe, log_odds: Vec<f64>) -> Tried {
        let losses: Vec<f64> =
            log_odds.iter().zip(&self.outcome).map(|(x, &event)| log_loss(event, probability(*x))).collect();
        let loss = losses.iter().sum::<f64>() / losses.len() as f64;
        Tried { recipe, log_odds, losses, loss }
    }

    /// Grows trees of every depth for every part and reads off how different numbers of them do.
    fn paths(&self, base: Recipe, prepared: &[Prepared]) -> Result<Vec<Path>, Error> {
        let mut grown: Vec<Vec<Vec<Tree>>> = vec![Vec::new(); DEPTHS.len()];
        let mut read: Vec<Vec<Vec<f64>>> = vec![vec![Vec::new(); TREES.len()]; DEPTHS.len()];
        for ((fit, judge), prepared) in self.parts.iter().zip(prepared) {
            let fitted = prepared.base.fit(fit, base.penalty, None, Effort::Search)?;
            let mut margin = vec![0.0; judge.len()];
            prepared.judged.multiply(&fitted.coefficients, fitted.intercept, 0, &mut margin);
            let booster = prepared.base.booster(fit, &fitted);
            let values = prepared.base.values(judge);
            for ((depth, grown), read) in DEPTHS.iter().zip(&mut grown).zip(&mut read) {
                self.stage.advance(1)?;
                grown.push(grow_path(booster.clone(), *depth, &judge.outcome, &values, margin.clone(), read));
            }
        }
        let recipe = |depth, trees| Recipe { trees: Some(TreeRecipe { depth, trees, leaf_penalty: HELD }), ..base };
        let mut paths = Vec::new();
        for ((&depth, grown), read) in DEPTHS.iter().zip(grown).zip(read) {
            let tried = TREES.iter().zip(read).map(|(&trees, read)| self.tried(recipe(depth, trees), read)).collect();
            paths.push(Path { tried, grown });
        }
        Ok(paths)
    }

    /// The recipe with its leaves' coefficients fitted anew under looser penalties.
    fn refitted(&self, recipe: Recipe, prepared: &[Prepared], grown: &[Vec<Tree>]) -> Result<Vec<Tried>, Error> {
        let trees = recipe.trees.map_or(0, |trees| trees.trees);
        let leaves = |grown: &Vec<Tree>| grown.iter().take(trees).map(|tree| tree.leaves).sum::<usize>();
        if grown.iter().any(|grown| leaves(grown) > MOST_LOOSE_LEAVES) {
            return Ok(Vec::new());
        }
        let looser = |leaf_penalty: f64| {
            let trees = recipe.trees.map(|trees| TreeRecipe { leaf_penalty, ..trees });
            Recipe { trees, ..recipe }
        };
        let mut found: Vec<Vec<f64>> = vec![Vec::with_capacity(self.judged.len()); LEAF_PENALTIES.len()];
        for (((fit, judge), prepared), all) in self.parts.iter().zip(prepared).zip(grown) {
            let start = prepared.base.fit(fit, recipe.penalty, None, Effort::Search)?;
            for (penalty, found) in LEAF_PENALTIES.iter().zip(&mut found) {
                self.stage.advance(1)?;
                let few = all.iter().take(trees).cloned().collect();
                let refit = prepared.base.clone().refit(fit, &looser(*penalty), &start, few, Effort::Search)?;
                found.extend(refit.model.explain_rows(judge.frame, &judge.rows)?.log_odds);
            }
        }
        let pairs = LEAF_PENALTIES.iter().zip(found);
        Ok(pairs.map(|(penalty, found)| self.tried(looser(*penalty), found)).collect())
    }

    /// Whether a variant does about as well as the best.
    fn is_close(&self, tried: &Tried, best: &Tried) -> bool {
        let difference = paired_difference(&tried.losses, &best.losses, &self.customer);
        difference.mean <= difference.standard_error.min(GIVEN_UP)
    }

    /// The first variant of a family that does about as well as its best.
    fn steady<'t>(&self, family: &'t [Tried]) -> &'t Tried {
        let best = best(family);
        family.iter().find(|tried| self.is_close(tried, best)).unwrap_or(best)
    }

    /// The steady variant of the simplest family that does about as well as the best of all.
    fn decide(&self, families: &[Vec<Tried>]) -> Chosen {
        let leaders: Vec<&Tried> = families.iter().map(|family| self.steady(family)).collect();
        let winner = leaders.iter().copied().min_by(|a, b| a.loss.total_cmp(&b.loss)).unwrap_or(leaders[0]);
        let chosen = leaders.iter().copied().find(|tried| self.is_close(tried, winner)).unwrap_or(winner);
        let candidates = families.iter().flatten().map(|tried| self.candidate(tried, tried.recipe == chosen.recipe));
        let mut order: Vec<usize> = (0..self.judged.len()).collect();
        order.sort_by_key(|&at| self.judged[at]);
        Chosen {
            recipe: chosen.recipe,
            rows: order.iter().map(|&at| self.judged[at]).collect(),
            log_odds: order.iter().map(|&at| chosen.log_odds[at]).collect(),
            candidates: candidates.collect(),
        }
    }

    fn candidate(&self, tried: &Tried, chosen: bool) -> Candidate {
        Candidate {
            shape: tried.recipe.name(),
            penalty: tried.recipe.penalty,
            trees: tried.recipe.trees.map_or(0, |trees| trees.trees),
            leaf_penalty: tried.recipe.trees.map(|trees| trees.leaf_penalty),
            log_loss: tried.loss,
            auc: auc(&self.outcome, &tried.log_odds).map_or(0.5, |auc| auc.value),
            chosen,
        }
    }
}

/// Grows trees and adds, for every number of them in [`TREES`], the judged rows' log-odds after so many. Growing stops when
/// two steps have hardly lowered the judged loss, or one has raised it; what is missing of the path repeats its end.
fn grow_path(
    mut booster: Booster,
    depth: usize,
    outcome: &[bool],
    values: &[Values<'_>],
    mut margin: Vec<f64>,
    read: &mut [Vec<f64>],
) -> Vec<Tree> {
    let loss = |margin: &[f64]| -> f64 {
        margin.iter().zip(outcome).map(|(x, &event)| log_loss(event, probability(*x))).sum()
    };
    let mut trees: Vec<Tree> = Vec::new();
    let (mut last, mut idle) = (loss(&margin), 0);
    for (count, read) in TREES.iter().zip(read) {
        let more = if idle < 2 { booster.extend(depth, count - trees.len().min(*count)) } else { Vec::new() };
        for tree in &more {
            let leaves = tree.values();
            let reached = tree.leaves_of(values, margin.len());
            margin.iter_mut().zip(reached).for_each(|(sum, leaf)| *sum += leaves[leaf as usize]);
        }
        trees.extend(more);
        let (now, worth) = (loss(&margin), WORTH_GROWING * margin.len() as f64);
        idle = match last - now {
            gain if gain < -0.5 * worth => idle + 2,
            gain if gain < worth => idle + 1,
            _ => 0,
        };
        last = now;
        read.extend(margin.iter().map(|x| clamped(*x)));
    }
    trees
}

fn clamped(log_odds_of_row: f64) -> f64 {
    log_odds_of_row.clamp(log_odds(0.0), log_odds(1.0))
}

/// At most about `most` of the rows, whole customers, by a hash of their ids.
fn thinned<'b>(panel: &Panel<'b>, most: usize) -> Panel<'b> {
    let share = panel.len().div_ceil(most).max(1);
    let ids = &panel.frame.customers.ids;
    let chosen = |row: &usize| share == 1 || customer_fold(&ids[panel.customer[*row] as usize], share) == 0;
    let rows: Vec<usize> = (0..panel.len()).filter(chosen).collect();
    panel.subset(&rows)
}

fn best(tried: &[Tried]) -> &Tried {
    tried.iter().min_by(|a, b| a.loss.total_cmp(&b.loss)).unwrap_or(&tried[0])
}
