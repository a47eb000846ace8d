//! One way of making a model, from rows to an uncalibrated fit.

use super::bins::Bins;
use super::boost::{self, TreeRecipe};
use super::fit::{Fitted, Problem, fit, fit_from};
use super::panel::{Panel, Values};
use super::{Basis, Calibration, Certificate, Design, Error, FORMAT, Matrix, Model, Tree, Uncertainty};
use crate::time::Day;

/// Rows the trees are grown on, at most; their leaves' coefficients are fitted on all rows.
const ROWS_TO_GROW_ON: usize = 60_000;

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

/// Fits a recipe on the panel's rows, with the features at `positions` of the frame.
///
/// # Errors
/// [`Error::NoFeatures`] when nothing varies, [`Error::NotConverged`] when the certificate cannot be given.
pub fn fit_recipe(panel: &Panel<'_>, positions: &[usize], recipe: &Recipe) -> Result<FittedModel, Error> {
    let base = BaseFit::new(panel, positions, recipe.basis, recipe.penalty)?;
    match recipe.trees {
        None => Ok(base.finish(panel, recipe)),
        Some(trees) => {
            let grown = base.grow(panel, trees.depth, trees.trees);
            base.refit(panel, recipe, grown)
        }
    }
}

/// The fit of the single-feature terms, from which trees are grown.
#[derive(Debug, Clone)]
pub struct BaseFit {
    design: Design,
    matrix: Matrix,
    fitted: Fitted,
}

impl BaseFit {
    /// Learns the terms and fits them.
    ///
    /// # Errors
    /// As [`fit_recipe`].
    pub fn new(panel: &Panel<'_>, positions: &[usize], basis: Basis, penalty: f64) -> Result<Self, Error> {
        let (design, matrix) = Design::learn(panel, positions, basis);
        if design.terms.is_empty() {
            return Err(Error::NoFeatures { target: String::new() });
        }
        let (penalty, prior) = (vec![penalty; matrix.columns()], vec![0.0; matrix.columns()]);
        let problem = Problem { matrix: &matrix, outcome: &panel.outcome, penalty: &penalty, prior: &prior };
        let fitted = fit(problem)?;
        Ok(Self { design, matrix, fitted })
    }

    /// Trees that improve on this fit, in the order they were grown.
    #[must_use]
    pub fn grow(&self, panel: &Panel<'_>, depth: usize, trees: usize) -> Vec<Tree> {
        let mut margin = vec![0.0; self.matrix.rows];
        self.matrix.multiply(&self.fitted.coefficients, self.fitted.intercept, 0, &mut margin);
        let stride = panel.len().div_ceil(ROWS_TO_GROW_ON).max(1);
        if stride == 1 {
            return boost::grow(&Bins::new(panel, &self.design), &panel.outcome, margin, depth, trees);
        }
        let rows: Vec<usize> = (0..panel.len()).step_by(stride).collect();
        let thin = panel.subset(&rows);
        let margin = margin.into_iter().step_by(stride).collect();
        boost::grow(&Bins::new(&thin, &self.design), &thin.outcome, margin, depth, trees)
    }

    /// Log-odds that the simple terms alone give other rows.
    ///
    /// # Errors
    /// As [`Model::explain_rows`].
    pub fn margin_of(&self, panel: &Panel<'_>, other: &Panel<'_>, recipe: &Recipe) -> Result<Vec<f64>, Error> {
        let model = self.clone().finish(panel, recipe).model;
        Ok(model.explain_rows(other.frame, &other.rows)?.log_odds)
    }

    /// The model's features for other rows.
    #[must_use]
    pub fn values<'b>(&self, panel: &Panel<'b>) -> Vec<Values<'b>> {
        self.design.positions.iter().map(|&position| panel.values(position)).collect()
    }

    /// The model of the simple terms alone.
    #[must_use]
    pub fn finish(self, panel: &Panel<'_>, recipe: &Recipe) -> FittedModel {
        assemble(panel, recipe, self.design, self.matrix, self.fitted, Vec::new())
    }

    /// One logistic regression over the simple terms and the leaves of `trees`.
    ///
    /// # Errors
    /// [`Error::NotConverged`] when the certificate cannot be given.
    pub fn refit(self, panel: &Panel<'_>, recipe: &Recipe, trees: Vec<Tree>) -> Result<FittedModel, Error> {
        let Self { design, mut matrix, fitted } = self;
        let trees = boost::merged(trees);
        let values: Vec<Values<'_>> = design.positions.iter().map(|&position| panel.values(position)).collect();
        let leaf_penalty = recipe.trees.map_or(1.0, |trees| trees.leaf_penalty);
        let mut penalty = vec![recipe.penalty; matrix.columns()];
        let mut prior = vec![0.0; matrix.columns()];
        for tree in &trees {
            matrix.push_group(tree.leaves, tree.leaves_of(&values, panel.len()));
            penalty.extend(vec![leaf_penalty; tree.leaves]);
            prior.extend(tree.values());
        }
        let start: Vec<f64> =
            fitted.coefficients.iter().chain(&prior[design.terms.len()..]).copied().chain([fitted.intercept]).collect();
        let problem = Problem { matrix: &matrix, outcome: &panel.outcome, penalty: &penalty, prior: &prior };
        let fitted = fit_from(problem, start)?;
        Ok(assemble(panel, recipe, design, matrix, fitted, trees))
    }
}

fn assemble(
    panel: &Panel<'_>,
    recipe: &Recipe,
    design: Design,
    matrix: Matrix,
    fitted: Fitted,
    mut trees: Vec<Tree>,
) -> FittedModel {
    let mut terms = design.terms;
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
    let model = Model {
        format: FORMAT,
        target: String::new(),
        target_definition: String::new(),
        as_of: cutoffs.last().copied().unwrap_or(Day::from_epoch_days(0)),
        cutoffs,
        last_label_end: None,
        rows: panel.len(),
        events: panel.events(),
        features: design.features,
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
        notes: Vec::new(),
    };
    FittedModel { model, matrix, fitted, constant: design.constant }
}
