//! Money as whole cents, so that bridges sum to the cent and not to within a rounding.

use std::iter::Sum;
use std::ops::{Add, AddAssign, Neg, Sub};

/// An amount in hundredths of the project's currency.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cents(i64);

impl Cents {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// The amount rounded to the cent, halves away from zero; not a number counts as nothing.
    #[must_use]
    #[expect(clippy::cast_possible_truncation, reason = "the saturating cast is meant; NaN becomes 0")]
    pub fn from_amount(amount: f64) -> Self {
        Self((amount * 100.0).round() as i64)
    }

    /// So many hundredths.
    #[must_use]
    pub const fn new(cents: i64) -> Self {
        Self(cents)
    }

    /// The number of hundredths.
    #[must_use]
    pub const fn get(self) -> i64 {
        self.0
    }

    /// The amount in units of the currency.
    #[must_use]
    pub fn amount(self) -> f64 {
        self.0 as f64 / 100.0
    }
}

impl Add for Cents {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl Sub for Cents {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl Neg for Cents {
    type Output = Self;

    fn neg(self) -> Self {
        Self(self.0.saturating_neg())
    }
}

impl AddAssign for Cents {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Sum for Cents {
    fn sum<I: Iterator<Item = Self>>(terms: I) -> Self {
        terms.fold(Self::ZERO, Add::add)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_dimes_are_a_unit() {
        let total: Cents = std::iter::repeat_n(Cents::from_amount(0.1), 10).sum();
        assert_eq!(total, Cents::new(100));
        assert_eq!(total.amount(), 1.0);
    }

    #[test]
    fn amounts_round_to_the_nearest_cent() {
        assert_eq!(Cents::from_amount(1.005_1).get(), 101);
        assert_eq!(Cents::from_amount(-0.999).get(), -100);
        assert_eq!(Cents::from_amount(f64::NAN), Cents::ZERO);
    }
}
