"""Made-up customers whose churn is hard to learn in different ways: for compare.py, and on their own.

    python benches/model/worlds.py DIR      # writes every world as a project

Flat worlds are one table with an outcome column; dated worlds are event histories whose base rate moves between cutoffs.
Everything is drawn from fixed seeds: the same files every time.
"""
import sys
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl

TRAIN = ["2024-04-01", "2024-05-01", "2024-06-01"]
TEST = "2024-09-01"


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def outcome(rng, eta, rate):
    """Outcomes with log-odds `eta` moved so that the mean rate is `rate`."""
    low, high = -30.0, 30.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if sigmoid(eta + middle).mean() < rate else (low, middle)
    return rng.random(len(eta)) < sigmoid(eta + low)


def categories(rng, n=6000):
    """Three hundred cities of very different size, each with its own risk; few plans; two nested groups."""
    share = 1 / np.arange(1, 301) ** 0.9
    city = rng.choice(300, n, p=share / share.sum())
    risk = rng.normal(0, 0.9, 300)
    plan = rng.choice(["basic", "plus", "pro", "team"], n, p=[0.5, 0.3, 0.15, 0.05])
    agent = rng.choice(60, n)
    skill = rng.normal(0, 0.6, 60)
    age = rng.gamma(4, 10, n)
    eta = risk[city] + skill[agent] + np.where(plan == "basic", 0.8, -0.3) + 0.8 * (plan == "pro") * (age > 40)
    table = dict(city=[f"city {c}" for c in city], plan=plan, agent=[f"agent {a}" for a in agent], age=age.round(1),
                 visits=rng.poisson(6, n))
    return table, outcome(rng, eta, 0.25)


def skewed(rng, n=6000):
    """Pareto and log-normal amounts whose effect is on their rank, and steps at round numbers."""
    spend, debt = rng.pareto(1.1, n) * 50, np.exp(rng.normal(3, 2, n))
    balance = np.where(rng.random(n) < 0.3, 0.0, rng.standard_cauchy(n) * 100)
    tenure = rng.exponential(300, n)
    eta = (-0.8 * np.log1p(spend) + 0.5 * np.log(debt) + 0.9 * (balance < -20) - 1.2 * (balance == 0)
           + 1.3 * ((tenure > 330) & (tenure < 400)) - 0.002 * np.minimum(tenure, 900))
    table = dict(spend=spend.round(2), debt=debt.round(2), balance=balance.round(2), tenure=tenure.round(),
                 noise_a=rng.pareto(1.5, n).round(3), noise_b=rng.normal(0, 1, n).round(3))
    return table, outcome(rng, eta, 0.3)


def interactions(rng, n=8000):
    """Effects that show only in pairs and triples of twenty numbers."""
    x = rng.normal(0, 1, (n, 20))
    eta = (1.4 * np.sign(x[:, 0]) * np.sign(x[:, 1]) + 1.6 * ((x[:, 2] > 0.3) & (x[:, 3] < 0) & (x[:, 4] > -0.5))
           + 0.8 * x[:, 5] * x[:, 6] + 0.6 * x[:, 7])
    return {f"x{i}": x[:, i].round(4) for i in range(20)}, outcome(rng, eta, 0.3)


def missing(rng, n=5000):
    """Values that are missing because of what they would have said, and blocks missing together."""
    score, income, calls = rng.normal(50, 15, n), rng.lognormal(10, 0.6, n), rng.poisson(3, n).astype(float)
    survey = rng.integers(1, 8, n).astype(float)
    eta = -0.05 * (score - 50) + 0.9 * (calls > 4) - 0.25 * (survey - 4)
    answered = rng.random(n) < sigmoid(0.4 * (survey - 4))
    eta = eta + 0.9 * ~answered
    score[rng.random(n) < sigmoid(-(score - 35) / 5)] = np.nan
    block = rng.random(n) < 0.4
    eta = eta + np.where(block, 0.7 * (calls - 3) / 2, 0)
    columns = dict(score=score.round(2), income=np.where(block, np.nan, income.round()), calls=calls,
                   satisfaction=np.where(answered, survey, np.nan), effort=np.where(answered, rng.integers(1, 6, n), np.nan),
                   credit=np.where(block, np.nan, rng.normal(600, 80, n).round()))
    return columns, outcome(rng, eta, 0.3)


def rare(rng, n=30000):
    """One in a hundred leaves."""
    x = rng.normal(0, 1, (n, 8))
    kind = rng.choice(["a", "b", "c", "d", "e"], n)
    eta = 1.0 * x[:, 0] + 0.8 * np.maximum(x[:, 1], 0) + 1.2 * ((x[:, 2] > 1) & (kind == "c")) - 0.5 * (kind == "a")
    return {f"x{i}": x[:, i].round(4) for i in range(8)} | dict(kind=kind), outcome(rng, eta, 0.01)


def small(rng, n=300):
    """Three hundred customers, ten columns, three that matter."""
    x = rng.normal(0, 1, (n, 9))
    plan = rng.choice(["s", "m", "l"], n)
    eta = 1.0 * x[:, 0] - 0.8 * x[:, 1] + 1.0 * (plan == "s")
    return {f"x{i}": x[:, i].round(3) for i in range(9)} | dict(plan=plan), outcome(rng, eta, 0.35)


def wide(rng, n=4000):
    """Two hundred columns in correlated groups of ten; twelve matter, some by a bend."""
    groups = np.repeat(rng.normal(0, 1, (n, 20)), 10, axis=1)
    x = 0.7 * groups + 0.7 * rng.normal(0, 1, (n, 200))
    eta = sum(0.45 * x[:, 17 * i] for i in range(8)) + sum(0.7 * np.maximum(x[:, 17 * i + 5], 0) for i in range(4))
    return {f"x{i}": x[:, i].round(3) for i in range(200)}, outcome(rng, eta, 0.25)


def smooth(rng, n=6000):
    """Waves and bowls: shapes without a line in them."""
    x = rng.uniform(-3, 3, (n, 10))
    eta = 1.5 * np.sin(2 * x[:, 0]) + 0.5 * x[:, 1] ** 2 + np.cos(x[:, 2] * x[:, 3]) - np.abs(x[:, 4])
    return {f"x{i}": x[:, i].round(4) for i in range(10)}, outcome(rng, eta, 0.3)


def steps(rng, n=20000):
    """A large table as telephone companies keep them: contracts, bundles, counts, thresholds and their combinations."""
    contract = rng.choice(["month", "year", "two years"], n, p=[0.55, 0.25, 0.2])
    pay = rng.choice(["card", "transfer", "invoice", "cheque"], n)
    internet = rng.choice(["fibre", "dsl", "none"], n, p=[0.45, 0.35, 0.2])
    tenure = np.minimum(rng.exponential(28, n), 72).round()
    charge = (20 + 50 * (internet == "fibre") + 25 * (internet == "dsl") + rng.normal(0, 8, n)).round(2)
    calls, minutes = rng.poisson(1.5, n), rng.gamma(9, 20, n).round(1)
    overseas = np.where(rng.random(n) < 0.1, "yes", "no")
    trips = rng.poisson(4, n)
    eta = (1.3 * (contract == "month") - 0.035 * tenure + 0.9 * ((internet == "fibre") & (contract == "month"))
           + 1.5 * (calls >= 4) - 1.2 * ((calls >= 4) & (minutes > 220)) + 1.4 * ((minutes > 260) & (charge > 60))
           + 1.3 * ((overseas == "yes") & (trips <= 2)) + 0.4 * (pay == "cheque"))
    table = dict(contract=contract, pay=pay, internet=internet, tenure=tenure, charge=charge, calls=calls, minutes=minutes,
                 total=(tenure * charge).round(2), overseas=overseas, trips=trips)
    return table, outcome(rng, eta, 0.2)


FLAT = dict(categories=categories, skewed=skewed, interactions=interactions, missing=missing, rare=rare, small=small,
            wide=wide, smooth=smooth, steps=steps)


def shifted(rng, n=5000, drift=0.5, season=0.0):
    """Buyers whose own rate differs and decays; the shop gets worse (or better) with the months."""
    first, last = date(2023, 6, 1), date(2024, 12, 1)
    days = (last - first).days
    region = rng.choice([f"region {i}" for i in range(30)], n)
    lift = dict(zip(sorted(set(region)), rng.normal(0, 0.5, 30)))
    joined = rng.integers(0, days - 60, n)
    rate = rng.gamma(1.3, 0.05, n)
    rows = []
    for i in range(n):
        at, alive = joined[i], True
        hazard = 0.004 * np.exp(lift[region[i]])
        while at < days:
            amount = rng.lognormal(3, 1)
            rows.append((i, at, round(amount, 2), rng.choice(["food", "toys", "books", "tools"])))
            moved = np.exp(drift * (at / days - 0.5) + season * np.sin(2 * np.pi * at / 365))
            if rng.random() < 1 - np.exp(-hazard * moved * 25):
                break
            at += max(1, int(rng.exponential(1 / rate[i])))
    return region, joined, rows, first


def prior_shift(rng):
    return shifted(rng, drift=2.0)


def seasons(rng):
    return shifted(rng, drift=0.0, season=0.9)


DATED = dict(prior_shift=prior_shift, seasons=seasons)


def write_flat(name, folder):
    rng = np.random.default_rng(sum(map(ord, name)))
    columns, event = FLAT[name](rng)
    n = len(event)
    table = pl.DataFrame({"id": [f"c{i:06}" for i in range(n)]} | columns | {"left": np.where(event, "yes", "no")})
    table.with_columns(pl.col(pl.Float64).fill_nan(None)).write_csv(folder / "customers.csv")
    (folder / "tidewatch.toml").write_text(
        f'[project]\nname = "{name}"\nas_of = "2024-01-01"\n[tables.customers]\nfiles = ["customers.csv"]\n'
        'columns = { customer = "id" }\nstatic = "*"\n[target.churn]\nkind = "column"\ncolumn = "left"\npositive = "yes"\n')


def write_dated(name, folder):
    rng = np.random.default_rng(sum(map(ord, name)))
    region, joined, rows, first = DATED[name](rng)
    pl.DataFrame({"id": [f"c{i:06}" for i in range(len(region))], "joined": [first + timedelta(int(d)) for d in joined],
                  "region": region}).write_csv(folder / "customers.csv")
    pl.DataFrame({"id": [f"c{r[0]:06}" for r in rows], "day": [first + timedelta(int(r[1])) for r in rows],
                  "amount": [r[2] for r in rows], "category": [r[3] for r in rows]}).write_csv(folder / "orders.csv")
    (folder / "tidewatch.toml").write_text(
        f'[project]\nname = "{name}"\nas_of = "2024-12-01"\n[tables.customers]\nfiles = ["customers.csv"]\n'
        'columns = { customer = "id", signup_at = "joined" }\nstatic = ["region"]\n[tables.orders]\nfiles = ["orders.csv"]\n'
        'columns = { customer = "id", at = "day", amount = "amount", category = "category" }\ncovered_until = "2024-12-01"\n'
        '[target.churn]\nkind = "inactivity"\ntable = "orders"\nactive_within_days = 90\nhorizon_days = 60\n')


def write(name, folder):
    (write_flat if name in FLAT else write_dated)(name, folder)


if __name__ == "__main__":
    for world in [*FLAT, *DATED]:
        (Path(sys.argv[1]) / world).mkdir(parents=True, exist_ok=True)
        write(world, Path(sys.argv[1]) / world)
