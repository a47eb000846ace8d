//! One outcome at one cutoff: whose outcome it was, what it was, and which customers are alike before it.

use std::collections::BTreeMap;

use super::amounts::Amounts;
use super::association::Outcomes;
use super::question::{Question, Subject};
use super::seen::Seen;
use crate::feature::FeatureFrame;
use crate::label::Labels;
use crate::project::Project;
use crate::time::Day;

/// Features and labels at the cutoffs of all questions, and since when each customer is known.
#[derive(Debug, Clone, Copy)]
pub struct Panel<'a> {
    /// Features of all customers at the cutoffs.
    pub features: &'a FeatureFrame,
    /// Labels of every target, in the project file's order, their blocks in step with the features' blocks.
    pub labels: &'a [Labels],
    /// First local day each customer is known (signup or first row), as days since 1970-01-01, by customer number.
    pub since: &'a [i32],
}

/// One outcome at one cutoff. The vectors are aligned, one entry per customer.
pub(super) struct Slice {
    pub cutoff: Day,
    /// The feature block of the cutoff.
    pub block: usize,
    /// Rows of the block.
    pub rows: Vec<usize>,
    /// Customers' numbers.
    pub customers: Vec<u32>,
    pub outcomes: Outcomes,
    pub strata: Vec<u32>,
}

/// What every slice is cut from.
pub(super) struct Source<'a> {
    pub project: &'a Project,
    pub seen: &'a Seen,
    pub panel: Panel<'a>,
}

/// Upper ends of the tenure bands, in days.
const TENURE_BANDS: [i32; 6] = [30, 60, 90, 180, 365, 730];

impl Source<'_> {
    /// The slice of a question at a cutoff; none if nobody has any history before it.
    pub fn slice(&self, question: &Question, cutoff: Day) -> Option<Slice> {
        let blocks = &self.panel.features.blocks;
        let block = blocks.iter().position(|block| block.as_of == cutoff && !block.is_empty())?;
        let customers = &blocks[block].customer;
        let (rows, outcomes): (Vec<usize>, Raw) = match question.subject {
            Subject::Target(target) => self.target(target, block),
            subject => self.plain(subject, cutoff, customers),
        };
        let customers: Vec<u32> = rows.iter().map(|row| customers[*row]).collect();
        let strata = self.strata(cutoff, &customers);
        let outcomes = match outcomes {
            Raw::Flags(flags) => Outcomes::Flags(flags),
            Raw::Amounts(amounts) => Outcomes::Amounts(Amounts::new(amounts, &strata)),
        };
        (!rows.is_empty()).then_some(Slice { cutoff, block, rows, customers, outcomes, strata })
    }

    fn target(&self, target: usize, block: usize) -> (Vec<usize>, Raw) {
        let labels = &self.panel.labels[target].blocks[block];
        let known = labels.outcome.iter().zip(&labels.eligible).enumerate();
        let (rows, flags) = known
            .filter(|(_, (_, eligible))| **eligible)
            .filter_map(|(row, (outcome, _))| outcome.known().map(|flag| (row, flag)))
            .unzip();
        (rows, Raw::Flags(flags))
    }

    fn plain(&self, subject: Subject, cutoff: Day, customers: &[u32]) -> (Vec<usize>, Raw) {
        let could = |(_, customer): &(usize, &u32)| self.seen.could_show(subject, cutoff, **customer);
        let rows: Vec<usize> = customers.iter().enumerate().filter(could).map(|(row, _)| row).collect();
        let outcomes = rows.iter().map(|row| self.seen.outcome(subject, cutoff, customers[*row]));
        let raw = if subject == Subject::Revenue {
            Raw::Amounts(outcomes.map(|sum| sum.unwrap_or(0.0)).collect())
        } else {
            Raw::Flags(outcomes.map(|sum| sum.is_some()).collect())
        };
        (rows, raw)
    }

    /// Numbers the combinations of tenure band and segments that occur, in their natural order.
    fn strata(&self, cutoff: Day, customers: &[u32]) -> Vec<u32> {
        let segments = self.seen.segments(cutoff);
        let key = |customer: &u32| {
            let tenure = cutoff.epoch_days().saturating_sub(self.panel.since[*customer as usize]);
            let segment = segments.get(*customer as usize).copied().unwrap_or(0);
            (TENURE_BANDS.partition_point(|end| *end <= tenure), segment)
        };
        let keys: Vec<(usize, u32)> = customers.iter().map(key).collect();
        let mut numbers: BTreeMap<(usize, u32), u32> = keys.iter().map(|key| (*key, 0)).collect();
        for (number, slot) in (0..).zip(numbers.values_mut()) {
            *slot = number;
        }
        keys.iter().map(|key| numbers[key]).collect()
    }
}

enum Raw {
    Flags(Vec<bool>),
    Amounts(Vec<f64>),
}
