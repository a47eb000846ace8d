//! History, views, features, labels.

mod hand_made;
mod labels;
mod values;
