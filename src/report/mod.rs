//! Any result as text for people or data for programs. Knows how tables look, not what their numbers mean.

mod bars;
mod number;
mod table;

pub use bars::{share_bar, sparkline};
pub use number::{count, decimals, percent};
pub use table::{Align, Cell, Table};
