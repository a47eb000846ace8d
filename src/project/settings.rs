//! `[project]`: name, zone, calendar, segments, the date of frozen data.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::time::{Day, Zone};

/// General settings of a project.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The project's name, shown in summaries.
    pub name: String,
    /// IANA time zone that decides where a day begins.
    #[serde(default)]
    pub time_zone: Zone,
    /// First day of a week in KPIs.
    #[serde(default)]
    pub week_start: WeekStart,
    /// ISO 4217 code of the money columns, for display.
    #[serde(default)]
    pub currency: Option<String>,
    /// Columns of `customers` by which KPIs are also broken down.
    #[serde(default)]
    pub segments: Vec<String>,
    /// The date of frozen data; without it `--as-of` defaults to today.
    #[serde(default)]
    pub as_of: Option<Day>,
    /// How many days older than `as_of` the newest row may be before `run` refuses.
    #[serde(default = "three")]
    pub max_data_age_days: u32,
    /// Who counts as an active customer in KPIs: an open subscription, or a qualifying row in the last so many days.
    #[serde(default = "ninety")]
    pub active_within_days: u32,
}

/// The weekday on which a KPI week begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum WeekStart {
    /// ISO weeks.
    #[default]
    Monday,
    /// Weeks from Sunday.
    Sunday,
    /// Weeks from Saturday.
    Saturday,
}

const fn three() -> u32 {
    3
}

const fn ninety() -> u32 {
    90
}
