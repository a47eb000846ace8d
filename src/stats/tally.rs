//! How often each small whole number occurs: ranks, quantiles and sums of many rows from one count of them.

/// Stands for a number that is not known.
pub const UNKNOWN: u16 = u16::MAX;

/// Numbers below this are counted in several interleaved tables: equal neighbours do not wait for each other.
const SMALL: usize = 1024;
const TABLES: usize = 4;

/// Rows by their number and their outcome.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tally {
    /// Of each number from 0 to the largest the rows without and with the event; last those whose number is unknown.
    counts: Vec<[u32; 2]>,
}

impl Tally {
    /// Counts rows; `most` is the largest number that is known, or more; larger ones are unknown.
    #[must_use]
    pub fn new<T: Copy + Into<u16>>(numbers: &[T], most: u16, outcome: &[bool]) -> Self {
        let unknown = most.saturating_add(1);
        let slots = usize::from(unknown) + 1;
        let tables = if slots <= SMALL { TABLES } else { 1 };
        let mut counts = vec![[0u32; 2]; slots * tables];
        let place = |number: &T, event: &bool| (usize::from((*number).into().min(unknown)), usize::from(*event));
        for (numbers, events) in numbers.chunks(tables).zip(outcome.chunks(tables)) {
            for ((number, event), table) in numbers.iter().zip(events).zip(counts.chunks_exact_mut(slots)) {
                let (number, event) = place(number, event);
                table[number][event] += 1;
            }
        }
        let (first, others) = counts.split_at_mut(slots);
        for (at, own) in others.iter().enumerate() {
            let sum = &mut first[at % slots];
            *sum = [sum[0] + own[0], sum[1] + own[1]];
        }
        counts.truncate(slots);
        Self { counts }
    }

    /// Rows without and with the event whose number is unknown.
    #[must_use]
    pub fn unknown(&self) -> [u64; 2] {
        self.counts.last().map_or([0, 0], |counts| counts.map(u64::from))
    }

    /// The numbers that occur, ascending, with their rows without and with the event.
    pub fn known(&self) -> impl Iterator<Item = (u16, [u64; 2])> + Clone + '_ {
        let known = &self.counts[..self.counts.len().saturating_sub(1)];
        (0..).zip(known).filter(|(_, counts)| counts[0] + counts[1] > 0).map(|(number, of)| (number, of.map(u64::from)))
    }

    /// Rows of each number from 0 to the largest, last those whose number is unknown.
    #[must_use]
    pub fn rows(&self) -> Vec<u32> {
        self.counts.iter().map(|counts| counts[0] + counts[1]).collect()
    }

    /// Rows without and with the event whose number is known.
    #[must_use]
    pub fn totals(&self) -> [u64; 2] {
        self.known().fold([0, 0], |sum, (_, counts)| [sum[0] + counts[0], sum[1] + counts[1]])
    }

    /// Smallest and largest known number.
    #[must_use]
    pub fn range(&self) -> Option<(f64, f64)> {
        let mut numbers = self.known().map(|(number, _)| f64::from(number));
        let low = numbers.next()?;
        Some((low, numbers.last().unwrap_or(low)))
    }

    /// The known numbers at ascending positions of their order.
    #[must_use]
    pub fn at_positions(&self, positions: impl IntoIterator<Item = usize>) -> Vec<f64> {
        let mut known = self.known().map(|(number, [others, events])| (f64::from(number), others + events));
        let (mut here, mut end) = (f64::NAN, 0u64);
        let mut at = |position: usize| {
            while end <= position as u64 {
                let Some((number, rows)) = known.next() else { break };
                (here, end) = (number, end + rows);
            }
            here
        };
        positions.into_iter().map(&mut at).collect()
    }

    /// The AUC of the known numbers as scores of the outcome: the rank-sum statistic with midranks; none where one class is
    /// missing.
    #[must_use]
    pub fn auc(&self) -> Option<f64> {
        let [others, events] = self.totals().map(|rows| rows as f64);
        let (mut before, mut sum) = (0.0, 0.0);
        for (_, counts) in self.known() {
            let [here_others, here_events] = counts.map(|rows| rows as f64);
            let rows = here_others + here_events;
            sum += (before + f64::midpoint(rows, 1.0)) * here_events;
            before += rows;
        }
        (events > 0.0 && others > 0.0).then(|| (sum - events * (events + 1.0) / 2.0) / (events * others))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn world(most: u16) -> (Vec<u16>, Vec<bool>) {
        let number =
            |i: u32| if i.is_multiple_of(11) { UNKNOWN } else { u16::try_from(i * i % 97).unwrap_or(0) % most };
        ((0..3001).map(number).collect(), (0..3001u32).map(|i| (i * 7 + i / 5).is_multiple_of(3)).collect())
    }

    #[test]
    fn what_is_counted_is_what_the_rows_say() {
        for most in [5, 97, 2000] {
            let (numbers, outcome) = world(most);
            let tally = Tally::new(&numbers, most, &outcome);
            let mut sorted: Vec<u16> = numbers.iter().copied().filter(|number| *number != UNKNOWN).collect();
            sorted.sort_unstable();
            let positions = [0, 1, 700, 700, sorted.len() - 1];
            let wanted: Vec<f64> = positions.iter().map(|&at| f64::from(sorted[at])).collect();
            assert_eq!(tally.at_positions(positions), wanted);
            assert_eq!(tally.range(), Some((wanted[0], wanted[4])));
            let unknown = numbers.iter().zip(&outcome).filter(|(number, _)| **number == UNKNOWN);
            let events = unknown.clone().filter(|(_, event)| **event).count() as u64;
            assert_eq!(tally.unknown(), [unknown.count() as u64 - events, events]);
        }
    }

    #[test]
    fn the_auc_is_the_share_of_pairs_in_order() {
        let (numbers, outcome) = world(97);
        let known = || numbers.iter().zip(&outcome).filter(|(number, _)| **number != UNKNOWN);
        let of = |wanted: bool| known().filter(move |(_, event)| **event == wanted).map(|(number, _)| *number);
        let won = |x: u16, y: u16| f64::from(u8::from(x > y)) + 0.5 * f64::from(u8::from(x == y));
        let sum: f64 = of(true).map(|x| of(false).map(|y| won(x, y)).sum::<f64>()).sum();
        let pairs = (of(true).count() * of(false).count()) as f64;
        let found = Tally::new(&numbers, 97, &outcome).auc().expect("both classes");
        assert!((found - sum / pairs).abs() < 1e-12);
    }
}
