//! Who is treated and who is held out: drawn once, frozen before anything is sent, and drawn again by every evaluation.
//!
//! `campaigns/<name>/` holds two files that appear together, by one rename, and never change afterwards:
//! - `manifest.json`: [`Manifest`], with a digest of itself;
//! - `assignments.parquet`: `customer, arm, stratum, score, value`, ascending by customer.

mod lot;
mod manifest;
mod store;

pub use lot::{arm_of, share, stratified};
pub use manifest::{Arm, MANIFEST_FORMAT, Manifest};
pub use store::{Campaign, folder, freeze, live, load};

use std::collections::{BTreeMap, BTreeSet};

use polars::prelude::*;

use super::Error;
use crate::time::Day;

/// What is asked of an assignment.
#[derive(Debug, Clone)]
pub struct Request {
    /// Name of the campaign.
    pub name: String,
    /// The run whose scores decide who is eligible.
    pub run: Day,
    /// The target those scores are of.
    pub target: String,
    /// Arms with their weights, in order.
    pub arms: Vec<Arm>,
    /// The arm that is left alone.
    pub control: String,
    /// Salt of the campaign.
    pub salt: String,
    /// Salt of the draw within it.
    pub arm_salt: String,
    /// Draw within each score decile.
    pub stratified: bool,
    /// How the list was cut, in words, for the manifest.
    pub selection: String,
    /// First day on which its customers are free for other campaigns again.
    pub live_until: Day,
    /// Share of all customers that no campaign may touch.
    pub global_holdout: f64,
    /// What was planned.
    pub plan: Option<serde_json::Value>,
}

/// Salt and arm salt of the draw that sets customers aside from all campaigns.
const GLOBAL: (&str, &str) = ("tidewatch", "global_holdout");

/// Whether the customer is one of those no campaign may touch.
#[must_use]
pub fn is_global_holdout(customer: &str, global_holdout: f64) -> bool {
    share(GLOBAL.0, GLOBAL.1, customer) < global_holdout
}

/// Draws the arms of the customers of a list (`customer`, and where it has them `decile, score, value`), leaving out those
/// set aside for all campaigns and those `busy` in another one.
///
/// # Errors
/// When nobody is left, or the list lacks a column.
pub fn assign(request: &Request, list: &DataFrame, busy: &BTreeSet<String>) -> Result<Campaign, Error> {
    let customers = list.column("customer")?.cast(&DataType::String)?;
    let customers: Vec<String> = customers.str()?.iter().map(|id| id.unwrap_or_default().to_owned()).collect();
    let free = |at: &usize| {
        let customer = &customers[*at];
        !busy.contains(customer) && !is_global_holdout(customer, request.global_holdout)
    };
    let mut order: Vec<usize> = (0..customers.len()).filter(free).collect();
    order.sort_by(|a, b| customers[*a].cmp(&customers[*b]));
    if order.is_empty() {
        return Err(Error::NobodyEligible { busy: busy.len() });
    }
    let ids: Vec<&str> = order.iter().map(|at| customers[*at].as_str()).collect();
    let strata = strata(list, &order, request.stratified)?;
    let manifest = Manifest::new(request, &ids);
    let arms = manifest.draw(&ids, &strata);
    let number = |name: &str| -> Result<Column, Error> {
        let values: Vec<Option<f64>> = match list.column(name) {
            Ok(column) => {
                let column = column.cast(&DataType::Float64)?;
                let values = column.f64()?;
                order.iter().map(|at| values.get(*at)).collect()
            }
            Err(_) => vec![None; order.len()],
        };
        Ok(Column::new(name.into(), values))
    };
    let columns = vec![
        Column::new("customer".into(), ids),
        Column::new("arm".into(), arms),
        Column::new("stratum".into(), strata),
        number("score")?,
        number("value")?,
    ];
    Ok(Campaign { manifest, assignments: DataFrame::new(order.len(), columns)? })
}

fn strata(list: &DataFrame, order: &[usize], stratified: bool) -> Result<Vec<String>, Error> {
    if !stratified {
        return Ok(vec!["all".to_owned(); order.len()]);
    }
    let deciles = list.column("decile")?.cast(&DataType::Int64)?;
    let deciles = deciles.i64()?;
    let name = |at: &usize| deciles.get(*at).map_or_else(|| "none".to_owned(), |decile| format!("decile_{decile}"));
    Ok(order.iter().map(name).collect())
}

/// Rows per arm, in the manifest's order.
///
/// # Errors
/// When the assignments lack a column.
pub fn counts(campaign: &Campaign) -> Result<Vec<(String, u64)>, Error> {
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    for arm in campaign.assignments.column("arm")?.str()?.iter().flatten() {
        *counts.entry(arm.to_owned()).or_default() += 1;
    }
    let arms = campaign.manifest.arms.iter();
    Ok(arms.map(|arm| (arm.name.clone(), counts.get(&arm.name).copied().unwrap_or(0))).collect())
}
