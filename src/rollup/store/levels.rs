//! Sorted lists of texts, put together.

use polars::prelude::{InitHashMaps as _, PlHashMap};

use crate::rollup::customers::NO_LEVEL;

/// Sorted lists as one.
pub struct Union {
    /// All texts, ascending, each once.
    pub texts: Vec<String>,
    /// For every list, the position of each of its texts among all.
    pub places: Vec<Vec<u32>>,
}

/// Puts together lists that are ascending and without repetition.
pub fn union(lists: &[&[String]]) -> Union {
    let longest = lists.iter().map(|list| list.len()).max().unwrap_or(0);
    if let Some(equal) = lists.first().filter(|first| lists.iter().all(|list| list == *first)) {
        let places = vec![(0..).take(equal.len()).collect(); lists.len()];
        return Union { texts: equal.to_vec(), places };
    }
    let mut numbers: PlHashMap<&str, u32> = PlHashMap::with_capacity(longest * 2);
    let mut arrivals: Vec<&str> = Vec::with_capacity(longest);
    let mut places: Vec<Vec<u32>> = Vec::with_capacity(lists.len());
    for list in lists {
        let number = |text| {
            *numbers.entry(text).or_insert_with(|| {
                arrivals.push(text);
                u32::try_from(arrivals.len() - 1).unwrap_or(NO_LEVEL)
            })
        };
        places.push(list.iter().map(String::as_str).map(number).collect());
    }
    let mut order: Vec<u32> = (0..).take(arrivals.len()).collect();
    order.sort_unstable_by_key(|&arrival| arrivals[arrival as usize]);
    let mut sorted = vec![0u32; arrivals.len()];
    order.iter().zip(0..).for_each(|(&arrival, place)| sorted[arrival as usize] = place);
    places.iter_mut().flatten().for_each(|place| *place = sorted[*place as usize]);
    Union { texts: order.iter().map(|&arrival| arrivals[arrival as usize].to_owned()).collect(), places }
}

/// Codes and levels, without levels that no code names.
pub fn pruned(mut codes: Vec<u32>, levels: Vec<String>) -> (Vec<u32>, Vec<String>) {
    let is_used = used(&codes, levels.len());
    if is_used.iter().all(|&used| used) {
        return (codes, levels);
    }
    renumber(&mut codes, &places(&is_used));
    (codes, levels.into_iter().zip(is_used).filter_map(|(level, used)| used.then_some(level)).collect())
}

/// Codes and levels as they must be: levels ascending, each once, each named by a code.
pub fn canonical(mut codes: Vec<u32>, levels: Vec<String>) -> (Vec<u32>, Vec<String>) {
    if levels.is_sorted_by(|a, b| a < b) {
        return pruned(codes, levels);
    }
    let is_used = used(&codes, levels.len());
    let mut place = vec![NO_LEVEL; levels.len()];
    let mut order: Vec<(String, usize)> =
        levels.into_iter().zip(0..).filter(|&(_, arrival)| is_used[arrival]).collect();
    order.sort_unstable();
    let mut sorted: Vec<String> = Vec::with_capacity(order.len());
    for (level, arrival) in order {
        if sorted.last() != Some(&level) {
            sorted.push(level);
        }
        place[arrival] = u32::try_from(sorted.len() - 1).unwrap_or(NO_LEVEL);
    }
    renumber(&mut codes, &place);
    (codes, sorted)
}

/// Few of many levels are found by sorting what names them.
const MANY_LEVELS: usize = 8;

/// The codes among those of the `levels` that they name, and these levels; the levels are ascending.
pub fn picked(mut codes: Vec<u32>, levels: &[String]) -> (Vec<u32>, Vec<String>) {
    if levels.len() / MANY_LEVELS < codes.len() {
        let is_used = used(&codes, levels.len());
        renumber(&mut codes, &places(&is_used));
        let kept = levels.iter().zip(is_used).filter(|(_, used)| *used);
        return (codes, kept.map(|(level, _)| level.clone()).collect());
    }
    let mut named = codes.clone();
    named.sort_unstable();
    named.dedup();
    named.retain(|&code| (code as usize) < levels.len());
    for code in &mut codes {
        let place = named.binary_search(code).ok().and_then(|place| u32::try_from(place).ok());
        *code = place.unwrap_or(NO_LEVEL);
    }
    (codes, named.into_iter().map(|code| levels[code as usize].clone()).collect())
}

/// For every level its position among those in use.
fn places(is_used: &[bool]) -> Vec<u32> {
    let mut place = vec![NO_LEVEL; is_used.len()];
    is_used.iter().zip(&mut place).filter(|(used, _)| **used).zip(0..).for_each(|((_, place), next)| *place = next);
    place
}

fn used(codes: &[u32], levels: usize) -> Vec<bool> {
    let mut is_used = vec![false; levels];
    for &code in codes {
        if let Some(used) = is_used.get_mut(code as usize) {
            *used = true;
        }
    }
    is_used
}

fn renumber(codes: &mut [u32], place: &[u32]) {
    for code in codes {
        *code = place.get(*code as usize).copied().unwrap_or(NO_LEVEL);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|&text| text.to_owned()).collect()
    }

    #[test]
    fn lists_are_put_together_by_their_bytes() {
        let (a, b) = (list(&["b", "d"]), list(&["a", "b", "é"]));
        let Union { texts, places } = union(&[&a, &b]);
        assert_eq!(texts, ["a", "b", "d", "é"]);
        assert_eq!(places, [vec![1, 2], vec![0, 1, 3]]);
        assert_eq!(union(&[&a, &a]).places, [vec![0, 1], vec![0, 1]]);
    }

    #[test]
    fn a_level_that_no_row_has_is_gone() {
        assert_eq!(pruned(vec![2, NO_LEVEL, 0], list(&["a", "b", "c"])), (vec![1, NO_LEVEL, 0], list(&["a", "c"])));
    }

    #[test]
    fn levels_are_picked_from_many() {
        let levels = list(&["a", "b", "c", "d"]);
        assert_eq!(picked(vec![3, NO_LEVEL, 1], &levels), (vec![1, NO_LEVEL, 0], list(&["b", "d"])));
        let many: Vec<String> = (0..100).map(|level| format!("{level:03}")).collect();
        assert_eq!(picked(vec![70, NO_LEVEL, 7], &many), (vec![1, NO_LEVEL, 0], list(&["007", "070"])));
    }

    #[test]
    fn levels_in_any_order_become_ascending() {
        let (codes, levels) = canonical(vec![0, 3, NO_LEVEL, 1, 0], list(&["c", "a", "b", "c"]));
        assert_eq!((codes, levels), (vec![1, 1, NO_LEVEL, 0, 1], list(&["a", "c"])));
    }
}
