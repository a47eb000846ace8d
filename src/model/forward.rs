//! `terms = "linear"` in time: the model of the earlier cutoffs, which is judged by the latest, and the model of all, made
//! from one set of columns.
//!
//! A fit does not change when a column is standardised differently, as long as its penalty is scaled with it and the
//! intercept is free. So the earlier model may use the columns of the whole: α (s/S)² on a column standardised with S has
//! the optimum of α on the same column standardised with s. That holds for columns whose shape does not depend on the rows
//! it is learnt from; features with missing values, with categories or with negative values are learnt anew on the earlier
//! rows. Nothing that is learnt here on the earlier rows has seen the later ones.

use rayon::prelude::*;

use super::choose::Chosen;
use super::counted::Counted;
use super::design::{Learnt, PERCENTILES};
use super::explain::{log_odds, probability};
use super::fit::{Effort, Problem, Start, fit_from, fit_held_out};
use super::holdout::Holdout;
use super::panel::Panel;
use super::recipe::{Base, FittedModel, Recipe};
use super::{Candidate, Column, Design, Error, Matrix, Term};
use crate::evaluate::{auc_value, log_loss};
use crate::progress::Stage;

/// The linear recipe, fitted on all rows of the features that were counted and judged forward in time; `None` where the
/// held-out rows are not the last ones.
///
/// # Errors
/// [`Error`] when a fit fails or the user cancels.
pub fn fit_linear(
    panel: &Panel<'_>,
    counted: Vec<OfFeature<'_>>,
    holdout: &Holdout,
    stage: &Stage,
) -> Result<Option<(Chosen, FittedModel)>, Error> {
    let Some((fitted_rows, judged)) = split(holdout) else { return Ok(None) };
    let recipe = Recipe::LINEAR;
    stage.advance(1)?;
    let (whole, loose) = learn(panel, counted, recipe)?;
    let earlier = Earlier::learn(panel, fitted_rows, &whole, loose, recipe)?;
    let prior = vec![0.0; earlier.matrix.columns().max(whole.matrix.columns())];
    let problem = Problem {
        matrix: &earlier.matrix,
        outcome: &panel.outcome[..fitted_rows],
        penalty: &earlier.penalty,
        prior: &prior[..earlier.penalty.len()],
    };
    let (found, curvature) = fit_held_out(problem)?;
    let (coefficients, intercept) = found.split_at(earlier.penalty.len());
    let mut margin = vec![0.0; judged.len()];
    earlier.matrix.multiply(coefficients, intercept[0], judged[0], &mut margin);
    stage.advance(1)?;
    let columns = whole.matrix.columns();
    let penalty = vec![recipe.penalty; columns];
    let problem =
        Problem { matrix: &whole.matrix, outcome: &panel.outcome, penalty: &penalty, prior: &prior[..columns] };
    let parameters = earlier.start(coefficients, intercept[0], columns);
    let start = if earlier.is_whole(columns) {
        Start::Beside(parameters, curvature.of_more(fitted_rows as f64 / panel.len() as f64))
    } else {
        Start::Near(parameters)
    };
    let fitted = fit_from(problem, start, Effort::Certified)?;
    let model = whole.model(panel, &recipe, &fitted);
    let fitted = FittedModel { model, constant: whole.design.constant, matrix: whole.matrix, fitted };
    Ok(Some((chosen(panel, recipe, judged, margin), fitted)))
}

/// How many of the first rows are fitted on, and the judged rows, if they are the last.
fn split(holdout: &Holdout) -> Option<(usize, Vec<usize>)> {
    let (fit, judge) = holdout.parts.first().filter(|_| holdout.method == "forward")?;
    let is_run = |rows: &[usize]| rows.windows(2).all(|pair| pair[0] + 1 == pair[1]);
    let usable = fit.first() == Some(&0) && is_run(fit) && !judge.is_empty() && is_run(judge) && fit.len() <= judge[0];
    usable.then(|| (fit.len(), judge.clone()))
}

fn chosen(panel: &Panel<'_>, recipe: Recipe, rows: Vec<usize>, margin: Vec<f64>) -> Chosen {
    let found: Vec<f64> = margin.into_iter().map(|x| x.clamp(log_odds(0.0), log_odds(1.0))).collect();
    let outcome: Vec<bool> = rows.iter().map(|&row| panel.outcome[row]).collect();
    let loss: f64 = found.iter().zip(&outcome).map(|(x, &event)| log_loss(event, probability(*x))).sum();
    let candidate = Candidate {
        shape: recipe.name(),
        penalty: recipe.penalty,
        trees: 0,
        leaf_penalty: None,
        log_loss: loss / rows.len() as f64,
        auc: auc_value(&outcome, &found).unwrap_or(0.5),
        chosen: true,
    };
    Chosen { recipe, rows, log_odds: found, candidates: vec![candidate] }
}

/// A feature's position in the frame, and what was counted of it.
type OfFeature<'a> = (usize, Counted<'a>);

/// The terms of all rows; and the features that are learnt anew on the earlier ones: those whose shape depends on the rows.
fn learn<'a>(
    panel: &Panel<'a>,
    counted: Vec<OfFeature<'a>>,
    recipe: Recipe,
) -> Result<(Base, Vec<OfFeature<'a>>), Error> {
    let learn = |(position, counted): OfFeature<'a>| {
        let learnt = Learnt::new(panel, position, &counted, recipe.basis, &PERCENTILES);
        let loose = (!learnt.is_fixed()).then_some((position, counted));
        (learnt, loose)
    };
    let (learnt, loose): (Vec<Learnt>, Vec<Option<OfFeature<'a>>>) = counted.into_par_iter().map(learn).unzip();
    let (design, matrix) = Design::of(learnt, recipe.basis, panel.len());
    Ok((Base::new(design, matrix)?, loose.into_iter().flatten().collect()))
}

/// The terms of the earlier rows, as columns of all rows.
struct Earlier {
    matrix: Matrix,
    penalty: Vec<f64>,
    /// For every column the same term of the whole, and by how much the coefficient is larger there.
    same: Vec<Option<(usize, f64)>>,
}

impl Earlier {
    fn learn(
        panel: &Panel<'_>,
        rows: usize,
        whole: &Base,
        loose: Vec<OfFeature<'_>>,
        recipe: Recipe,
    ) -> Result<Self, Error> {
        let matrix = Matrix { rows: panel.len(), ..Matrix::default() };
        let mut earlier = Self { matrix, penalty: Vec::new(), same: Vec::new() };
        let design = &whole.design;
        let is_loose = |term: &Term| loose.iter().any(|(position, _)| *position == design.positions[term.feature]);
        let fixed: Vec<usize> = (0..design.terms.len()).filter(|&at| !is_loose(&design.terms[at])).collect();
        let moments = |&at: &usize| Some((at, whole.matrix.dense[at].moments(rows)?));
        let moments: Vec<Option<(usize, (f64, f64))>> = fixed.par_iter().map(moments).collect();
        for (at, (_, scale)) in moments.into_iter().flatten() {
            earlier.push(whole.matrix.dense[at].clone(), recipe.penalty * scale * scale, Some((at, 1.0)));
        }
        let anew = |(position, counted): OfFeature<'_>| {
            let counted = counted.first(rows, &panel.outcome);
            Learnt::new(panel, position, &counted, recipe.basis, &[])
        };
        let (learnt, columns) = Design::of(loose.into_par_iter().map(anew).collect(), recipe.basis, panel.len());
        for (term, column) in learnt.terms.iter().zip(columns.dense) {
            let same = same_term(design, &learnt, term).map(|at| (at, design.terms[at].scale / term.scale));
            earlier.push(column, recipe.penalty, same);
        }
        if earlier.penalty.is_empty() {
            return Err(Error::NoFeatures { target: String::new() });
        }
        Ok(earlier)
    }

    fn push(&mut self, column: Column, penalty: f64, same: Option<(usize, f64)>) {
        self.matrix.dense.push(column);
        self.penalty.push(penalty);
        self.same.push(same);
    }

    /// Whether these are the very columns of the whole.
    fn is_whole(&self, columns: usize) -> bool {
        self.same.iter().copied().eq((0..columns).map(|at| Some((at, 1.0))))
    }

    /// The parameters of the whole that say the same.
    fn start(&self, coefficients: &[f64], intercept: f64, columns: usize) -> Vec<f64> {
        let mut start = vec![0.0; columns + 1];
        for (same, coefficient) in self.same.iter().zip(coefficients) {
            if let Some((at, factor)) = same {
                start[*at] = coefficient * factor;
            }
        }
        start[columns] = intercept;
        start
    }
}

fn same_term(whole: &Design, learnt: &Design, term: &Term) -> Option<usize> {
    let name = &learnt.features[term.feature].name;
    whole.terms.iter().position(|other| other.shape == term.shape && whole.features[other.feature].name == *name)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::Basis;
    use super::super::choose::choose;
    use super::super::recipe::fit_recipe;
    use super::*;
    use crate::feature::{CustomerIndex, FeatureBlock, FeatureColumn, FeatureFrame, FeatureInfo};
    use crate::label::{LabelBlock, Labels, Outcome};
    use crate::progress::Progress;
    use crate::project::Terms;
    use crate::time::Day;

    const CUSTOMERS: u32 = 500;

    fn noise(a: u32, b: u32) -> f64 {
        let mixed = (a.wrapping_mul(2_654_435_761) ^ b.wrapping_mul(40_503)).wrapping_mul(2_246_822_519);
        f64::from(mixed >> 8) / f64::from(1u32 << 24)
    }

    fn block(cutoff: u32) -> (FeatureBlock, LabelBlock) {
        let row = |i: u32| cutoff * 1000 + i;
        let column = |value: &dyn Fn(u32) -> f64| FeatureColumn::Number((0..CUSTOMERS).map(value).collect());
        let count = column(&|i| (noise(row(i), 1) * 9.0).floor());
        let money = column(&|i| if noise(row(i), 2) < 0.3 { f64::NAN } else { noise(row(i), 3) * 80.0 });
        let trend = column(&|i| noise(row(i), 4) - 0.5);
        let late = column(&|i| if cutoff == 2 { noise(row(i), 5) } else { 0.0 });
        let levels = Arc::new(["a", "b", "c"].map(str::to_owned).to_vec());
        let codes = (0..CUSTOMERS).map(|i| if i % 3 == 0 { cutoff % 2 } else { 2 }).collect();
        let event = |i: u32| noise(row(i), 6) < 0.1 + 0.05 * (noise(row(i), 1) * 9.0).floor() + 0.2 * noise(row(i), 4);
        let as_of = Day::from_epoch_days(20_000 + 30 * i32::try_from(cutoff).expect("small"));
        let customer: Vec<u32> = (0..CUSTOMERS).collect();
        let outcome = (0..CUSTOMERS).map(|i| Outcome::of(event(i))).collect();
        let labels = LabelBlock { as_of, outcome, eligible: vec![true; CUSTOMERS as usize] };
        (
            FeatureBlock {
                as_of,
                customer,
                columns: vec![count, money, trend, late, FeatureColumn::Level { codes, levels }],
            },
            labels,
        )
    }

    fn world() -> (FeatureFrame, Labels) {
        let (blocks, labels): (Vec<_>, Vec<_>) = (0..3).map(block).unzip();
        let info = |name: &&str| FeatureInfo {
            name: (*name).to_owned(),
            family: "frequency".to_owned(),
            unit: "count".to_owned(),
            why: String::new(),
            definition: String::new(),
            sources: Vec::new(),
        };
        let features = ["count", "money", "trend", "late", "plan"].iter().map(info).collect();
        let ids = (0..CUSTOMERS).map(|i| format!("c{i:04}")).collect();
        let frame = FeatureFrame { customers: Arc::new(CustomerIndex { ids }), features, blocks };
        let labels = Labels { target: "churn".to_owned(), blocks: labels };
        (frame, labels)
    }

    fn counted<'a>(panel: &Panel<'a>) -> Vec<OfFeature<'a>> {
        (0..5).map(|position| (position, Counted::new(panel, position).slim())).collect()
    }

    #[test]
    fn features_whose_shape_may_change_are_learnt_anew_and_the_others_shared() {
        let (frame, labels) = world();
        let panel = Panel::new(&frame, &labels);
        let (whole, loose) = learn(&panel, counted(&panel), Recipe::LINEAR).expect("terms");
        let names: Vec<&str> = loose.iter().map(|(at, _)| frame.features[*at].name.as_str()).collect();
        assert_eq!(names, ["money", "trend", "plan"]);
        let earlier = Earlier::learn(&panel, 1000, &whole, loose, Recipe::LINEAR).expect("terms");
        let rows: Vec<usize> = (0..1000).collect();
        let (alone, matrix) = Design::learn(&panel.subset(&rows), &[1, 2, 4], Basis::Declared);
        assert!(!earlier.is_whole(whole.matrix.columns()));
        for (column, found) in matrix.dense.iter().zip(&earlier.matrix.dense[1..]) {
            assert_eq!((found.len(), &found.to_vec()[..1000]), (1500, &column.to_vec()[..]));
        }
        assert_eq!(earlier.matrix.dense.len(), 1 + alone.terms.len());
    }

    #[test]
    fn one_set_of_columns_gives_the_fits_of_two() {
        let (frame, labels) = world();
        let panel = Panel::new(&frame, &labels);
        let holdout = Holdout::of(&panel, Some(30));
        let progress = Progress::silent();
        let stage = progress.stage("train", None).expect("not cancelled");
        let positions: Vec<usize> = (0..5).collect();
        let (chosen, fitted) =
            fit_linear(&panel, counted(&panel), &holdout, &stage).expect("a fit").expect("the last cutoff is judged");
        let plain = choose(&panel, &positions, &holdout, Terms::Linear, &stage).expect("a choice");
        assert_eq!(chosen.rows, plain.rows);
        let apart = |a: &[f64], b: &[f64]| a.iter().zip(b).fold(0.0f64, |most, (a, b)| most.max((a - b).abs()));
        assert!(apart(&chosen.log_odds, &plain.log_odds) < 1e-7);
        let alone = fit_recipe(&panel, &positions, &Recipe::LINEAR).expect("a fit");
        assert!(apart(&fitted.fitted.coefficients, &alone.fitted.coefficients) < 1e-9);
        assert!(fitted.model.terms.iter().any(|term| fitted.model.features[term.feature].name == "late"));
    }
}
