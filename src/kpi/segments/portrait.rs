//! A customer as of a day: how recently, how often, for how much, and where in his life he is.

use crate::kpi::facts::{Course, Store};
use crate::time::Day;

/// One customer as of a day.
#[derive(Debug, Clone, Copy)]
pub struct Portrait {
    /// His number.
    pub subject: usize,
    /// His position among all customers by name.
    pub rank: usize,
    /// Days since the last order; `None` without one.
    pub recency_days: Option<i32>,
    /// Orders in the last 365 days.
    pub orders: u32,
    /// Net revenue of the last 365 days.
    pub revenue: f64,
    /// Days with a qualifying row in the last 90.
    pub active_days: u32,
    /// Days since the last qualifying row; days since the first sight without one.
    pub silent_days: i32,
    /// Days since he was first seen.
    pub tenure_days: i32,
    /// Whether he is active.
    pub is_active: bool,
    /// Where in his life he is.
    pub lifecycle: Lifecycle,
    /// Value by the declared basis times margin; 0 while not active.
    pub value: f64,
}

/// Where in his life a customer is; A = `active_within_days`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lifecycle {
    /// Active, and first seen within the last A days.
    New,
    /// Active, as he was A days ago.
    Active,
    /// Active, but silent for more than half of A, though he had been heard before.
    AtRisk,
    /// No longer active.
    Dormant,
    /// Active again: not A days ago, but seen before.
    Resurrected,
}

impl Lifecycle {
    /// Its name in result tables.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Active => "active",
            Self::AtRisk => "at_risk",
            Self::Dormant => "dormant",
            Self::Resurrected => "resurrected",
        }
    }
}

/// Portraits of all customers seen before a day, by name.
#[must_use]
pub fn portraits(store: &Store, as_of: Day) -> Vec<Portrait> {
    let mut portraits = Vec::new();
    let mut rank = 0;
    store.for_each_customer(|subject, course, first| {
        let day = as_of.epoch_days();
        if let Some(first) = first.filter(|first| *first < day) {
            portraits.push(Portrait { rank, ..portrait(store, subject, course, first, day) });
        }
        rank += 1;
    });
    portraits
}

fn portrait(store: &Store, subject: usize, course: &Course<'_>, first: i32, day: i32) -> Portrait {
    let last = course.last_active_before(day);
    let value = store.settings.basis.map_or(0.0, |basis| course.value_at(basis, day) * store.settings.margin);
    Portrait {
        subject,
        rank: 0,
        recency_days: course.last_order_before(day).map(|last| day - last),
        orders: course.orders_of_year(day),
        revenue: course.revenue_of_year(day),
        active_days: course.active_days_between(day - 90, day),
        silent_days: day - last.unwrap_or(first),
        tenure_days: day - first,
        is_active: course.is_active_at(day),
        lifecycle: lifecycle(course, first, last, day),
        value,
    }
}

fn lifecycle(course: &Course<'_>, first: i32, last: Option<i32>, day: i32) -> Lifecycle {
    let within = course.active_within_days;
    match last {
        _ if !course.is_active_at(day) => Lifecycle::Dormant,
        _ if first >= day.saturating_sub(within) => Lifecycle::New,
        _ if !course.is_active_at(day.saturating_sub(within)) => Lifecycle::Resurrected,
        Some(last) if day - last > within / 2 => Lifecycle::AtRisk,
        _ => Lifecycle::Active,
    }
}
