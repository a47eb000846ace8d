"""Expected funnel of the complete-journey sample: an order, then a redeemed coupon, then another order.

Run: python make.py FOLDER_OF_THE_DATA > complete_journey.csv
Independent of the engine: one household at a time, plain Python over pandas frames.
"""
import sys
from pathlib import Path
from statistics import median

import pandas as pd

data = Path(sys.argv[1])
as_of = pd.Timestamp("2018-01-01")
orders = pd.read_csv(data / "transactions_sample.csv.gz", parse_dates=["transaction_timestamp"])
orders = orders[orders.transaction_timestamp < as_of]
orders = orders.groupby(["household_id", "basket_id"]).agg(t=("transaction_timestamp", "min"), v=("sales_value", "sum"))
orders = orders.reset_index().assign(kind="orders")
coupons = pd.read_csv(data / "coupon_redemptions.csv", parse_dates=["redemption_date"])
coupons = coupons[coupons.redemption_date < as_of].rename(columns={"redemption_date": "t"}).assign(kind="coupon", v=0.0)
rows = pd.concat([orders[["household_id", "t", "kind", "v"]], coupons[["household_id", "t", "kind", "v"]]])
rows["first"] = rows.kind.map({"orders": 0, "coupon": 1})
rows = rows.sort_values(["household_id", "t", "first"])
steps = ["orders", "coupon", "orders"]


def walk(unit):
    taken = []
    for row in unit:
        if len(taken) < 3 and row[1] == steps[len(taken)]:
            taken.append(row)
    return taken


def visits(unit):
    out = []
    for row in unit:
        if out and (row[0] - out[-1][-1][0]) <= pd.Timedelta(minutes=30):
            out[-1].append(row)
        else:
            out.append([row])
    return out


def within(unit, days):
    """Every start is tried; the deepest passage wins, of equals the one that got there first."""
    best, arrived = [], None
    for i, start in enumerate(unit):
        if start[1] != steps[0] or start[0].normalize() + pd.Timedelta(days=days) > as_of:
            continue
        chain = walk([start] + [r for r in unit[i + 1:] if r[0] - start[0] < pd.Timedelta(days=days)])
        if len(chain) > len(best):
            best = chain
    return best


units = [list(zip(g.t, g.kind, g.v)) for _, g in rows.groupby("household_id")]
print("scope,step_number,reached,value_left")
for scope, taken in [
    ("visit", [(v, walk(v)) for u in units for v in visits(u)]),
    ("customer", [(u, walk(u)) for u in units]),
    ("within_14_days", [(u, within(u, 14)) for u in units]),
]:
    taken = [(u, t) for u, t in taken if t]
    for k in range(3):
        reached = sum(len(t) > k for _, t in taken)
        left = 0.0
        for unit, t in taken:
            if len(t) == k + 1 and k < 2:
                until = t[0][0] + pd.Timedelta(days=14) if scope.startswith("within") else pd.Timestamp.max
                left += sum(r[2] for r in unit if t[-1][0] <= r[0] < until and r[1] == steps[k] and (r[0], r[2]) >= (t[-1][0], 0))
        print(f"{scope},{k + 1},{reached},{left:.2f}")

medians = [walk(u) for u in units]
for k in (1, 2):
    gaps = [(t[k][0] - t[k - 1][0]).total_seconds() for t in medians if len(t) > k]
    print(f"customer_median_seconds,{k + 1},{median(gaps)},")

known = as_of
n = repeated = 0
for unit in units:
    bought = [r[0] for r in unit if r[1] == "orders"]
    for i, t in enumerate(bought):
        if t.normalize() + pd.Timedelta(days=90) <= known:
            n += 1
            repeated += any(t < u < t.normalize() + pd.Timedelta(days=90) for u in bought[i + 1:])
print(f"repeat,{n},{repeated},")
