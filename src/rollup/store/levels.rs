//! Levels that are in use.

use crate::rollup::codes::{Codes, positions_among};

/// The codes among those of the `levels` that they name, and these levels in their order.
pub fn picked(codes: Codes, levels: &[String]) -> (Codes, Vec<String>) {
    let mut is_used = vec![false; levels.len()];
    for row in 0..codes.len() {
        if let Some(used) = is_used.get_mut(codes.at(row) as usize) {
            *used = true;
        }
    }
    if is_used.iter().all(|&used| used) {
        return (codes, levels.to_vec());
    }
    let positions = positions_among(&is_used);
    let kept = levels.iter().zip(is_used).filter(|(_, used)| *used);
    (codes.renumbered(&positions), kept.map(|(level, _)| level.clone()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rollup::customers::NO_LEVEL;

    #[test]
    fn levels_that_no_row_has_are_left_out() {
        let levels = ["a", "b", "c", "d"].map(str::to_owned);
        let (codes, kept) = picked(vec![3, NO_LEVEL, 1].into(), &levels);
        assert_eq!((codes.wide(), kept), (vec![1, NO_LEVEL, 0], vec!["b".to_owned(), "d".to_owned()]));
        let (codes, kept) = picked(vec![0, 1, 2, 3].into(), &levels);
        assert_eq!((codes.wide(), kept), (vec![0, 1, 2, 3], levels.to_vec()));
    }
}
