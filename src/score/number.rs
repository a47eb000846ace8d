//! Numbers inside sentences: as few digits as a person would say.

/// Whole numbers whole, others with at most two decimals, large ones with grouped digits.
pub(super) fn plain(value: f64) -> String {
    let places = if value.fract() == 0.0 || value.abs() >= 100.0 {
        0
    } else if value.abs() >= 10.0 {
        1
    } else {
        2
    };
    let text = crate::report::decimals(value, places);
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_the_digits_a_person_would_say() {
        let said: Vec<String> = [74.0, 21.37, 0.5, 1234.56, -0.333, 100.0].into_iter().map(plain).collect();
        assert_eq!(said, ["74", "21.4", "0.5", "1,235", "−0.33", "100"]);
    }
}
