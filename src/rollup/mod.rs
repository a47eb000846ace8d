//! The rollup: from checked tables to a history in which every customer's rows lie together, in the order of time.
//!
//! Each table is read once; only the columns somebody needs are kept ([`Needs`]), typed and narrow, text as codes of
//! sorted levels, times as local days. Customers are numbered by the bytes of their ids, so that numbers, and with them
//! all results, do not depend on the order of files or rows or on the number of threads.

mod build;
mod customers;
mod derived;
mod error;
mod history;
mod intern;
mod needs;
mod raw;
pub mod store;

pub use customers::{CustomerIndex, NO_LEVEL};
pub use error::Error;
pub use history::{Column, History, NEVER, TableHistory, Values};
pub use needs::{Needs, TableNeeds, has_column, roots};
