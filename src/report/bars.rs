//! Small pictures made of characters.

const LEVELS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// One character per value, scaled from the smallest to the largest; a space where a value is missing.
#[must_use]
pub fn sparkline(values: &[Option<f64>]) -> String {
    let known = || values.iter().flatten().copied().filter(|value| value.is_finite());
    let low = known().fold(f64::INFINITY, f64::min);
    let high = known().fold(f64::NEG_INFINITY, f64::max);
    values.iter().map(|value| value.filter(|v| v.is_finite()).map_or(' ', |v| level(v, low, high))).collect()
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the position lies within 0 and 7")]
fn level(value: f64, low: f64, high: f64) -> char {
    let position = if high > low { (value - low) / (high - low) * 7.0 } else { 3.0 };
    LEVELS[(position.round() as usize).min(7)]
}

/// A bar of `width` characters for a share between 0 and 1.
#[must_use]
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the share is clamped to 0 and 1")]
pub fn share_bar(share: f64, width: usize) -> String {
    let filled = (share.clamp(0.0, 1.0) * width as f64).round() as usize;
    "█".repeat(filled) + &"·".repeat(width.saturating_sub(filled))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sparkline_keeps_its_gaps() {
        assert_eq!(sparkline(&[Some(0.0), None, Some(7.0)]), "▁ █");
        assert_eq!(sparkline(&[Some(2.0), Some(2.0)]), "▄▄");
        assert_eq!(share_bar(0.5, 4), "██··");
    }
}
