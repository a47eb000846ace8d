//! `manifest.json`: everything that decides who is in which arm.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Request;
use super::lot::{arm_of, share, stratified};
use crate::time::Day;

/// Version of the format; a reader refuses others.
pub const MANIFEST_FORMAT: u32 = 1;

/// An arm.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Arm {
    /// Its name.
    pub name: String,
    /// Its weight.
    pub weight: f64,
}

/// Everything that decides who is in which arm, frozen before any outcome.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Version of this format.
    pub format: u32,
    /// Name of the campaign.
    pub name: String,
    /// The run whose scores decided who is eligible.
    pub run: Day,
    /// The target of those scores.
    pub target: String,
    /// Salt of the campaign.
    pub salt: String,
    /// Salt of the draw.
    pub arm_salt: String,
    /// Arms in order.
    pub arms: Vec<Arm>,
    /// The arm that is left alone.
    pub control: String,
    /// Whether the draw was made within each score decile.
    pub stratified: bool,
    /// How the list was cut.
    pub selection: String,
    /// Number of eligible customers.
    pub eligible: u64,
    /// blake3 of their ids, ascending, one a line.
    pub eligible_hash: String,
    /// First day on which its customers are free again.
    pub live_until: Day,
    /// Share of all customers no campaign may touch, who are therefore not eligible.
    pub global_holdout: f64,
    /// What was planned.
    pub plan: Option<serde_json::Value>,
    /// blake3 of `assignments.parquet`.
    pub assignments: String,
    /// blake3 of this manifest with this field empty.
    pub digest: String,
}

impl Manifest {
    /// The manifest of a request for these customers (ascending), not yet sealed.
    #[must_use]
    pub fn new(request: &Request, customers: &[&str]) -> Self {
        Self {
            format: MANIFEST_FORMAT,
            name: request.name.clone(),
            run: request.run,
            target: request.target.clone(),
            salt: request.salt.clone(),
            arm_salt: request.arm_salt.clone(),
            arms: request.arms.clone(),
            control: request.control.clone(),
            stratified: request.stratified,
            selection: request.selection.clone(),
            eligible: customers.len() as u64,
            eligible_hash: eligible_hash(customers),
            live_until: request.live_until,
            global_holdout: request.global_holdout,
            plan: request.plan.clone(),
            assignments: String::new(),
            digest: String::new(),
        }
    }

    /// Arms of customers, drawn from nothing but this manifest, ids and strata.
    #[must_use]
    pub fn draw(&self, customers: &[&str], strata: &[String]) -> Vec<String> {
        let weights: Vec<f64> = self.arms.iter().map(|arm| arm.weight).collect();
        let shares: Vec<f64> = customers.iter().map(|customer| share(&self.salt, &self.arm_salt, customer)).collect();
        let mut drawn: Vec<Option<usize>> = shares.iter().map(|share| arm_of(*share, &weights)).collect();
        if self.stratified {
            let mut members: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
            for (at, stratum) in strata.iter().enumerate() {
                members.entry(stratum).or_default().push(at);
            }
            for members in members.into_values() {
                let own: Vec<(f64, &str)> = members.iter().map(|at| (shares[*at], customers[*at])).collect();
                for (at, arm) in members.into_iter().zip(stratified(&own, &weights)) {
                    drawn[at] = arm;
                }
            }
        }
        let name = |arm: Option<usize>| arm.map_or_else(String::new, |arm| self.arms[arm].name.clone());
        drawn.into_iter().map(name).collect()
    }

    /// The digest this manifest should carry.
    #[must_use]
    pub fn own_digest(&self) -> String {
        let bare = Self { digest: String::new(), ..self.clone() };
        let text = serde_json::to_vec(&bare).unwrap_or_default();
        blake3::hash(&text).to_hex().to_string()
    }
}

/// blake3 of ids, one a line.
#[must_use]
pub fn eligible_hash(customers: &[&str]) -> String {
    let mut hasher = blake3::Hasher::new();
    for customer in customers {
        hasher.update(customer.as_bytes());
        hasher.update(b"\n");
    }
    hasher.finalize().to_hex().to_string()
}
