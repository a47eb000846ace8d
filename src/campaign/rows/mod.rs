//! An experiment row by row, for methods that sums do not serve: a design matrix in memory, in canonical order.
//!
//! Rows are sorted by everything they hold (arm, covariates, outcomes), so that whatever is computed from them in order
//! does not depend on the file's order; rows that tie are equal and may be exchanged.

mod design;
mod least_squares;
mod logit;
mod matrix;

pub use design::{Rows, read};
pub use least_squares::{LeastSquares, least_squares};
pub use logit::{Logit, logit, logit_with};
pub use matrix::Matrix;
