//! The choice of shape: which recipe does best on rows it was not fitted on, and is no more complicated than it must be.
//!
//! Only training rows are looked at (see [`Holdout`]); every transform, bin and tree is learnt anew on the rows each part is
//! fitted on. A simpler family wins when its loss is within one standard error (paired, clustered by customer) of the best.

use super::boost::{Booster, TreeRecipe};
use super::explain::{log_odds, probability};
use super::fit::Effort;
use super::folds::customer_fold;
use super::holdout::Holdout;
use super::panel::{Panel, Values};
use super::recipe::{Base, Recipe, fit_recipe};
use super::tree::Tree;
use super::{Basis, Candidate, Error};
use crate::evaluate::{auc, log_loss, paired_difference};
use crate::progress::Stage;
use crate::project::Terms;

/// Ridge penalties tried for single-feature terms.
const PENALTIES: [f64; 4] = [1.0, 10.0, 100.0, 1000.0];
/// Numbers of trees tried, read off one path.
const TREES: [usize; 5] = [30, 75, 150, 225, 300];
/// Depths tried.
const DEPTHS: [usize; 3] = [1, 2, 3];
/// Penalty that holds the leaves at the values boosting gave them, all but exactly.
const HELD: f64 = 1e4;
/// Looser penalties tried for the best depth.
const LEAF_PENALTIES: [f64; 2] = [300.0, 30.0];
/// Rows that models to be compared are fitted on, at most: enough to tell shapes apart.
const ROWS_TO_SEARCH_ON: usize = 60_000;

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

impl<'a, 'b> Search<'a, 'b> {
    fn new(panel: &'a Panel<'b>, positions: &'a [usize], holdout: &Holdout, stage: &'a Stage) -> Self {
        let parts = holdout.parts.iter().map(|(fit, judge)| (panel.subset(fit), panel.subset(judge))).collect();
        let judged: Vec<usize> = holdout.parts.iter().flat_map(|(_, judge)| judge.iter().copied()).collect();
        let outcome = judged.iter().map(|&row| panel.outcome[row]).collect();
        let customer = judged.iter().map(|&row| panel.customer[row]).collect();
        Self { positions, stage, parts, judged, outcome, customer }
    }

    /// From simple to flexible, each family with its own variants.
    fn families(mut self) -> Result<(Self, Vec<Vec<Tried>>), Error> {
        for (fit, _) in &mut self.parts {
            *fit = thinned(fit, ROWS_TO_SEARCH_ON);
        }
        let lines = self.penalties(Basis::Line)?;
        let hinges = self.penalties(Basis::Hinges)?;
        let base = [best(&lines), best(&hinges)].into_iter().min_by(|a, b| a.loss.total_cmp(&b.loss));
        let base = base.map_or(Recipe::LINEAR, |tried| tried.recipe);
        let paths = self.paths(base)?;
        let mut families = vec![lines, hinges];
        families.extend(paths.iter().map(|path| path.tried.clone()));
        let leader = paths.iter().zip(2..).min_by(|(a, _), (b, _)| best(&a.tried).loss.total_cmp(&best(&b.tried).loss));
        if let Some((path, family)) = leader {
            let looser = self.refitted(best(&path.tried).recipe, &path.grown)?;
            families[family].extend(looser);
        }
        Ok((self, families))
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

    /// The terms of single features under every penalty, the strongest first and each the start of the next.
    fn penalties(&self, basis: Basis) -> Result<Vec<Tried>, Error> {
        let recipe = |penalty: f64| Recipe { basis, penalty, trees: None };
        let mut found: Vec<Vec<f64>> = vec![Vec::with_capacity(self.judged.len()); PENALTIES.len()];
        for (fit, judge) in &self.parts {
            let base = Base::learn(fit, self.positions, basis)?;
            let mut last = None;
            for (penalty, found) in PENALTIES.iter().zip(&mut found).rev() {
                self.stage.advance(1)?;
                let fitted = base.fit(fit, *penalty, last.as_ref(), Effort::Search)?;
                let model = base.model(fit, &recipe(*penalty), &fitted);
                found.extend(model.explain_rows(judge.frame, &judge.rows)?.log_odds);
                last = Some(fitted);
            }
        }
        Ok(PENALTIES.iter().zip(found).map(|(penalty, found)| self.tried(recipe(*penalty), found)).collect())
    }

    fn tried(&self, recipe: Recipe, log_odds: Vec<f64>) -> Tried {
        let losses: Vec<f64> =
            log_odds.iter().zip(&self.outcome).map(|(x, &event)| log_loss(event, probability(*x))).collect();
        let loss = losses.iter().sum::<f64>() / losses.len() as f64;
        Tried { recipe, log_odds, losses, loss }
    }

    /// Grows trees of every depth for every part and reads off how different numbers of them do.
    fn paths(&self, base: Recipe) -> Result<Vec<Path>, Error> {
        let mut grown: Vec<Vec<Vec<Tree>>> = vec![Vec::new(); DEPTHS.len()];
        let mut read: Vec<Vec<Vec<f64>>> = vec![vec![Vec::new(); TREES.len()]; DEPTHS.len()];
        for (fit, judge) in &self.parts {
            let terms = Base::learn(fit, self.positions, base.basis)?;
            let fitted = terms.fit(fit, base.penalty, None, Effort::Search)?;
            let margin = terms.model(fit, &base, &fitted).explain_rows(judge.frame, &judge.rows)?.log_odds;
            let booster = terms.booster(fit, &fitted);
            let values = terms.values(judge);
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
    fn refitted(&self, recipe: Recipe, grown: &[Vec<Tree>]) -> Result<Vec<Tried>, Error> {
        let trees = recipe.trees.map_or(0, |trees| trees.trees);
        let looser = |leaf_penalty: f64| {
            let trees = recipe.trees.map(|trees| TreeRecipe { leaf_penalty, ..trees });
            Recipe { trees, ..recipe }
        };
        let mut found: Vec<Vec<f64>> = vec![Vec::with_capacity(self.judged.len()); LEAF_PENALTIES.len()];
        for ((fit, judge), all) in self.parts.iter().zip(grown) {
            let terms = Base::learn(fit, self.positions, recipe.basis)?;
            let start = terms.fit(fit, recipe.penalty, None, Effort::Search)?;
            for (penalty, found) in LEAF_PENALTIES.iter().zip(&mut found) {
                self.stage.advance(1)?;
                let few = all.iter().take(trees).cloned().collect();
                let refit = terms.clone().refit(fit, &looser(*penalty), &start, few, Effort::Search)?;
                found.extend(refit.model.explain_rows(judge.frame, &judge.rows)?.log_odds);
            }
        }
        let pairs = LEAF_PENALTIES.iter().zip(found);
        Ok(pairs.map(|(penalty, found)| self.tried(looser(*penalty), found)).collect())
    }

    /// The simplest family whose best variant is within one standard error of the best of all.
    fn decide(&self, families: &[Vec<Tried>]) -> Chosen {
        let leaders: Vec<&Tried> = families.iter().map(|family| best(family)).collect();
        let winner = leaders.iter().copied().min_by(|a, b| a.loss.total_cmp(&b.loss)).unwrap_or(leaders[0]);
        let close = |tried: &&&Tried| {
            let difference = paired_difference(&tried.losses, &winner.losses, &self.customer);
            difference.mean <= difference.standard_error
        };
        let chosen = leaders.iter().find(close).copied().unwrap_or(winner);
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
/// the judged loss has risen twice in a row; what is missing of the path repeats its end.
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
    let (mut last, mut risen) = (loss(&margin), 0);
    for (count, read) in TREES.iter().zip(read) {
        let more = if risen < 2 { booster.extend(depth, count - trees.len().min(*count)) } else { Vec::new() };
        for tree in &more {
            let leaves = tree.values();
            let reached = tree.leaves_of(values, margin.len());
            margin.iter_mut().zip(reached).for_each(|(sum, leaf)| *sum += leaves[leaf as usize]);
        }
        trees.extend(more);
        let now = loss(&margin);
        risen = if now > last { risen + 1 } else { 0 };
        last = now;
        read.extend(margin.iter().map(|x| x.clamp(log_odds(0.0), log_odds(1.0))));
    }
    trees
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
