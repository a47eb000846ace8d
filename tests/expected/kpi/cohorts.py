"""Expected cohort triangles and survival curves of the public sets, computed with pandas straight from the files.

usage: python cohorts.py SHARED_DATA > cohorts.csv      (pandas, numpy)
Columns: set, measure, cohort, segment, segment_value, age, value. A cohort is the calendar month of the first purchase or
of the enrolment; age counts months for triangles and days for survival.
"""
import csv
import sys
import numpy as np
import pandas as pd

ROOT = sys.argv[1]
OUT = csv.writer(sys.stdout, lineterminator="\n")
OUT.writerow(["set", "measure", "cohort", "segment", "segment_value", "age", "value"])


def months_between(later, earlier):
    return (later.dt.year - earlier.dt.year) * 12 + later.dt.month - earlier.dt.month


def cdnow():
    rows = pd.read_csv(f"{ROOT}/cdnow/CDNOW_master.txt", sep=r"\s+", dtype={"customer_id": str})
    rows["day"] = pd.to_datetime(rows["date"], format="%Y%m%d")
    first = rows.groupby("customer_id")["day"].transform("min")
    rows["cohort"] = first.dt.to_period("M").dt.to_timestamp()
    rows["age"] = months_between(rows.day, rows.cohort)
    sizes = rows.groupby("cohort")["customer_id"].nunique()
    for cohort, size in sizes.items():
        of_cohort = rows[rows.cohort == cohort]
        last = (1998 - cohort.year) * 12 + 6 - cohort.month
        to_date = 0.0
        for age in range(last + 1):
            now = of_cohort[of_cohort.age == age]
            revenue = now.dollar_value.sum()
            to_date += revenue
            for measure, value in (("retention", now.customer_id.nunique() / size), ("revenue", revenue),
                                   ("ltv", to_date / size)):
                OUT.writerow(["cdnow", measure, cohort.date(), "", "", age, repr(float(value))])


def survival(spells):
    """Kaplan–Meier at 0, 30, 60 ... days: spells are (days, over)."""
    days, over = np.array([s[0] for s in spells]), np.array([s[1] for s in spells])
    share, curve = 1.0, {0: 1.0}
    for time in np.unique(days[over]):
        share *= 1 - (over & (days == time)).sum() / (days >= time).sum()
        curve[time] = share
    times = np.array(sorted(curve))
    return [(age, curve[times[times <= age].max()]) for age in range(0, int(days.max()) + 1, 30)]


def airline():
    folder = f"{ROOT}/airline_loyalty"
    members = pd.read_csv(f"{folder}/customer_loyalty_history.csv.gz", encoding="utf-8-sig", dtype={"Loyalty Number": str})
    flights = pd.read_csv(f"{folder}/customer_flight_activity.csv.gz", encoding="utf-8-sig", dtype={"Loyalty Number": str})
    month = lambda y, m: pd.to_datetime(dict(year=y, month=m, day=1))
    end_of_data = pd.Timestamp("2019-01-01")
    members["first"] = month(members["Enrollment Year"], members["Enrollment Month"])
    members["end"] = month(members["Cancellation Year"], members["Cancellation Month"])
    flights["day"] = month(flights.Year, flights.Month)
    flights = flights[flights.day < "2018-12-01"]  # what happened in December was known on 1 January, not before
    moved = ["Points Accumulated", "Points Redeemed", "Total Flights", "Flights with Companions"]
    last = flights[(flights[moved] > 0).any(axis=1)].groupby("Loyalty Number")["day"].max()
    members = members.join(last.rename("last"), on="Loyalty Number")
    card, spells = members["Loyalty Card"], {}
    for row in members.itertuples():
        is_open = pd.isna(row.end) or row.end >= end_of_data
        heard = not pd.isna(row.last)
        if is_open or (heard and row.last >= end_of_data - pd.Timedelta(days=90)):
            spell = ((end_of_data - row.first).days, False)
        else:
            lost = max([row.end] + ([row.last + pd.Timedelta(days=90)] if heard else []))
            spell = (max((min(lost, end_of_data) - row.first).days, 0), True)
        for part in (("", ""), ("Loyalty Card", card[row.Index])):
            spells.setdefault(part, []).append(spell)
    for (segment, part), found in sorted(spells.items()):
        for age, share in survival(found):
            OUT.writerow(["airline_loyalty", "survival", "", segment, part, age, repr(float(share))])


cdnow()
airline()
