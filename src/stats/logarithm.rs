//! ln(1 + x), written so that the compiler can use vector instructions.
//!
//! fdlibm's reduction of 1 + x to m · 2^k with m between √½ and √2, and its polynomial in (m − 1) / (m + 1), without branches,
//! tables or library calls: within two units in the last place, and the same bits wherever it is inlined.

const LN_2_HIGH: f64 = 6.931_471_803_691_238e-1;
const LN_2_LOW: f64 = 1.908_214_929_270_587_7e-10;
/// The bits of 1 and of √½.
const ONE: u64 = 0x3ff0_0000_0000_0000;
const ROOT_OF_HALF: u64 = 0x3fe6_a09e_667f_3bcd;
/// The bits of a fraction.
const FRACTION: u64 = (1 << 52) - 1;
/// 2⁵², and its sum with the exponent of 1: whole numbers below it stand in the low bits of their sum with 2⁵².
const TWO_TO_52: u64 = 0x4330_0000_0000_0000;
const TWO_TO_52_AND_BIAS: f64 = 4_503_599_627_371_519.0;
const EVEN: [f64; 3] = [0.399_999_999_994_094_2, 0.222_221_984_321_497_84, 0.153_138_376_992_093_73];
const ODD: [f64; 4] =
    [0.666_666_666_666_673_5, 0.285_714_287_436_623_9, 0.181_835_721_616_180_5, 0.147_981_986_051_165_86];

/// ln(1 + x) for x > −1; NaN and ∞ stay.
#[inline]
#[must_use]
pub fn ln_1p(x: f64) -> f64 {
    let sum = 1.0 + x;
    // What the sum has lost of x.
    let lost = if x < 1.0 { x - (sum - 1.0) } else { 1.0 - (sum - x) };
    let shifted = sum.to_bits().wrapping_add(ONE - ROOT_OF_HALF);
    let exponent = f64::from_bits(TWO_TO_52 | (shifted >> 52)) - TWO_TO_52_AND_BIAS;
    let fraction = f64::from_bits((shifted & FRACTION) + ROOT_OF_HALF) - 1.0;
    let ratio = fraction / (2.0 + fraction);
    let square = ratio * ratio;
    let fourth = square * square;
    let even = fourth * (EVEN[0] + fourth * (EVEN[1] + fourth * EVEN[2]));
    let odd = square * (ODD[0] + fourth * (ODD[1] + fourth * (ODD[2] + fourth * ODD[3])));
    let half = 0.5 * fraction * fraction;
    let tail = ratio * (half + (even + odd)) + (exponent * LN_2_LOW + lost / sum);
    let found = ((tail - half) + fraction) + exponent * LN_2_HIGH;
    if x < f64::INFINITY { found } else { x }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_within_rounding_of_the_library() {
        let near = |x: f64| {
            let wanted = x.ln_1p();
            assert!((ln_1p(x) - wanted).abs() <= 2.0 * f64::EPSILON * wanted.abs(), "{x}: {} {wanted}", ln_1p(x));
        };
        (0..100_000).for_each(|step| near(f64::from(step) * 0.037));
        (0..100_000).for_each(|step| near(f64::from(step) * 9e-6));
        (1..10_000).for_each(|step| near(-f64::from(step) * 1e-4));
        (-300..300).for_each(|power| near(1.37 * 10f64.powi(power)));
    }

    #[test]
    fn what_is_no_number_stays() {
        assert!(ln_1p(f64::NAN).is_nan());
        assert_eq!(
            (ln_1p(f64::INFINITY), ln_1p(0.0), ln_1p(f64::MIN_POSITIVE)),
            (f64::INFINITY, 0.0, f64::MIN_POSITIVE)
        );
    }
}
