//! Applying a model to the customers of one night.

use std::sync::OnceLock;

use rayon::prelude::*;

use super::horizons::CustomerCurve;
use super::reason::Groups;
use super::row::{Abstention, Judged};
use super::scores::{Scores, Unranked};
use super::sentence::sentence;
use super::typical::{Typical, typical};
use crate::feature::{FeatureBlock, FeatureColumn, FeatureFrame, FeatureInfo, Narrow};
use crate::model::{Error, Explained, Hazard, Model};
use crate::project::Bands;
use crate::registry::Version;

/// Rows whose reasons of an end are looked into at once: bounds what is held beside the finished rows.
const CHUNK: usize = 65_536;
/// A customer of whom a larger share of the features lies outside everything the model has seen is not scored.
const MOST_OUTSIDE: f64 = 0.5;
/// Days after its newest outcome for which a model is believed.
const LIFE_OF_A_MODEL_DAYS: i32 = 365;

/// Who is to be scored, and how.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// The target.
    pub target: &'a str,
    /// Length of its label window; `None` for outcomes without dates.
    pub horizon_days: Option<u32>,
    /// Features.
    pub frame: &'a FeatureFrame,
    /// Which block of the frame is the night.
    pub block: usize,
    /// Who is eligible, one entry per row of the block; others are left out.
    pub eligible: &'a [bool],
    /// What customers are worth, one entry per row of the block; NaN if unknown.
    pub values: &'a [f64],
    /// Names of ranges of risk.
    pub bands: &'a Bands,
}

impl Request<'_> {
    fn night(&self) -> &FeatureBlock {
        &self.frame.blocks[self.block]
    }

    fn rows(&self) -> Vec<usize> {
        (0..self.night().len()).filter(|&row| self.eligible[row]).collect()
    }

    fn head(&self, version: Option<&Version>) -> Scores {
        Scores {
            target: self.target.to_owned(),
            as_of: self.night().as_of,
            horizon_days: self.horizon_days,
            model: version.map(|version| version.name().to_owned()),
            rows: Vec::new(),
            horizons: Vec::new(),
            curves: Vec::new(),
        }
    }

    fn unranked(&self, row: usize, verdict: Result<Judged, Abstention>) -> Unranked {
        let customer = self.frame.customers.id(self.night().customer[row]).to_owned();
        Unranked { customer, value: self.values[row], verdict }
    }
}

/// Scores every eligible customer of the night.
///
/// # Errors
/// [`Error::FeatureMissing`] or [`Error::FeatureChanged`] when the features are not those the model was trained on.
pub fn score(model: &Model, version: &Version, request: &Request<'_>) -> Result<Scores, Error> {
    let rows = request.rows();
    let teller = Teller::new(model, request, &rows)?;
    let judge = |rows: &[usize], explained: &Explained| {
        let verdict = |(at, &row): (usize, &usize)| {
            let judged = || Ok(teller.judge(explained, at, row));
            request.unranked(row, teller.abstains(explained, at, row).map_or_else(judged, Err))
        };
        let customers: Vec<Unranked> = rows.iter().enumerate().map(verdict).collect();
        let raw = explained.log_odds.iter().zip(&explained.calibration).map(|(log_odds, shift)| log_odds - shift);
        (customers, raw.collect::<Vec<f64>>())
    };
    let judged = model.explain_each(request.frame, request.block, &rows, judge)?;
    let curves = match &model.horizons {
        Some(hazard) => curves(hazard, request, &rows, &judged)?,
        None => Vec::new(),
    };
    let horizons = model.horizons.as_ref().map(|hazard| hazard.horizons.clone()).unwrap_or_default();
    let head = Scores { horizons, curves, ..request.head(Some(version)) };
    Ok(head.rank(judged.into_iter().flat_map(|(customers, _)| customers), request.bands))
}

/// The curves over the horizons of the rows that are scored, of customers in pieces with their log-odds before calibration.
fn curves(
    hazard: &Hazard,
    request: &Request<'_>,
    rows: &[usize],
    judged: &[(Vec<Unranked>, Vec<f64>)],
) -> Result<Vec<CustomerCurve>, Error> {
    let mut reasons = Vec::new();
    if let Some(causes) = &hazard.causes {
        for rows in rows.chunks(CHUNK) {
            reasons.extend(causes.shares(request.frame, request.block, rows)?);
        }
    }
    let all = judged.iter().flat_map(|(customers, raw)| customers.iter().zip(raw)).enumerate();
    let curve = |(at, (one, raw)): (usize, (&Unranked, &f64))| CustomerCurve {
        customer: one.customer.clone(),
        curve: hazard.curve(*raw),
        reasons: reasons.get(at).copied(),
    };
    Ok(all.filter(|(_, (one, _))| one.verdict.is_ok()).map(curve).collect())
}

/// Says of every eligible customer that there is no score, and why.
#[must_use]
pub fn abstain(request: &Request<'_>, why: Abstention) -> Scores {
    let customers = request.rows().into_iter().map(|row| request.unranked(row, Err(why)));
    request.head(None).rank(customers, request.bands)
}

/// The features a model needs, by name and definition.
#[must_use]
pub fn features_of(model: &Model) -> Vec<FeatureInfo> {
    let info = |feature: &crate::model::ModelFeature| FeatureInfo {
        name: feature.name.clone(),
        family: feature.family.clone(),
        unit: feature.unit.clone(),
        why: String::new(),
        definition: feature.definition.clone(),
        sources: Vec::new(),
    };
    model.features.iter().map(info).collect()
}

/// What is needed to tell a model's contributions in words.
pub struct Teller<'a> {
    groups: Groups,
    features: Vec<Told<'a>>,
    /// Features that say how long a customer is with the company, with the shortest time seen in training.
    tenures: Vec<(&'a Narrow, f64)>,
    is_stale: bool,
}

/// One feature of the model on the night.
struct Told<'a> {
    info: &'a FeatureInfo,
    column: &'a FeatureColumn,
    usual: Typical,
    /// What is said of small whole numbers, the same for many customers: kept once said.
    said: Vec<OnceLock<String>>,
}

/// Whole numbers below this are said once.
const SMALL: usize = 512;

impl Told<'_> {
    fn sentence(&self, row: usize) -> String {
        let fresh = || sentence(self.info, self.column, row, &self.usual);
        match self.column {
            FeatureColumn::Number(values) => match place(values.at(row)) {
                Some(place) => self.said[place].get_or_init(fresh).clone(),
                None => fresh(),
            },
            FeatureColumn::Level { .. } => fresh(),
        }
    }
}

/// Where a small whole number, or an unknown one, is kept.
fn place(value: f64) -> Option<usize> {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "compared with the value")]
    let whole = value as usize;
    if value.is_nan() {
        Some(SMALL)
    } else {
        (whole < SMALL && whole as f64 == value && value.is_sign_positive()).then_some(whole)
    }
}

impl<'a> Teller<'a> {
    /// A teller for the rows of the night; what is usual is measured among them.
    ///
    /// # Errors
    /// [`Error::FeatureMissing`] if the frame lacks one of the model's features.
    pub fn new(model: &'a Model, request: &Request<'a>, rows: &[usize]) -> Result<Self, Error> {
        let told = |feature: &crate::model::ModelFeature| {
            let position = request.frame.features.iter().position(|info| info.name == feature.name);
            let position = position.ok_or_else(|| Error::FeatureMissing { feature: feature.name.clone() })?;
            let column = &request.frame.blocks[request.block].columns[position];
            let said = vec![OnceLock::new(); SMALL + 1];
            Ok(Told { info: &request.frame.features[position], column, usual: typical(column, rows), said })
        };
        let features: Vec<Told<'a>> = model.features.par_iter().map(told).collect::<Result<_, Error>>()?;
        let infos: Vec<FeatureInfo> = features.iter().map(|told| told.info.clone()).collect();
        let tenure = |(told, known): (&Told<'a>, &crate::model::ModelFeature)| {
            let (shortest, _) = known.range.filter(|_| known.family == "tenure" && known.unit == "days")?;
            match told.column {
                FeatureColumn::Number(values) => Some((values, shortest)),
                FeatureColumn::Level { .. } => None,
            }
        };
        let tenures = features.iter().zip(&model.features).filter_map(tenure).collect();
        let is_stale = model.last_label_end.is_some_and(|end| end.plus(LIFE_OF_A_MODEL_DAYS) < request.night().as_of);
        Ok(Self { groups: Groups::new(&infos), features, tenures, is_stale })
    }

    /// The score of a row, with its reasons.
    #[must_use]
    pub fn judge(&self, explained: &Explained, at: usize, row: usize) -> Judged {
        let weights = self.groups.weigh(explained.contributions_of(at), |feature| self.sentence(feature, row));
        let interval = (explained.low[at], explained.high[at]);
        Judged::new(explained.log_odds[at], interval, explained.intercept, weights, explained.calibration[at])
    }

    /// A feature's value of a row in words.
    #[must_use]
    pub fn sentence(&self, feature: usize, row: usize) -> String {
        self.features[feature].sentence(row)
    }

    fn abstains(&self, explained: &Explained, at: usize, row: usize) -> Option<Abstention> {
        let outside = f64::from(explained.outside[at]);
        if self.is_stale {
            Some(Abstention::Stale)
        } else if self.is_too_new(row) {
            Some(Abstention::TooNew)
        } else if outside > 2.0 && outside > MOST_OUTSIDE * self.features.len() as f64 {
            Some(Abstention::OutOfRange)
        } else {
            None
        }
    }

    /// Whether the customer is with the company for less time than anybody the model was fitted on.
    fn is_too_new(&self, row: usize) -> bool {
        self.tenures.iter().any(|(values, shortest)| values.at(row) < *shortest && values.at(row) >= 0.0)
    }
}
