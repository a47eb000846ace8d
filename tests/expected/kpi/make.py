"""Expected KPIs of the public sets, computed with pandas straight from the files: no code shared with the engine.

usage: python make.py SHARED_DATA > values.csv      (pandas, numpy)
Columns: set, kpi, period_start, segment, segment_value, value. All periods are calendar months unless said.
Active at D: an open subscription (start < D <= end), or a qualifying row in [D - 90 days, D).
"""
import csv
import sys
import numpy as np
import pandas as pd

ROOT = sys.argv[1]
OUT = csv.writer(sys.stdout, lineterminator="\n")
OUT.writerow(["set", "kpi", "period_start", "segment", "segment_value", "value"])


def put(name, kpi, start, value, segment="", part=""):
    OUT.writerow([name, kpi, pd.Timestamp(start).date(), segment, part, repr(float(value))])


def month_starts(first, last):
    return pd.date_range(first, last, freq="MS")


def cdnow():
    rows = pd.read_csv(f"{ROOT}/cdnow/CDNOW_master.txt", sep=r"\s+", dtype={"customer_id": str})
    rows["day"] = pd.to_datetime(rows["date"], format="%Y%m%d")
    first = rows.groupby("customer_id")["day"].min()
    cohort = first.dt.to_period("M").dt.to_timestamp()
    for start in month_starts("1997-07-01", "1998-06-01"):
        end = start + pd.offsets.MonthBegin(1)
        now = rows[(rows.day >= start) & (rows.day < end)]
        past = rows[rows.day < end]
        orders = past.groupby("customer_id").size()
        put("cdnow", "revenue", start, now.dollar_value.sum())
        put("cdnow", "orders", start, len(now))
        put("cdnow", "aov", start, now.dollar_value.sum() / len(now))
        put("cdnow", "purchase_frequency", start, len(now) / now.customer_id.nunique())
        put("cdnow", "repeat_purchase_rate", start, (orders >= 2).sum() / len(orders))
        put("cdnow", "clv_historic", start, past.dollar_value.sum() / len(orders))
        year = past[past.day >= end - pd.Timedelta(days=365)]
        put("cdnow", "clv_simple", start, year.dollar_value.sum() / year.customer_id.nunique())
        active = lambda d: set(rows[(rows.day >= d - pd.Timedelta(days=90)) & (rows.day < d)].customer_id)
        a, b = active(start), active(end)
        put("cdnow", "retention_rate", start, len(a & b) / len(a))
        put("cdnow", "churn_rate", start, len(a - b) / len(a))
        put("cdnow", "net_customer_growth_rate", start, (len(b) - len(a)) / len(a))
        put("cdnow", "customers_active", start, len(b))
        put("cdnow", "customers_new", start, len(b - a))
        put("cdnow", "customers_lost", start, len(a - b))
        days = now[["customer_id", "day"]].drop_duplicates()
        length = (end - start).days
        put("cdnow", "dau", start, len(days) / length)
        put("cdnow", "mau", start, now.customer_id.nunique())
        put("cdnow", "stickiness", start, len(days) / length / now.customer_id.nunique())
        for group, members in cohort.groupby(cohort):
            share = len(set(now.customer_id) & set(members.index)) / len(members)
            put("cdnow", "cohort_retention", start, share, "cohort", group.date())


def marketing():
    ads = pd.read_csv(f"{ROOT}/marketing_kpi/kag_ad_conversions.csv")
    start = "2023-08-01"
    put("marketing_kpi", "ctr", start, ads.Clicks.sum() / ads.Impressions.sum())
    put("marketing_kpi", "cpa", start, ads.Spent.sum() / ads.Approved_Conversion.sum())
    for column, segment in (("age", "channel"), ("gender", "campaign")):
        for value, part in ads.groupby(column):
            put("marketing_kpi", "ctr", start, part.Clicks.sum() / part.Impressions.sum(), segment, value)
            put("marketing_kpi", "cpa", start, part.Spent.sum() / part.Approved_Conversion.sum(), segment, value)
    answers = pd.read_csv(f"{ROOT}/marketing_kpi/nps_timeseries.csv")
    answers["day"] = pd.to_datetime(answers["Survey date"], format="%d/%m/%y")
    nps = lambda s: 100 * ((s >= 9).sum() - (s <= 6).sum()) / len(s)
    for start, part in answers.groupby(answers.day.dt.to_period("M").dt.to_timestamp()):
        put("marketing_kpi", "nps", start, nps(part.NPS))
        for market, answers_of in part.groupby("Market"):
            put("marketing_kpi", "nps", start, nps(answers_of.NPS), "Market", market)


def airline():
    folder = f"{ROOT}/airline_loyalty"
    members = pd.read_csv(f"{folder}/customer_loyalty_history.csv.gz", encoding="utf-8-sig", dtype={"Loyalty Number": str})
    flights = pd.read_csv(f"{folder}/customer_flight_activity.csv.gz", encoding="utf-8-sig", dtype={"Loyalty Number": str})
    month = lambda y, m: pd.to_datetime(dict(year=y, month=m, day=1))
    members["start"] = month(members["Enrollment Year"], members["Enrollment Month"])
    members["end"] = month(members["Cancellation Year"], members["Cancellation Month"])
    flights["day"] = month(flights.Year, flights.Month)
    card = members.set_index("Loyalty Number")["Loyalty Card"]
    moved = flights[(flights["Points Accumulated"] > 0) | (flights["Points Redeemed"] > 0)]
    flew = flights[(flights["Total Flights"] > 0) | (flights["Flights with Companions"] > 0)]
    rows = pd.concat([moved, flew])[["Loyalty Number", "day"]]
    for start in month_starts("2018-01-01", "2018-11-01"):
        end = start + pd.offsets.MonthBegin(1)
        open_ = members[(members.start < end) & (members.end.isna() | (members.end >= end))]["Loyalty Number"]
        recent = rows[(rows.day >= end - pd.Timedelta(days=90)) & (rows.day < end)]["Loyalty Number"]
        active = set(open_) | set(recent)
        now = moved[(moved.day >= start) & (moved.day < end)]
        movers = set(now["Loyalty Number"]) & active
        put("airline_loyalty", "loyalty_participation_rate", start, len(movers) / len(active))
        put("airline_loyalty", "loyalty_redemption_rate", start,
            now["Points Redeemed"].sum() / now["Points Accumulated"].sum())
        for value in sorted(card.unique()):
            holders = set(card.index[card == value])
            part = now[now["Loyalty Number"].isin(holders)]
            put("airline_loyalty", "loyalty_participation_rate", start,
                len(movers & holders) / len(active & holders), "Loyalty Card", value)
            put("airline_loyalty", "loyalty_redemption_rate", start,
                part["Points Redeemed"].sum() / part["Points Accumulated"].sum(), "Loyalty Card", value)
        cohorts = members[members.start < end].groupby("start")["Loyalty Number"]
        here = set(open_) | set(rows[(rows.day >= start) & (rows.day < end)]["Loyalty Number"])
        for cohort, of_cohort in cohorts:
            share = len(here & set(of_cohort)) / len(of_cohort)
            put("airline_loyalty", "cohort_retention", start, share, "cohort", cohort.date())


def ravenstack():
    folder = f"{ROOT}/ravenstack_saas"
    subs = pd.read_csv(f"{folder}/subscriptions.csv", parse_dates=["start_date", "end_date"])
    subs["cents"] = np.where(subs.is_trial.astype(str).str.upper() == "TRUE", 0, (subs.mrr_amount * 100).round()).astype(int)
    tickets = pd.read_csv(f"{folder}/support_tickets.csv", parse_dates=["submitted_at", "closed_at"])
    is_open = lambda d: (subs.start_date < d) & (subs.end_date.isna() | (subs.end_date >= d))
    for start in month_starts("2024-01-01", "2024-12-01"):
        end = start + pd.offsets.MonthBegin(1)
        for part, column in (("", None), ("plan", "plan_tier")):
            keys = ["account_id"] + ([column] if column else [])
            a = subs[is_open(start)].groupby(keys)["cents"].sum().rename("a")
            b = subs[is_open(end)].groupby(keys)["cents"].sum().rename("b")
            both = pd.concat([a, b], axis=1).fillna(0).reset_index()
            groups = both.groupby(column) if column else [("", both)]
            for value, rows in groups:
                put("ravenstack_saas", "mrr", start, rows.b.sum() / 100, part, value)
                kept = rows[rows.a > 0]
                put("ravenstack_saas", "net_revenue_retention", start, kept.b.sum() / kept.a.sum(), part, value)
                put("ravenstack_saas", "gross_revenue_retention", start,
                    kept[["a", "b"]].min(axis=1).sum() / kept.a.sum(), part, value)
        a = subs[is_open(start)].groupby("account_id")["cents"].sum()
        b = subs[is_open(end)].groupby("account_id")["cents"].sum()
        both = pd.concat([a.rename("a"), b.rename("b")], axis=1).fillna(0)
        before = set(subs[(subs.cents > 0) & (subs.start_date < start - pd.Timedelta(days=1))].account_id)
        seen = both.index.isin(before)
        change = both.b - both.a
        put("ravenstack_saas", "bridge_new", start, both.b[(both.a == 0) & ~seen].sum() / 100)
        put("ravenstack_saas", "bridge_reactivation", start, both.b[(both.a == 0) & seen].sum() / 100)
        put("ravenstack_saas", "bridge_churn", start, both.a[both.b == 0].sum() / 100)
        stay = (both.a > 0) & (both.b > 0)
        put("ravenstack_saas", "bridge_expansion", start, change[stay & (change > 0)].sum() / 100)
        put("ravenstack_saas", "bridge_contraction", start, -change[stay & (change < 0)].sum() / 100)
        opened = tickets[(tickets.submitted_at >= start) & (tickets.submitted_at < end)]
        took = (opened.closed_at - opened.submitted_at).dt.total_seconds()
        answered = opened.submitted_at + pd.to_timedelta(opened.first_response_time_minutes, unit="m")
        if (answered < "2025-01-01").all():
            # Without censoring the Kaplan–Meier median is the first time at which half are over.
            waits = np.sort((answered - opened.submitted_at).dt.total_seconds())
            put("ravenstack_saas", "first_response_time", start, waits[(len(waits) + 1) // 2 - 1])
            put("ravenstack_saas", "first_response_time_mean", start, waits.mean())
        if opened.closed_at.notna().all() and (opened.closed_at < "2025-01-01").all():
            put("ravenstack_saas", "resolution_time_mean", start, took.mean())
            put("ravenstack_saas", "resolution_time", start, np.sort(took)[(len(took) + 1) // 2 - 1])
            put("ravenstack_saas", "tickets_resolved_rate", start, 1.0)
        closed = tickets[(tickets.closed_at >= start) & (tickets.closed_at < end) & tickets.satisfaction_score.notna()]
        latest = closed.sort_values(["closed_at", "satisfaction_score"]).groupby("account_id").tail(1)
        put("ravenstack_saas", "csat", start, (latest.satisfaction_score >= 4).mean())


def complete_journey():
    folder = f"{ROOT}/complete_journey_sample"
    sent = pd.read_csv(f"{folder}/campaigns.csv.gz").merge(
        pd.read_csv(f"{folder}/campaign_descriptions.csv", parse_dates=["start_date"]), on="campaign_id")
    redeemed = pd.read_csv(f"{folder}/coupon_redemptions.csv", parse_dates=["redemption_date"])
    redeemed = redeemed[redeemed.redemption_date < "2018-01-01"]
    took_up = set(zip(redeemed.household_id, redeemed.campaign_id))
    sent["took"] = [pair in took_up for pair in zip(sent.household_id, sent.campaign_id)]
    for start, month in sent.groupby(sent.start_date.dt.to_period("M").dt.to_timestamp()):
        put("complete_journey", "message_conversion_rate", start, month.took.mean())
        for campaign, rows in month.groupby("campaign_id"):
            put("complete_journey", "message_conversion_rate", start, rows.took.mean(), "campaign", campaign)


cdnow()
marketing()
airline()
ravenstack()
complete_journey()
