"""Expected transitions and repeat rates of the demo, by region: pandas, nothing of the engine.

Run: python demo.py FOLDER_OF_THE_DEMO > demo.csv
Rows at the same instant stand in the order of the steps, then of their names, as the engine documents.
"""
import sys
from pathlib import Path

import pandas as pd

demo = Path(sys.argv[1])
AS_OF = pd.Timestamp("2025-07-01", tz="UTC")
STEPS = {"view": "view", "cart": "add_to_cart", "purchase": "purchase"}
events = pd.read_csv(demo / "events.csv.gz", dtype=str)
events["at"] = pd.to_datetime(events["at"], utc=True, format="ISO8601")
events = events[(events["at"] < AS_OF) & (events.kind != "email_sent")]
region = pd.read_csv(demo / "customers.csv.gz", dtype=str).set_index("customer_id").region

order = {kind: rank for rank, kind in enumerate(STEPS.values())}
events["rank"] = events.kind.map(order).fillna(99)
visits = events[events.session.notna()].sort_values(["customer_id", "session", "at", "rank", "kind"])
following = visits.groupby(["customer_id", "session"]).kind.shift(-1)
visits = visits.assign(next=following.fillna("(end of visit)"), region=visits.customer_id.map(region))

print("what,segment,step,next,n,count")
for segment, rows in [("", visits), *sorted(visits.groupby("region"))]:
    for step, kind in STEPS.items():
        taken = rows[rows.kind == kind]
        counts = taken.next.value_counts()
        ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0] != "(end of visit)", item[0]))[:5]
        for name, count in ordered:
            print(f"transition,{segment},{step},{name},{len(taken)},{count}")

bought = events[events.kind == "purchase"][["customer_id", "at"]].sort_values(["customer_id", "at"])
tickets = pd.read_csv(demo / "tickets.csv.gz", dtype=str)[["customer_id", "opened_at"]]
tickets["opened_at"] = pd.to_datetime(tickets.opened_at, utc=True, format="ISO8601")
tickets = tickets[tickets.opened_at < AS_OF]
opened = {customer: list(rows.opened_at) for customer, rows in tickets.groupby("customer_id")}
rows = []
for customer, times in bought.groupby("customer_id")["at"]:
    times = list(times)
    for at in times:
        day = at.normalize()
        if day + pd.Timedelta(days=90) > AS_OF:
            continue
        repeated = any(at < later and later.normalize() < day + pd.Timedelta(days=90) for later in times)
        helped = any(at <= t and t.normalize() < day + pd.Timedelta(days=30) for t in opened.get(customer, []))
        rows.append((region[customer], helped, repeated))
frame = pd.DataFrame(rows, columns=["region", "helped", "repeated"])
for segment, part in [("", frame), *sorted(frame.groupby("region"))]:
    for name, group in [("all", part), ("followed by a ticket", part[part.helped]), ("not followed by a ticket", part[~part.helped])]:
        print(f"repeat,{segment},{name},,{len(group)},{int(group.repeated.sum())}")
