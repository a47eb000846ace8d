"""A project for the KPI benchmark: events, orders and surveys of customers with three attributes, as parquet by month.

usage: python make.py DIR [--events 10000000] [--orders 1000000] [--surveys 200000] [--customers 100000]
The same arguments give the same bytes. Times are UTC, 2024-03-01 to 2025-06-01; a session is 1 to 8 events that are
minutes apart. Needs numpy and polars.
"""
import argparse
import datetime as dt
import os
import numpy as np
import polars as pl

PARSER = argparse.ArgumentParser()
PARSER.add_argument("dir")
for name, default in (("events", 10_000_000), ("orders", 1_000_000), ("surveys", 200_000), ("customers", 100_000)):
    PARSER.add_argument(f"--{name}", type=int, default=default)
ARGS = PARSER.parse_args()
RANDOM = np.random.default_rng(5)
START, END = dt.datetime(2024, 3, 1), dt.datetime(2025, 6, 1)
SPAN = int((END - START).total_seconds())
KINDS = ["login", "view", "search", "cart", "purchase", "share", "support", "email_sent"]

PROJECT = """# The KPI benchmark, made by benches/kpi/make.py.
[project]
name = "kpi_bench"
time_zone = "UTC"
segments = ["region", "plan", "channel"]
as_of = "2025-06-01"

[tables.events]
files = ["data/events/*.parquet"]
columns = { customer = "customer", at = "at", kind = "kind", duration_seconds = "seconds" }

[tables.orders]
files = ["data/orders/*.parquet"]
columns = { customer = "customer", at = "at", amount = "amount", order = "order", margin = "margin" }

[tables.surveys]
files = ["data/surveys.parquet"]
columns = { customer = "customer", at = "at", question = "question", score = "score", scale_min = "low", scale_max = "high" }

[tables.customers]
files = ["data/customers.parquet"]
columns = { customer = "customer", signup_at = "joined" }
static = ["region", "plan", "channel"]

[target.churn]
kind = "inactivity"
table = "events"
active_within_days = 90
horizon_days = 30

[roles]
passive = ["email_sent"]
cart = ["cart"]
purchase = ["purchase"]
"""


def names(numbers):
    return pl.Series((numbers + 1_000_000).astype(str)).str.replace("^", "c")


def times(seconds):
    return pl.Series(seconds * 1_000_000 + int(START.timestamp() - dt.datetime(1970, 1, 1).timestamp()) * 1_000_000) \
        .cast(pl.Datetime("us", "UTC"))


def by_month(frame, folder):
    os.makedirs(folder, exist_ok=True)
    frame = frame.sort("at", maintain_order=True).with_columns(pl.col("at").dt.strftime("%Y-%m").alias("month"))
    for (month,), part in frame.partition_by("month", as_dict=True, include_key=False).items():
        part.write_parquet(f"{folder}/{month}.parquet")


def events(customers, weights):
    sizes = RANDOM.integers(1, 9, ARGS.events // 4)
    sizes = sizes[:np.searchsorted(np.cumsum(sizes), ARGS.events) + 1]
    owner = np.repeat(RANDOM.choice(customers, len(sizes), p=weights), sizes)[:ARGS.events]
    start = np.repeat(RANDOM.integers(0, SPAN - 3600, len(sizes)), sizes)[:ARGS.events]
    first = np.repeat(np.cumsum(sizes) - sizes, sizes)[:ARGS.events]
    after = (np.arange(ARGS.events) - first) * RANDOM.integers(20, 400, ARGS.events)
    kind = RANDOM.choice(len(KINDS), ARGS.events, p=[.16, .4, .12, .08, .04, .03, .02, .15])
    return pl.DataFrame({
        "customer": names(owner), "at": times(start + after),
        "kind": pl.Series(kind.astype(np.uint32)).replace_strict(dict(enumerate(KINDS))),
        "seconds": np.where(kind == 1, RANDOM.integers(1, 600, ARGS.events), 0).astype(float),
    })


def orders(customers, weights):
    amount = np.round(RANDOM.lognormal(3.5, .8, ARGS.orders), 2) * np.where(RANDOM.random(ARGS.orders) < .05, -1, 1)
    return pl.DataFrame({
        "customer": names(RANDOM.choice(customers, ARGS.orders, p=weights)),
        "at": times(RANDOM.integers(0, SPAN, ARGS.orders)), "amount": amount, "margin": np.round(amount * .3, 2),
        "order": pl.Series(np.arange(ARGS.orders).astype(str)).str.replace("^", "o"),
    })


def surveys(customers):
    kind = RANDOM.choice(3, ARGS.surveys, p=[.5, .3, .2])
    low, high = np.array([0, 1, 1])[kind], np.array([10, 5, 7])[kind]
    return pl.DataFrame({
        "customer": names(RANDOM.choice(customers, ARGS.surveys)), "at": times(RANDOM.integers(0, SPAN, ARGS.surveys)),
        "question": pl.Series(np.array(["nps", "csat", "ces"])[kind]), "low": low.astype(float), "high": high.astype(float),
        "score": np.clip(np.round(low + (high - low) * RANDOM.beta(4, 2, ARGS.surveys)), low, high),
    }).sort("at", maintain_order=True)


def main():
    customers = np.arange(ARGS.customers)
    weights = RANDOM.gamma(.8, 1, ARGS.customers)
    weights /= weights.sum()
    data = f"{ARGS.dir}/data"
    os.makedirs(data, exist_ok=True)
    pick = lambda values: pl.Series(np.array(values)[RANDOM.integers(0, len(values), ARGS.customers)])
    pl.DataFrame({
        "customer": names(customers), "joined": times(RANDOM.integers(0, SPAN // 2, ARGS.customers)),
        "region": pick(["north", "south", "east", "west", "centre"]), "plan": pick(["free", "basic", "pro", "team"]),
        "channel": pick(["search", "social", "mail", "shop", "partner", "event"]),
    }).write_parquet(f"{data}/customers.parquet")
    by_month(events(customers, weights), f"{data}/events")
    by_month(orders(customers, weights), f"{data}/orders")
    surveys(customers).write_parquet(f"{data}/surveys.parquet")
    with open(f"{ARGS.dir}/tidewatch.toml", "w") as file:
        file.write(PROJECT)


main()
