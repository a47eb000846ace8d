//! Why a lifetime model cannot be fitted.

use crate::error::{Exit, Explain};

/// Why a lifetime model cannot be fitted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Too few customers came back.
    #[error("{repeaters} customers bought again: too few to tell how often customers buy")]
    TooFew {
        /// Customers with a second purchase.
        repeaters: usize,
        /// How many are needed.
        needed: usize,
    },
    /// No start led to a maximum.
    #[error("the likelihood of the {model} model has no maximum inside sensible parameters")]
    NoMaximum {
        /// The model.
        model: &'static str,
    },
}

impl Explain for Error {
    fn exit(&self) -> Exit {
        Exit::NotEnoughData
    }

    fn expectation(&self) -> Option<String> {
        match self {
            Self::TooFew { needed, .. } => Some(format!("at least {needed} customers with two or more purchases")),
            Self::NoMaximum { .. } => None,
        }
    }

    fn hint(&self) -> Option<String> {
        Some("use another basis of value, such as `[value] basis = \"revenue_365\"`".to_owned())
    }
}
