//! Rows of all tables as csv text, block by block.
//!
//! The column order of every table is [`HEADERS`]; names are canonical but for `customer_id` and `order_id`, which show
//! mapping in the project file. Instants are written `2025-06-01T10:20:00Z`, calendar dates `2025-06-01`.

use std::io::Write as _;

use super::dice::whole;
use crate::tables::TableName;
use crate::time::Day;

/// Minutes since 1970-01-01T00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Instant(pub i64);

impl Instant {
    /// The minute of that day.
    pub(super) fn on(day: Day, minute: i32) -> Self {
        Self(i64::from(day.epoch_days()) * 1440 + i64::from(minute))
    }

    /// So many minutes later.
    pub(super) fn plus_minutes(self, minutes: f64) -> Self {
        Self(self.0 + whole(minutes.round()))
    }

    /// This instant, unless it lies on or after `end`: what an extract made at `end` shows.
    pub(super) fn seen_at(self, end: Day) -> Option<Self> {
        (self < Self::on(end, 0)).then_some(self)
    }
}

/// One csv field.
#[derive(Debug, Clone, Copy)]
pub(super) enum Field<'a> {
    /// Text, quoted where it must be.
    Text(&'a str),
    /// A whole number.
    Whole(i64),
    /// A number with two decimals.
    Cents(f64),
    /// An instant.
    At(Instant),
    /// A calendar date.
    On(Day),
    /// True or false.
    Flag(bool),
    /// No value.
    Empty,
}

impl<'a, T: Into<Field<'a>>> From<Option<T>> for Field<'a> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Empty, Into::into)
    }
}

macro_rules! field_from {
    ($($from:ty => $variant:ident),*) => {
        $(impl<'a> From<$from> for Field<'a> {
            fn from(value: $from) -> Self {
                Self::$variant(value.into())
            }
        })*
    };
}
field_from!(&'a str => Text, i32 => Whole, i64 => Whole, f64 => Cents, Instant => At, Day => On, bool => Flag);

/// Rows of all tables; a disabled recorder forgets them (the futures that are only imagined).
#[derive(Debug, Default)]
pub(super) struct Rows {
    /// csv text per table, in the order of [`TableName::ALL`], without headers.
    pub text: [Vec<u8>; 15],
    /// Number of rows per table.
    pub count: [u64; 15],
    /// Whether rows are kept.
    pub enabled: bool,
    /// Rows before this day are not kept: the extract begins here.
    pub start: i32,
}

impl Rows {
    /// A recorder of everything on or after `start`.
    pub(super) fn from(start: Day) -> Self {
        Self { enabled: true, start: start.epoch_days(), ..Self::default() }
    }

    /// A recorder that forgets.
    pub(super) fn none() -> Self {
        Self::default()
    }

    /// Whether something that happens on `day` is worth describing.
    pub(super) fn wants(&self, day: Day) -> bool {
        self.enabled && day.epoch_days() >= self.start
    }

    /// Adds one row.
    pub(super) fn push(&mut self, table: TableName, fields: &[Field<'_>]) {
        let buffer = &mut self.text[table as usize];
        for (position, field) in fields.iter().enumerate() {
            if position > 0 {
                buffer.push(b',');
            }
            write_field(buffer, *field);
        }
        buffer.push(b'\n');
        self.count[table as usize] += 1;
    }
}

fn write_field(buffer: &mut Vec<u8>, field: Field<'_>) {
    // Writing to a Vec cannot fail.
    let _ = match field {
        Field::Text(text) if text.contains([',', '"', '\n']) => write!(buffer, "\"{}\"", text.replace('"', "\"\"")),
        Field::Text(text) => write!(buffer, "{text}"),
        Field::Whole(number) => write!(buffer, "{number}"),
        Field::Cents(number) => write!(buffer, "{number:.2}"),
        Field::At(Instant(minutes)) => {
            let day = Day::from_epoch_days(i32::try_from(minutes.div_euclid(1440)).unwrap_or(i32::MAX));
            let minute = minutes.rem_euclid(1440);
            write!(buffer, "{day}T{:02}:{:02}:00Z", minute / 60, minute % 60)
        }
        Field::On(day) => write!(buffer, "{day}"),
        Field::Flag(flag) => write!(buffer, "{flag}"),
        Field::Empty => Ok(()),
    };
}

/// The columns of every table's file, in the order of [`TableName::ALL`].
pub(super) const HEADERS: [&[&str]; 15] = [
    &["customer_id", "signup_at", "consent", "region", "acquisition", "age_band"],
    &["customer_id", "at", "kind", "value", "duration_seconds", "channel", "session", "item"],
    &[
        "customer_id",
        "at",
        "order_id",
        "item",
        "category",
        "quantity",
        "amount",
        "margin",
        "discount",
        "shipping",
        "currency",
        "channel",
    ],
    &[
        "customer_id",
        "subscription",
        "plan",
        "mrr",
        "started_at",
        "ended_at",
        "end_reason",
        "notice_at",
        "expires_at",
        "trial",
        "seats",
        "auto_renew",
    ],
    &[
        "customer_id",
        "ticket",
        "opened_at",
        "first_response_at",
        "resolved_at",
        "first_contact_resolved",
        "severity",
        "reopened",
        "channel",
        "score",
        "text",
    ],
    &["customer_id", "at", "question", "score", "scale_min", "scale_max", "text"],
    &[
        "customer_id",
        "at",
        "campaign",
        "channel",
        "arm",
        "delivered_at",
        "opened_at",
        "clicked_at",
        "converted_at",
        "revenue",
        "cost",
    ],
    &["at", "channel", "campaign", "impressions", "clicks", "spend", "conversions", "acquisitions", "revenue"],
    &[
        "at",
        "visitor",
        "customer_id",
        "session",
        "ended_at",
        "pages",
        "channel",
        "campaign",
        "arm",
        "landing_page",
        "landing_seconds",
        "converted",
        "revenue",
    ],
    &["lead", "at", "channel", "qualified_at", "converted_at", "customer_id"],
    &[
        "post",
        "at",
        "customer_id",
        "kind",
        "network",
        "campaign",
        "followers",
        "impressions",
        "reach",
        "likes",
        "shares",
        "comments",
        "mentions",
        "text",
    ],
    &["customer_id", "at", "referred", "converted_at", "revenue"],
    &["customer_id", "at", "earned", "redeemed"],
    &["customer_id", "program", "joined_at", "left_at"],
    &["customer_id", "at", "amount", "failed", "method"],
];

/// Columns of `customers` that tell the future, added on request.
pub(super) const LEAKS: [&str; 3] = ["account_status", "final_invoice_number", "retention_score"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_with_commas_and_quotes_is_quoted() {
        let mut rows = Rows::from(Day::from_epoch_days(0));
        rows.push(TableName::Posts, &["a,\"b\"".into(), Field::Empty, 1.5.into(), Instant(61).into(), true.into()]);
        let text = String::from_utf8(rows.text[TableName::Posts as usize].clone()).expect("utf-8");
        assert_eq!(text, "\"a,\"\"b\"\"\",,1.50,1970-01-01T01:01:00Z,true\n");
    }
}
