//! Scores: one probability per customer, with an interval, a band, a value, and reasons that sum to it exactly.
//!
//! For every scored row `intercept + contribution_1 + … + contribution_5 + contribution_other +
//! contribution_calibration = log_odds = ln(score / (1 − score))`, to 1e-9. Contributions are grouped: all features of
//! one family count as one reason, told by its weightiest feature; attributes of customers stand for themselves.
//! A customer who cannot be scored is an abstention that says why, never a probability.

mod apply;
mod band;
mod counterfactual;
mod horizons;
mod ledger;
mod number;
pub mod portable;
mod reason;
mod row;
mod scores;
mod sentence;
mod typical;

pub use apply::{Request, Teller, abstain, features_of, score};
pub use counterfactual::{Change, changes};
pub use horizons::{CustomerCurve, horizons_frame};
pub use ledger::{Ledger, Standpoint};
pub use reason::{Groups, Reason, Weights};
pub use row::{Abstention, Judged, Row, Scored};
pub use scores::{REASONS, Scores, Unranked, frame};
pub use sentence::sentence;
pub use typical::{Typical, typical};
