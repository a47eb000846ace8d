//! What customers are worth by the project's basis, predicted lifetime values included.
//!
//! For `basis = "clv_predicted"` the lifetime models are fitted on what is known before the night, and the value is the
//! discounted margin of the orders expected in the next 365 days; unknown for those who never bought, and for everybody
//! where too few came back to fit a model.

use rayon::prelude::*;

use crate::clv::{self, Horizon, Lifetime};
use crate::observe;
use crate::project::{Project, ValueBasis};
use crate::rollup::History;
use crate::time::Day;

/// What each of the customers is worth as of the day; NaN where unknown.
#[must_use]
pub fn values(project: &Project, history: &History, as_of: Day, customers: &[u32]) -> Vec<f64> {
    if observe::basis(project, history) != Some(ValueBasis::ClvPredicted) {
        return observe::values(project, history, as_of, customers);
    }
    let day = as_of.epoch_days();
    let everybody = 0..u32::try_from(history.customers.ids.len()).unwrap_or(u32::MAX);
    let pasts: Vec<Option<_>> = everybody
        .into_par_iter()
        .map(|customer| clv::past(&observe::purchases(history, customer, as_of), day))
        .collect();
    let buyers: Vec<_> = pasts.iter().flatten().copied().collect();
    let Ok(model) = Lifetime::fit(&buyers) else { return vec![f64::NAN; customers.len()] };
    let horizon = Horizon { margin: project.value.margin, ..Horizon::default() };
    let asked: Vec<(usize, _)> = customers
        .iter()
        .enumerate()
        .filter_map(|(place, &customer)| Some((place, pasts.get(customer as usize).copied().flatten()?)))
        .collect();
    let own: Vec<_> = asked.iter().map(|(_, past)| *past).collect();
    let mut values = vec![f64::NAN; customers.len()];
    for ((place, _), prediction) in asked.iter().zip(model.predict(&own, &horizon)) {
        values[*place] = if prediction.value.is_finite() { prediction.value } else { f64::NAN };
    }
    values
}
