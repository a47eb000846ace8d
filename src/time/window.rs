//! Half-open spans of whole local days.

use std::fmt;

use super::Day;

/// The days `[start, end)`: `start` is inside, `end` is not. Every window in the engine is half-open in this direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Window {
    /// First day inside.
    pub start: Day,
    /// First day after the window.
    pub end: Day,
}

impl Window {
    /// The `days` days that end just before `as_of`: `[as_of - days, as_of)`.
    #[must_use]
    pub fn before(as_of: Day, days: u32) -> Self {
        Self { start: as_of.plus(-days_i32(days)), end: as_of }
    }

    /// The label window `[as_of + gap, as_of + gap + horizon)`.
    #[must_use]
    pub fn after(as_of: Day, gap_days: u32, horizon_days: u32) -> Self {
        let start = as_of.plus(days_i32(gap_days));
        Self { start, end: start.plus(days_i32(horizon_days)) }
    }

    /// Whether `day` lies inside.
    #[must_use]
    pub fn contains(self, day: Day) -> bool {
        self.start <= day && day < self.end
    }

    /// Number of days inside; 0 when empty.
    #[must_use]
    pub fn days(self) -> i32 {
        self.end.since(self.start).max(0)
    }
}

impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{}, {})", self.start, self.end)
    }
}

fn days_i32(days: u32) -> i32 {
    i32::try_from(days).unwrap_or(i32::MAX / 4)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_before_a_cutoff_never_holds_the_cutoff() {
        let as_of: Day = "2025-06-01".parse().expect("valid");
        let window = Window::before(as_of, 7);
        assert_eq!(window.days(), 7);
        assert!(window.contains(as_of.plus(-1)) && window.contains(as_of.plus(-7)));
        assert!(!window.contains(as_of) && !window.contains(as_of.plus(-8)));
    }

    #[test]
    fn a_label_window_starts_after_its_gap() {
        let as_of: Day = "2025-06-01".parse().expect("valid");
        let window = Window::after(as_of, 3, 30);
        assert_eq!(window.to_string(), "[2025-06-04, 2025-07-04)");
    }
}
