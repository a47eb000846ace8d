"""Expected insight on RavenStack: an urgent ticket in the last 180 days against a churn event in the next 90.

Run: python ravenstack.py FOLDER_OF_THE_DATA > ravenstack.csv
pandas for who did what, statsmodels for the pooled ratio, scipy's hypergeometric law for the exact p-value.
"""
import sys
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.stats import hypergeom
from statsmodels.stats.contingency_tables import StratifiedTable

data = Path(sys.argv[1])
read = lambda name, *dates: pd.read_csv(data / f"{name}.csv", parse_dates=list(dates))
accounts = read("accounts", "signup_date")
subscriptions = read("subscriptions", "start_date", "end_date")
usage = read("feature_usage", "usage_date").merge(subscriptions[["subscription_id", "account_id"]], on="subscription_id")
tickets = read("support_tickets", "submitted_at", "closed_at")
churn = read("churn_events", "churn_date")
rows = pd.concat([
    accounts[["account_id", "signup_date"]].set_axis(["a", "t"], axis=1),
    subscriptions[["account_id", "start_date"]].set_axis(["a", "t"], axis=1),
    usage[["account_id", "usage_date"]].set_axis(["a", "t"], axis=1),
    tickets[["account_id", "submitted_at"]].set_axis(["a", "t"], axis=1),
    tickets[tickets.satisfaction_score.notna()][["account_id", "closed_at"]].set_axis(["a", "t"], axis=1),
    churn[["account_id", "churn_date"]].set_axis(["a", "t"], axis=1),
])
first = rows.groupby("a").t.min()
z = 1.959963984540054

print("cutoff,n_with,n_without,rate_with,rate_without,rate_without_matched,ratio,low,high,p")
for cutoff in ["2024-07-05", "2024-10-03"]:
    day = pd.Timestamp(cutoff)
    people = accounts.set_index("account_id")
    people = people[first.reindex(people.index) < day]
    tenure = (day - first.reindex(people.index)).dt.days
    band = np.searchsorted([30, 60, 90, 180, 365, 730], tenure, side="right")
    urgent = tickets[(tickets.priority == "urgent") & (tickets.submitted_at < day) & (tickets.submitted_at >= day - pd.Timedelta(days=180))]
    with_ = people.index.isin(urgent.account_id)
    later = churn[(churn.churn_date >= day) & (churn.churn_date < day + pd.Timedelta(days=90))]
    yes = people.index.isin(later.account_id)
    frame = pd.DataFrame({"s": list(zip(band, people.industry, people.country)), "w": with_, "y": yes})
    tables, law, observed = [], np.array([1.0]), 0
    r = s = spread = matched = weight = 0.0
    for _, g in frame.groupby("s"):
        a, n1 = int((g.w & g.y).sum()), int(g.w.sum())
        b, n0 = int((~g.w & g.y).sum()), int((~g.w).sum())
        n = n1 + n0
        if n1 == 0 or n0 == 0:
            continue
        r, s = r + a * n0 / n, s + b * n1 / n
        spread += (n1 * n0 * (a + b) - a * b * n) / n**2
        matched, weight = matched + n1 * b / n0, weight + n1
        tables.append([[a, n1 - a], [b, n0 - b]])
        observed += a
        law = np.convolve(law, hypergeom(n, a + b, n1).pmf(np.arange(0, n1 + 1)))
    assert abs(StratifiedTable([np.array(t) for t in tables]).riskratio_pooled - r / s) < 1e-12
    se = np.sqrt(spread / (r * s))
    p = min(1.0, 2 * min(law[: observed + 1].sum(), law[observed:].sum()))
    print(",".join(map(repr, [cutoff, int(with_.sum()), int((~with_).sum()), float(yes[with_].mean()), float(yes[~with_].mean()), float(matched / weight),
                              float(r / s), float(r / s / np.exp(z * se)), float(r / s * np.exp(z * se)), float(p)])).replace("'", ""))
