//! Campaigns: who is at risk and should be contacted, who is held out, what the contact changed, and whom to contact next.
//!
//! [`export`] turns scores into a list.

mod error;
pub mod export;

pub use error::Error;
