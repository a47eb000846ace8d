//! Calendar time of a project: whole local days, half-open windows, zones.
//!
//! The grid of the engine is the local calendar day. A row belongs to the day its instant has in the project's zone,
//! so "strictly before D 00:00 local" and "local day < D" are the same statement, whatever daylight saving does.

mod day;
mod window;
mod zone;

pub use day::{Day, ParseDayError};
pub use window::Window;
pub use zone::{DayClock, UnknownZone, Zone};
