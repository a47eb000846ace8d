"""Expected profiles of 40 households of the complete-journey sample as of 2017-10-01, New York time (pandas).

Run: python make.py FOLDER_OF_THE_DATA > complete_journey.csv
The store stands in for the category: the lines carry no category.
"""
import sys
from pathlib import Path

import pandas as pd

data = Path(sys.argv[1])
zone = "America/New_York"
lines = pd.read_csv(data / "transactions_sample.csv.gz", dtype={"household_id": str, "store_id": str, "product_id": str})
# Times without an offset are local times of the project's zone.
lines["local"] = pd.to_datetime(lines.transaction_timestamp)
lines["local"] = lines.local.dt.tz_localize(zone, ambiguous=True, nonexistent="shift_forward").dt.tz_localize(None)
lines = lines[lines.local < pd.Timestamp("2017-10-01")]
ids = sorted(lines.household_id.unique())[:40]


def favourite(values):
    counts = values.value_counts()
    if counts.sum() < 3:
        return "unknown", None
    best = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))[0]
    return best[0], best[1] / counts.sum()


out = []
for customer in ids:
    own = lines[lines.household_id == customer]
    instants = own.local.drop_duplicates()
    part = pd.cut(instants.dt.hour, [-1, 5, 11, 17, 23], labels=["night", "morning", "afternoon", "evening"]).astype(str)
    weekend = (instants.dt.day_of_week >= 5).mean() if len(instants) >= 3 else None
    days = sorted(set(own.local.dt.normalize()))
    orders = own.basket_id.nunique()
    gap = (days[-1] - days[0]).days / (len(days) - 1) if len(days) >= 3 else None
    discount = own.retail_disc.abs().sum()
    share = discount / (discount + own.sales_value.sum()) if orders >= 3 else None
    category, item, day_part = favourite(own.store_id), favourite(own.product_id), favourite(part)
    out.append({
        "customer": customer,
        "orders": orders,
        "favourite_category": category[0],
        "favourite_category_share": category[1],
        "favourite_item": item[0],
        "favourite_item_share": item[1],
        "favourite_channel": "unknown",
        "day_part": day_part[0],
        "day_part_share": day_part[1],
        "week_part": "unknown" if weekend is None else "weekend" if weekend >= 0.75 else "weekday" if weekend <= 0.25 else "both",
        "weekend_share": weekend,
        "gap_days": gap,
        "next_order_expected": "" if gap is None else str((days[-1] + pd.Timedelta(days=int(gap + 0.5))).date()),
        "discount_share": share,
        "price_sensitivity": "unknown" if share is None else "high" if share >= 0.2 else "medium" if share >= 0.05 else "low",
    })
print(pd.DataFrame(out).to_csv(index=False), end="")
