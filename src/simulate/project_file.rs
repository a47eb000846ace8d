//! The project file of a simulated world: every table mapped, three targets, and what the sections are for.

use std::fmt::Write as _;

use super::rows::HEADERS;
use super::world::World;
use super::write::file_name;
use super::{Request, world};
use crate::tables::TableName;

/// The text of `tidewatch.toml`.
pub(super) fn text(request: &Request, world: &World) -> String {
    let mut text = format!(
        "# A simulated shop with subscriptions, made by\n#   tidewatch simulate --customers {} --months {} --seed {} --days-end {}{} --out DIR\n\
         # What was planted stands in truth.json. The shop is invented; so are its customers.\n\n",
        request.customers,
        request.months,
        request.seed,
        world.end,
        if request.leaks { " --leaks" } else { "" },
    );
    let _ = write!(
        text,
        "[project]\nname = \"demo\"\ntime_zone = \"UTC\"\ncurrency = \"EUR\"\nsegments = [\"region\", \"acquisition\"]\n\
         as_of = \"{}\"              # frozen data: without this line every verb would look as of today\n",
        world.end
    );
    for table in TableName::ALL {
        text.push_str(&table_section(table, request, world));
    }
    text.push_str(&rest());
    text
}

fn table_section(table: TableName, request: &Request, world: &World) -> String {
    let pairs: Vec<String> = HEADERS[table as usize]
        .iter()
        .filter_map(|header| {
            let canonical = canonical(table, header);
            table.table().column(canonical).map(|_| format!("{canonical} = \"{header}\""))
        })
        .collect();
    let mut text = format!(
        "\n[tables.{table}]\nfiles = [\"{}\"]\ncolumns = {{ {} }}\n",
        file_name(table, request.files),
        pairs.join(", ")
    );
    if table == TableName::Customers {
        text.push_str(if request.leaks {
            "static = \"*\"\n"
        } else {
            "static = [\"region\", \"acquisition\", \"age_band\"]\n"
        });
    }
    let _ = writeln!(text, "covered_until = \"{}\"", world.end);
    text
}

/// The canonical name behind a file's column.
fn canonical(table: TableName, header: &'static str) -> &'static str {
    match (table, header) {
        (TableName::Referrals, "customer_id") => "referrer",
        (_, "customer_id") => "customer",
        (_, "order_id") => "order",
        (_, header) => header,
    }
}

fn rest() -> String {
    format!(
        r#"
[target.churn]               # a buyer of the last {active} days who buys nothing for {horizon} days
kind = "inactivity"
table = "orders"
where = "amount > 0"         # a return is not a purchase
active_within_days = {active}
horizon_days = {horizon}

[target.cancel]              # the subscription ends, and no new one begins within {grace} days
kind = "subscription_end"
horizon_days = {cancel}
grace_days = {grace}

[target.advocate]            # recommends us: a referral, a promoter's answer, a positive post
kind = "advocacy"
active_within_days = 180
horizon_days = 90

[bands]
high = "top 5%"
medium = "top 20%"

[value]
basis = "revenue_365"
margin = 0.4

[kpi.target.retention_rate]
good = 0.7
concern = 0.5

[kpi.target.nps]
good = 20
concern = 0

[roles]
passive = ["email_sent"]     # done by the company: never customer activity
cart = ["add_to_cart"]
purchase = ["purchase"]

[behaviour.chat]             # planted: its true ratio stands in truth.json
table = "events"
kinds = ["chat"]
within_days = 45
description = "used the help chat"

[behaviour.play]             # goes with engagement, changes nothing
table = "events"
kinds = ["play"]
within_days = 30
description = "watched something"

[behaviour.first_ticket_unresolved]
table = "tickets"
first = true
where = "NOT first_contact_resolved"
description = "whose first ticket was not resolved on first contact"

[journey.purchase]
steps = ["view", "cart", "purchase"]
within_days = 7

[action.call_back]
when = "unresolved tickets"
channel = "phone"
cost = 4.0
offer = "a call by the service lead within a day"

[action.voucher]
channel = "email"
cost = 0.6
offer = "10 % off the next order"
"#,
        active = world::CHURN_ACTIVE,
        horizon = world::CHURN_HORIZON,
        cancel = world::CANCEL_HORIZON,
        grace = world::CANCEL_GRACE,
    )
}
