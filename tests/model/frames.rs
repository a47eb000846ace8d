//! Hand-made feature frames and labels.

use std::sync::Arc;

use tidewatch::feature::{CustomerIndex, FeatureBlock, FeatureColumn, FeatureFrame, FeatureInfo, NO_LEVEL};
use tidewatch::label::{LabelBlock, Labels, Outcome};
use tidewatch::model::TrainRequest;
use tidewatch::project::Terms;
use tidewatch::time::Day;

/// Numbers in (0, 1) that look random and are the same everywhere.
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub fn uniform(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / 9_007_199_254_740_992.0
    }

    pub fn normal(&mut self) -> f64 {
        (-2.0 * self.uniform().max(1e-12).ln()).sqrt() * (std::f64::consts::TAU * self.uniform()).cos()
    }
}

pub fn day(text: &str) -> Day {
    text.parse().expect("a date")
}

pub fn info(name: &str, family: &str) -> FeatureInfo {
    FeatureInfo {
        name: name.to_owned(),
        family: family.to_owned(),
        unit: "count".to_owned(),
        why: String::new(),
        definition: format!("definition of {name}"),
        sources: Vec::new(),
    }
}

pub fn request(outcome_days: Option<u32>, terms: Terms) -> TrainRequest {
    TrainRequest {
        target_definition: "t".to_owned(),
        outcome_days,
        as_of: day("2025-06-01"),
        terms,
        allow_leak_suspects: Vec::new(),
        strict: false,
        half_life_days: None,
        champion: None,
    }
}

/// `customers` customers at each cutoff with a recency that matters in a hump, a skewed count, a plan, a feature that is
/// sometimes missing, an interaction, and an outcome drawn from known log-odds.
pub fn world(customers: u32, cutoffs: &[&str], seed: u64) -> (FeatureFrame, Labels) {
    let mut dice = Dice::new(seed);
    let levels = Arc::new(["basic", "gold", "rare"].map(str::to_owned).to_vec());
    let ids = (0..customers).map(|i| format!("C{i:06}")).collect();
    let (mut blocks, mut labels) = (Vec::new(), Vec::new());
    for cutoff in cutoffs {
        let mut columns: Vec<Vec<f64>> = vec![Vec::new(); 4];
        let (mut codes, mut outcome) = (Vec::new(), Vec::new());
        for _ in 0..customers {
            let recency = (dice.uniform() * 90.0).floor();
            let count = (dice.normal().exp() * 5.0).floor();
            let score = if dice.uniform() < 0.2 { f64::NAN } else { dice.normal() };
            let other = dice.normal();
            let lot = dice.uniform();
            let plan = if lot < 0.5 {
                0
            } else if lot < 0.75 {
                1
            } else {
                NO_LEVEL
            };
            let hump = if (20.0..50.0).contains(&recency) { 1.6 } else { 0.0 };
            let interaction = if score > 0.0 && other > 0.0 { 1.4 } else { 0.0 };
            let log_odds = -1.2 + hump - 0.5 * count.ln_1p() + interaction + if plan == 1 { -0.8 } else { 0.3 };
            outcome.push(if dice.uniform() < 1.0 / (1.0 + (-log_odds).exp()) { Outcome::Yes } else { Outcome::No });
            for (column, value) in columns.iter_mut().zip([recency, count, score, other]) {
                column.push(value);
            }
            codes.push(plan);
        }
        let mut columns: Vec<FeatureColumn> =
            columns.into_iter().map(|numbers| FeatureColumn::Number(numbers.into())).collect();
        columns.push(FeatureColumn::Level { codes, levels: Arc::clone(&levels) });
        columns.push(FeatureColumn::Number(vec![7.0; customers as usize].into()));
        blocks.push(FeatureBlock { as_of: day(cutoff), customer: (0..customers).collect(), columns });
        labels.push(LabelBlock { as_of: day(cutoff), eligible: vec![true; outcome.len()], outcome });
    }
    let features = vec![
        info("days_since_last", "recency"),
        info("orders", "frequency"),
        info("score", "surveys"),
        info("other", "other"),
        info("plan", "attribute"),
        info("same_for_all", "other"),
    ];
    let frame = FeatureFrame { customers: Arc::new(CustomerIndex { ids }), features, blocks };
    (frame, Labels { target: "churn".to_owned(), blocks: labels })
}

/// Adds a feature to the only block.
pub fn with_column(frame: &mut FeatureFrame, name: &str, values: Vec<f64>) {
    frame.features.push(info(name, "attribute"));
    frame.blocks[0].columns.push(FeatureColumn::Number(values.into()));
}
