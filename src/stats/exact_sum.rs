//! A sum of `f64` that does not depend on the order of its terms.

use std::iter::Sum;
use std::ops::{Add, AddAssign, Neg, Sub};

/// Fraction bits kept: a term is rounded once, to 2⁻⁵⁰ ≈ 9·10⁻¹⁶.
const FRACTION_BITS: i32 = 50;

/// Order-independent sum of finite `f64` terms in 128-bit fixed point.
///
/// Each term is rounded to a multiple of 2⁻⁵⁰ (exact for counts, far below a cent for money), then added as an integer, so
/// any order, any split into threads and any merge gives the same bits. Holds sums up to 2⁷⁷ ≈ 1.5·10²³.
/// Terms that are NaN or infinite are ignored: the contract stage has refused or quarantined them before.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct ExactSum(i128);

impl ExactSum {
    /// The empty sum.
    pub const ZERO: Self = Self(0);

    /// The sum as the nearest `f64`.
    #[must_use]
    pub fn value(self) -> f64 {
        self.0 as f64 * 2f64.powi(-FRACTION_BITS)
    }

    /// The sum as an unevaluated pair of `f64`: the nearest, and what it lacks. For differences of large equal sums.
    #[must_use]
    pub fn pair(self) -> (f64, f64) {
        let unit = 2f64.powi(-FRACTION_BITS);
        let nearest = self.0 as f64;
        #[expect(clippy::cast_possible_truncation, reason = "the float came from this integer; saturation is checked")]
        let rest = self.0.saturating_sub(nearest as i128) as f64;
        (nearest * unit, rest * unit)
    }

    /// The sum in units of 2⁻⁵⁰, if it is small: many of them are added faster than sums are.
    #[must_use]
    pub fn units(self) -> Option<i64> {
        i64::try_from(self.0).ok()
    }

    /// The sum of so many units of 2⁻⁵⁰.
    #[must_use]
    pub fn of_units(units: i64) -> Self {
        Self(units.into())
    }

    /// The sum of terms that are whole, added up beforehand.
    #[must_use]
    pub fn of_whole(whole: i64) -> Self {
        Self(i128::from(whole) << FRACTION_BITS)
    }

    /// Whether the sum left the range of the format, and is therefore wrong.
    #[must_use]
    pub fn overflowed(self) -> bool {
        self.0 == i128::MAX || self.0 <= -i128::MAX
    }
}

impl From<f64> for ExactSum {
    /// Rounds half away from zero, by the bits: a cast of an `f64` to 128 bits is a slow library call.
    fn from(term: f64) -> Self {
        let bits = term.to_bits();
        let exponent = ((bits >> 52) & 0x7ff) as i32;
        if exponent == 0 || exponent == 0x7ff {
            // Subnormal terms round to 0; NaN and infinity are ignored.
            return Self::ZERO;
        }
        let digits = (bits & ((1 << 52) - 1)) | (1 << 52);
        let shift = exponent - 1075 + FRACTION_BITS;
        let size = match shift {
            ..-54 => 0,
            -54..=-1 => i128::from((digits + (1 << (-shift - 1))) >> -shift),
            0..=74 => i128::from(digits) << shift,
            _ => i128::MAX,
        };
        Self(if term.is_sign_negative() { -size } else { size })
    }
}

impl AddAssign<f64> for ExactSum {
    fn add_assign(&mut self, term: f64) {
        *self += Self::from(term);
    }
}

impl AddAssign for ExactSum {
    fn add_assign(&mut self, other: Self) {
        self.0 = self.0.saturating_add(other.0);
    }
}

impl Add for ExactSum {
    type Output = Self;

    fn add(mut self, other: Self) -> Self {
        self += other;
        self
    }
}

impl Sub for ExactSum {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        self + -other
    }
}

impl Neg for ExactSum {
    type Output = Self;

    fn neg(self) -> Self {
        Self(-self.0)
    }
}

impl Sum<f64> for ExactSum {
    fn sum<I: Iterator<Item = f64>>(terms: I) -> Self {
        let mut total = Self::ZERO;
        for term in terms {
            total += term;
        }
        total
    }
}

impl Sum for ExactSum {
    fn sum<I: Iterator<Item = Self>>(terms: I) -> Self {
        terms.fold(Self::ZERO, Add::add)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_does_not_change_the_bits() {
        let terms: Vec<f64> = (0..1000).map(|i| f64::from(i).sin() * 10f64.powi(i % 9)).collect();
        let forward: ExactSum = terms.iter().copied().sum();
        let backward: ExactSum = terms.iter().rev().copied().sum();
        assert_eq!(forward, backward);
    }

    #[test]
    fn whole_terms_may_be_added_up_beforehand() {
        for whole in [0i32, 7, -7, i32::MAX, i32::MIN] {
            let terms = [f64::from(whole) - 5.0, 3.0, 2.0];
            assert_eq!(ExactSum::of_whole(whole.into()), terms.into_iter().sum());
        }
    }

    #[test]
    fn cents_add_up_to_the_rounding_of_each_term() {
        let total: ExactSum = std::iter::repeat_n(0.1, 10).sum();
        assert!((total.value() - 1.0).abs() <= 10.0 * 2f64.powi(-51));
    }
}
