//! The model: one penalised logistic regression over readable terms, calibrated, certified, exactly explainable.
//!
//! ```text
//! FeatureFrame + Labels ─ panel ─ leak screen ─ choice of shape ─ calibration ─ refit ─► Model (model.json)
//!                                   design: lines, hinges, levels, missing   (on held-out training rows only)
//!                                   boost: rules of ≤ 3 conditions
//! ```
//! Promises: no transform sees a test row; the optimum is certified (‖gradient‖∞ / n ≤ 1e-8); intercept + contributions +
//! calibration = log-odds; the same rows give the same bytes whatever the thread count.

mod artefact;
mod baseline;
mod bins;
mod block;
mod boost;
mod calibrate;
mod card;
mod choose;
mod column;
mod counted;
mod curvature;
mod design;
mod error;
mod explain;
mod fit;
mod folds;
mod forward;
mod hazard;
mod holdout;
mod isotonic;
mod leak;
mod matrix;
mod panel;
mod recipe;
mod shape;
mod stability;
mod train;
mod tree;
mod warm_start;

pub use artefact::{Candidate, Certificate, FORMAT, Model, ModelFeature, Uncertainty};
pub use baseline::baselines;
pub use calibrate::Calibration;
pub use column::{Codes, Column};
pub use design::{Basis, Design};
pub use error::Error;
pub use explain::{Explained, bounded, log_odds, probability};
pub use fit::{CERTIFIED_GRADIENT, Effort, Fitted, Problem, Start, fit, fit_from};
pub use folds::customer_fold;
pub use hazard::{Causes, Curve, Hazard, HazardRequest, Reasons, Share};
pub use holdout::grouped_folds;
pub use leak::Suspect;
pub use matrix::{Group, Matrix};
pub use panel::{Panel, RowRef, Span, Values, gather, spans};
pub use recipe::Recipe;
pub use shape::{Shape, Term};
pub use train::{FEWEST_EVENTS, TrainRequest, Trained, recently_active, slices_by_cutoff, train, train_panel};
pub use tree::{Node, Test, Tree};
