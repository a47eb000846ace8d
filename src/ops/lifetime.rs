//! What customers are worth by the project's basis, predicted lifetime values included.
//!
//! For `basis = "clv_predicted"` the lifetime models are fitted on what is known before the night, and the value is the
//! discounted margin of the orders expected in the next 365 days; unknown for those who never bought, and for everybody
//! where too few came back to fit a model.

use rayon::prelude::*;

use crate::clv::{self, Horizon, Lifetime};
use crate::observe;
use crate::project::{Project, ValueBasis};
use crate::rollup::{self, History, Shards};
use crate::time::Day;

/// How customers' values are found.
pub enum Worth {
    /// Looked up in what customers paid.
    Observed,
    /// By the lifetime models fitted on everybody's purchases; unknown if too few came back.
    Predicted(Option<Box<Lifetime>>),
}

impl Worth {
    /// What the project's basis needs to know of everybody as of the day.
    ///
    /// # Errors
    /// If a shard of the history cannot be read.
    pub fn of(project: &Project, shards: &Shards, as_of: Day) -> Result<Self, rollup::Error> {
        if project.value.basis != Some(ValueBasis::ClvPredicted) {
            return Ok(Self::Observed);
        }
        let mut buyers = Vec::new();
        shards.each(|history| {
            buyers.par_extend(pasts(history, as_of));
            Ok::<(), rollup::Error>(())
        })?;
        Ok(Self::Predicted(Lifetime::fit(&buyers).ok().map(Box::new)))
    }

    /// The same where the whole history is at hand.
    #[must_use]
    pub fn of_history(project: &Project, history: &History, as_of: Day) -> Self {
        if project.value.basis != Some(ValueBasis::ClvPredicted) {
            return Self::Observed;
        }
        let buyers: Vec<_> = pasts(history, as_of).collect();
        Self::Predicted(Lifetime::fit(&buyers).ok().map(Box::new))
    }

    /// What each of the customers is worth as of the day; NaN where unknown.
    #[must_use]
    pub fn values(&self, project: &Project, history: &History, as_of: Day, customers: &[u32]) -> Vec<f64> {
        let Self::Predicted(model) = self else { return observe::values(project, history, as_of, customers) };
        let mut values = vec![f64::NAN; customers.len()];
        let Some(model) = model else { return values };
        let horizon = Horizon { margin: project.value.margin, ..Horizon::default() };
        let pasts = customers.iter().map(|&customer| past(history, customer, as_of));
        let asked: Vec<(usize, _)> = pasts.enumerate().filter_map(|(place, past)| Some((place, past?))).collect();
        let own: Vec<_> = asked.iter().map(|(_, past)| *past).collect();
        for ((place, _), prediction) in asked.iter().zip(model.predict(&own, &horizon)) {
            values[*place] = if prediction.value.is_finite() { prediction.value } else { f64::NAN };
        }
        values
    }
}

/// The purchases of everybody who bought.
fn pasts(history: &History, as_of: Day) -> impl ParallelIterator<Item = (clv::History, clv::Spending)> {
    let everybody = 0..u32::try_from(history.customers.ids.len()).unwrap_or(u32::MAX);
    everybody.into_par_iter().filter_map(move |customer| past(history, customer, as_of))
}

fn past(history: &History, customer: u32, as_of: Day) -> Option<(clv::History, clv::Spending)> {
    clv::past(&observe::purchases(history, customer, as_of), as_of.epoch_days())
}
