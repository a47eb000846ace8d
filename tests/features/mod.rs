//! History, views, features, labels.

mod cdnow;
mod direct;
mod hand_made;
mod invariance;
mod labels;
mod oracle;
mod oracle_spans;
mod values;
mod workload;
