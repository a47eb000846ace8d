//! The choice of shape: which recipe does best on rows it was not fitted on, and is no more complicated than it must be.
//!
//! Only training rows are looked at (see [`Holdout`]); every transform, bin and tree is learnt anew on the rows each part is
//! fitted on. A simpler family wins when its loss is within one standard error (paired, clustered by customer) of the best.

use super::boost::TreeRecipe;
use super::explain::{log_odds, probability};
use super::holdout::Holdout;
use super::panel::Panel;
use super::recipe::{BaseFit, Recipe, fit_recipe};
use super::tree::Tree;
use super::{Basis, Candidate, Error};
use crate::evaluate::{auc, log_loss, paired_difference};
use crate::progress::Stage;
use crate::project::Terms;

/// Ridge penalties tried for single-feature terms.
const PENALTIES: [f64; 4] = [1.0, 10.0, 100.0, 1000.0];
/// Numbers of trees tried, read off one path.
const TREES: [usize; 5] = [30, 75, 150, 225, 300];
/// Penalties tried for the leaves, towards the values boosting gave them.
const LEAF_PENALTIES: [f64; 2] = [1e4, 100.0];

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
    let families = match terms {
        Terms::Linear => vec![vec![search.plain(Recipe::LINEAR)?]],
        Terms::Auto => search.families()?,
    };
    Ok(search.decide(&families))
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
    fn families(&self) -> Result<Vec<Vec<Tried>>, Error> {
        let lines = self.penalties(Basis::Line)?;
        let hinges = self.penalties(Basis::Hinges)?;
        let base = [best(&lines), best(&hinges)].into_iter().min_by(|a, b| a.loss.total_cmp(&b.loss));
        let base = base.map_or(Recipe::LINEAR, |tried| tried.recipe);
        let mut families = vec![lines, hinges];
        for depth in 1..=3 {
            families.push(self.rules(base, depth)?);
        }
        Ok(families)
    }

    fn penalties(&self, basis: Basis) -> Result<Vec<Tried>, Error> {
        PENALTIES.iter().map(|&penalty| self.plain(Recipe { basis, penalty, trees: None })).collect()
    }

    fn plain(&self, recipe: Recipe) -> Result<Tried, Error> {
        let mut found = Vec::with_capacity(self.judged.len());
        for (fit, judge) in &self.parts {
            self.stage.advance(1)?;
            let model = fit_recipe(fit, self.positions, &recipe)?.model;
            found.extend(model.explain_rows(judge.frame, &judge.rows)?.log_odds);
        }
        Ok(self.tried(recipe, found))
    }

    fn tried(&self, recipe: Recipe, log_odds: Vec<f64>) -> Tried {
        let losses: Vec<f64> =
            log_odds.iter().zip(&self.outcome).map(|(x, &event)| log_loss(event, probability(*x))).collect();
        let loss = losses.iter().sum::<f64>() / losses.len() as f64;
        Tried { recipe, log_odds, losses, loss }
    }

    /// Grows one path of trees per part, reads the best number off it, then refits that many leaves.
    fn rules(&self, base: Recipe, depth: usize) -> Result<Vec<Tried>, Error> {
        let most = TREES[TREES.len() - 1];
        let mut grown: Vec<(BaseFit, Vec<Tree>)> = Vec::new();
        let mut paths: Vec<Vec<f64>> = vec![Vec::new(); TREES.len()];
        for (fit, judge) in &self.parts {
            self.stage.advance(1)?;
            let start = BaseFit::new(fit, self.positions, base.basis, base.penalty)?;
            let trees = start.grow(fit, depth, most);
            let margin = start.margin_of(fit, judge, &base)?;
            add_path(&start, judge, &trees, margin, &mut paths);
            grown.push((start, trees));
        }
        let recipe =
            |trees: usize, leaf_penalty: f64| Recipe { trees: Some(TreeRecipe { depth, trees, leaf_penalty }), ..base };
        let read = TREES.iter().zip(paths).map(|(&trees, path)| self.tried(recipe(trees, f64::INFINITY), path));
        let path: Vec<Tried> = read.collect();
        let trees = best(&path).recipe.trees.map_or(0, |found| found.trees);
        LEAF_PENALTIES.iter().map(|&penalty| self.refitted(recipe(trees, penalty), trees, &grown)).collect()
    }

    fn refitted(&self, recipe: Recipe, trees: usize, grown: &[(BaseFit, Vec<Tree>)]) -> Result<Tried, Error> {
        let mut found = Vec::with_capacity(self.judged.len());
        for ((fit, judge), (start, all)) in self.parts.iter().zip(grown) {
            self.stage.advance(1)?;
            let few = all.iter().take(trees).cloned().collect();
            let model = start.clone().refit(fit, &recipe, few)?.model;
            found.extend(model.explain_rows(judge.frame, &judge.rows)?.log_odds);
        }
        Ok(self.tried(recipe, found))
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

/// Adds, for every number of trees in [`TREES`], the judged rows' log-odds after so many.
fn add_path(start: &BaseFit, judge: &Panel<'_>, trees: &[Tree], mut margin: Vec<f64>, paths: &mut [Vec<f64>]) {
    let values = start.values(judge);
    let mut done = 0;
    for (count, path) in TREES.iter().zip(paths) {
        for tree in trees.iter().take(*count).skip(done) {
            let leaves = tree.values();
            let reached = tree.leaves_of(&values, judge.len());
            margin.iter_mut().zip(reached).for_each(|(sum, leaf)| *sum += leaves[leaf as usize]);
        }
        done = *count;
        path.extend(margin.iter().map(|x| x.clamp(log_odds(0.0), log_odds(1.0))));
    }
}

fn best(tried: &[Tried]) -> &Tried {
    tried.iter().min_by(|a, b| a.loss.total_cmp(&b.loss)).unwrap_or(&tried[0])
}
