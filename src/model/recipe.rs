//! One way of making a model, from rows to an uncalibrated fit.

use std::collections::BTreeSet;

use rayon::prelude::*;

use super::bins::Bins;
use super::boost::{self, Booster, TreeRecipe};
use super::counted::Counted;
use super::fit::{Effort, Fitted, Problem, Start, fit_from};
use super::panel::{Panel, Values};
use super::{Basis, Calibration, Certificate, Design, Error, FORMAT, Matrix, Model, Tree, Uncertainty};
use crate::time::Day;

/// Rows the trees are grown on, at most; their leaves' coefficients are fitted on all rows.
const ROWS_TO_GROW_ON: usize = 120_000;

/// How a model is made.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Recipe {
    /// Terms of single features.
    pub basis: Basis,
    /// Their ridge penalty α.
    pub penalty: f64,
    /// Rules found by boosting, if any.
    pub trees: Option<TreeRecipe>,
}

impl Recipe {
    /// `terms = "linear"`: declared features as they are, scikit-learn's C = 1.
    pub const LINEAR: Self = Self { basis: Basis::Declared, penalty: 1.0, trees: None };

    /// Its name in reports.
    #[must_use]
    pub fn name(&self) -> String {
        let base = match self.basis {
            Basis::Declared | Basis::Line => "linear",
            Basis::Hinges => "piecewise linear",
        };
        match self.trees {
            None => base.to_owned(),
            Some(trees) => format!("{base} + rules of depth {}", trees.depth),
        }
    }
}

/// A fit with everything needed to judge its certainty.
#[derive(Debug, Clone)]
pub struct FittedModel {
    /// The uncalibrated model, without intervals.
    pub model: Model,
    /// The matrix it was fitted on.
    pub matrix: Matrix,
    /// The optimum.
    pub fitted: Fitted,
    /// Names of features left out because they do not vary.
    pub constant: Vec<String>,
}

impl FittedModel {
    /// The log-odds of the rows it was fitted on.
    #[must_use]
    pub fn margin(&self) -> Vec<f64> {
        let mut margin = vec![0.0; self.matrix.rows];
        self.matrix.multiply(&self.fitted.coefficients, self.fitted.intercept, 0, &mut margin);
        margin
    }
}

/// Fits a recipe on the panel's rows, with the features at `positions` of the frame.
///
/// # Errors
/// [`Error::NoFeatures`] when nothing varies, [`Error::NotConverged`] when the certificate cannot be given.
pub fn fit_recipe(panel: &Panel<'_>, positions: &[usize], recipe: &Recipe) -> Result<FittedModel, Error> {
    let base = Base::learn(panel, positions, recipe.basis)?;
    let Some(trees) = recipe.trees else {
        let fitted = base.fit(panel, recipe.penalty, None, Effort::Certified)?;
        let model = base.model(panel, recipe, &fitted);
        return Ok(FittedModel { model, constant: base.design.constant, matrix: base.matrix, fitted });
    };
    let fitted = base.fit(panel, recipe.penalty, None, Effort::Search)?;
    let mut booster = base.booster(panel, &fitted);
    let grown = booster.extend(trees.depth, trees.trees);
    base.refit(panel, recipe, &fitted, grown, Effort::Certified)
}

/// The terms of single features, learnt on some rows, from which trees are grown.
#[derive(Debug, Clone)]
pub struct Base {
    /// What was learnt.
    pub(super) design: Design,
    /// The terms' columns.
    pub(super) matrix: Matrix,
}

impl Base {
    /// Learns the terms.
    ///
    /// # Errors
    /// [`Error::NoFeatures`] when nothing varies.
    pub fn learn(panel: &Panel<'_>, positions: &[usize], basis: Basis) -> Result<Self, Error> {
        let (design, matrix) = Design::learn(panel, positions, basis);
        Self::new(design, matrix)
    }

    /// Of terms and their columns.
    ///
    /// # Errors
    /// [`Error::NoFeatures`] when there is none.
    pub fn new(design: Design, matrix: Matrix) -> Result<Self, Error> {
        if design.terms.is_empty() {
            return Err(Error::NoFeatures { target: String::new() });
        }
        Ok(Self { design, matrix })
    }

    /// Fits the terms, from an earlier fit of the same terms where there is one.
    ///
    /// # Errors
    /// [`Error::NotConverged`] when the certificate cannot be given.
    pub fn fit(
        &self,
        panel: &Panel<'_>,
        penalty: f64,
        start: Option<&Fitted>,
        effort: Effort,
    ) -> Result<Fitted, Error> {
        let (penalty, prior) = (self.design.penalties(penalty), vec![0.0; self.matrix.columns()]);
        let problem = Problem { matrix: &self.matrix, outcome: &panel.outcome, penalty: &penalty, prior: &prior };
        let start = start.map_or_else(|| Start::scratch(problem), |found| Start::Near(found.parameters()));
        fit_from(problem, start, effort)
    }

    /// Trees that improve on a fit; grown on at most [`ROWS_TO_GROW_ON`] rows.
    #[must_use]
    pub fn booster(&self, panel: &Panel<'_>, fitted: &Fitted) -> Booster {
        let mut margin = vec![0.0; self.matrix.rows];
        self.matrix.multiply(&fitted.coefficients, fitted.intercept, 0, &mut margin);
        let stride = panel.len().div_ceil(ROWS_TO_GROW_ON).max(1);
        let rows: Vec<usize> = (0..panel.len()).step_by(stride).collect();
        let thin = panel.subset(&rows);
        let margin = margin.into_iter().step_by(stride).collect();
        Booster::new(Bins::new(&thin, &self.design), thin.outcome, margin)
    }

    /// The terms' columns for other rows.
    #[must_use]
    pub fn columns(&self, panel: &Panel<'_>) -> Matrix {
        let counted = |&position: &usize| Counted::new(panel, position);
        let known: Vec<Counted<'_>> = self.design.positions.par_iter().map(counted).collect();
        let bent = self.design.terms.iter().filter(|term| term.shape.has_knot());
        let bent: BTreeSet<usize> = bent.map(|term| term.feature).collect();
        let column = |term: &super::Term| term.matrix_column(&known[term.feature], bent.contains(&term.feature));
        Matrix::of_columns(self.design.terms.par_iter().map(column).collect(), panel.len())
    }

    /// The model's features for other rows.
    #[must_use]
    pub fn values<'b>(&self, panel: &Panel<'b>) -> Vec<Values<'b>> {
        self.design.positions.iter().map(|&position| panel.values(position)).collect()
    }

    /// The model of the simple terms alone.
    #[must_use]
    pub fn model(&self, panel: &Panel<'_>, recipe: &Recipe, fitted: &Fitted) -> Model {
        assemble(panel, recipe, &self.design, &self.matrix, fitted, Vec::new())
    }

    /// One logistic regression over the simple terms and the leaves of `trees`.
    ///
    /// # Errors
    /// [`Error::NotConverged`] when the certificate cannot be given.
    pub fn refit(
        self,
        panel: &Panel<'_>,
        recipe: &Recipe,
        fitted: &Fitted,
        trees: Vec<Tree>,
        effort: Effort,
    ) -> Result<FittedModel, Error> {
        let Self { design, mut matrix } = self;
        let trees = boost::merged(trees);
        let values: Vec<Values<'_>> = design.positions.iter().map(|&position| panel.values(position)).collect();
        let leaf_penalty = recipe.trees.map_or(1.0, |trees| trees.leaf_penalty);
        let mut penalty = design.penalties(recipe.penalty);
        let mut prior = vec![0.0; matrix.columns()];
        for tree in &trees {
            matrix.push_group(tree.leaves, tree.leaves_of(&values, panel.len()));
            penalty.extend(vec![leaf_penalty; tree.leaves]);
            prior.extend(tree.values());
        }
        drop(values);
        let start: Vec<f64> =
            fitted.coefficients.iter().chain(&prior[design.terms.len()..]).copied().chain([fitted.intercept]).collect();
        let problem = Problem { matrix: &matrix, outcome: &panel.outcome, penalty: &penalty, prior: &prior };
        let fitted = fit_from(problem, Start::Near(start), effort)?;
        let model = assemble(panel, recipe, &design, &matrix, &fitted, trees);
        Ok(FittedModel { model, matrix, fitted, constant: design.constant })
    }
}

fn assemble(
    panel: &Panel<'_>,
    recipe: &Recipe,
    design: &Design,
    matrix: &Matrix,
    fitted: &Fitted,
    mut trees: Vec<Tree>,
) -> Model {
    let mut terms = design.terms.clone();
    terms.iter_mut().zip(&fitted.coefficients).for_each(|(term, value)| term.coefficient = *value);
    let mut intercept = fitted.intercept;
    let mut rest = &fitted.coefficients[terms.len()..];
    for (tree, group) in trees.iter_mut().zip(&matrix.groups) {
        let (own, others) = rest.split_at(tree.leaves);
        tree.set_shares(&group.codes);
        tree.set_values(own);
        intercept += tree.nodes[0].value();
        rest = others;
    }
    let cutoffs = panel.cutoffs();
    Model {
        format: FORMAT,
        target: String::new(),
        target_definition: String::new(),
        as_of: cutoffs.last().copied().unwrap_or(Day::from_epoch_days(0)),
        cutoffs,
        last_label_end: None,
        rows: panel.len(),
        events: panel.events(),
        features: design.features.clone(),
        intercept,
        terms,
        trees,
        calibration: Calibration::None,
        uncertainty: Uncertainty::default(),
        certificate: Certificate {
            gradient: fitted.gradient,
            steps: fitted.steps,
            penalty: recipe.penalty,
            leaf_penalty: recipe.trees.map(|trees| trees.leaf_penalty),
        },
        candidates: Vec::new(),
        horizons: None,
        notes: Vec::new(),
    }
}
