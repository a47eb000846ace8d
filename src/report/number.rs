//! Numbers as people read them: digits in groups, few decimals, a dash for "none".

/// What stands for a missing number.
pub const NONE: &str = "–";

/// A whole number with its digits in groups of three: `1,234,567`.
#[must_use]
pub fn count(number: u64) -> String {
    grouped(&number.to_string())
}

/// A number with a fixed number of decimals and grouped digits; a dash if it is not finite.
#[must_use]
pub fn decimals(number: f64, places: usize) -> String {
    if !number.is_finite() {
        return NONE.to_owned();
    }
    let text = format!("{:.places$}", number.abs());
    let (whole, fraction) = text.split_once('.').map_or((text.as_str(), None), |(whole, rest)| (whole, Some(rest)));
    let negative = number < 0.0 && text.bytes().any(|digit| (b'1'..=b'9').contains(&digit));
    let sign = if negative { "−" } else { "" };
    let fraction = fraction.map(|digits| format!(".{digits}")).unwrap_or_default();
    format!("{sign}{}{fraction}", grouped(whole))
}

/// A share of 1 as a percentage with one decimal: `12.3 %`.
#[must_use]
pub fn percent(share: f64) -> String {
    if share.is_finite() { format!("{} %", decimals(share * 100.0, 1)) } else { NONE.to_owned() }
}

fn grouped(digits: &str) -> String {
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_as_people_write_them() {
        assert_eq!(count(1_234_567), "1,234,567");
        assert_eq!(count(12), "12");
        assert_eq!(decimals(-1234.5, 2), "−1,234.50");
        assert_eq!(decimals(-0.001, 2), "0.00");
        assert_eq!(decimals(f64::NAN, 2), NONE);
        assert_eq!(percent(0.1234), "12.3 %");
    }
}
