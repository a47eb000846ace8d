"""Expected values of tests/clv: MBG/NBD, BG/NBD and gamma-gamma on CDNOW by scipy, independent of the engine.

Usage: python make.py CDNOW_FOLDER > values.json

The likelihoods are those of Batislam, Denizel, Filiztekin (2007), Fader, Hardie, Lee (2005) and Fader, Hardie (2013),
written with gammaln and betaln; expectations are integrals over the posterior by quadrature, not the closed forms.
Time is in days. Calibration: up to and including 1997-09-30; purchases of one customer on one day are one.
"""

import json
import sys
from datetime import date

import numpy as np
from scipy.integrate import quad
from scipy.optimize import minimize
from scipy.special import betaln, gammaln
from scipy.stats import beta as beta_distribution

END = date(1997, 9, 30)


def read(path, columns):
    amounts = {}
    with open(path) as file:
        for line in file:
            cells = line.split()
            if not cells or not cells[0].isdigit():
                continue
            customer, day, amount = (cells[i] for i in columns)
            day = date(int(day[:4]), int(day[4:6]), int(day[6:]))
            own = amounts.setdefault(customer, {})
            own[day] = own.get(day, 0.0) + float(amount)
    return amounts


def histories(amounts):
    rows = []
    for customer in sorted(amounts):
        days = sorted(day for day in amounts[customer] if day <= END)
        if days:
            repeats = [amounts[customer][day] for day in days[1:]]
            mean = sum(repeats) / len(repeats) if repeats else 0.0
            rows.append((len(days) - 1, (days[-1] - days[0]).days, (END - days[0]).days, mean))
    return np.array(rows)


def log_likelihood(logs, x, last, age, first_may_be_last):
    r, alpha, a, b = np.exp(logs)
    n = x + 1 if first_may_be_last else x
    common = gammaln(r + x) - gammaln(r) + r * np.log(alpha) - betaln(a, b)
    alive = betaln(a, b + n) - (r + x) * np.log(alpha + age)
    gone = np.where(n > 0, betaln(a + 1, b + np.maximum(n, 1) - 1) - (r + x) * np.log(alpha + last), -np.inf)
    return np.sum(common + np.logaddexp(alive, gone))


def fit(negative, start):
    best = minimize(negative, start, method="Nelder-Mead", options={"maxiter": 40000, "maxfev": 40000, "xatol": 1e-10, "fatol": 1e-10})
    return minimize(negative, best.x, method="BFGS", options={"gtol": 1e-9})


def orders(rows, first_may_be_last):
    x, last, age = rows[:, 0], rows[:, 1], rows[:, 2]
    found = fit(lambda logs: -log_likelihood(logs, x, last, age, first_may_be_last), np.log([0.5, 50, 1, 2]))
    r, alpha, a, b = np.exp(found.x)
    return {"r": r, "alpha": alpha, "a": a, "b": b, "log_likelihood": -found.fun / len(rows)}


def alive(p, x, last, age):
    odds = p["a"] / (p["b"] + x) * ((p["alpha"] + age) / (p["alpha"] + last)) ** (p["r"] + x)
    return 1 / (1 + odds)


def expected(p, x, last, age, days):
    """E[orders] = P(alive) * E over the posterior of p of (1 - ((alpha+T)/(alpha+T+p t))^(r+x)) / p."""
    posterior = beta_distribution(p["a"], p["b"] + x + 1)
    scale = p["alpha"] + age
    inner = lambda q: (1 - (scale / (scale + q * days)) ** (p["r"] + x)) / q * posterior.pdf(q)
    return alive(p, x, last, age) * quad(inner, 0, 1, limit=400, epsabs=1e-12, epsrel=1e-12)[0]


def spending(rows):
    known = rows[(rows[:, 0] > 0) & (rows[:, 3] > 0)]
    x, z = known[:, 0], known[:, 3]

    def negative(logs):
        p, q, gamma = np.exp(logs)
        return -np.sum(
            gammaln(p * x + q) - gammaln(p * x) - gammaln(q) + q * np.log(gamma) + (p * x - 1) * np.log(z)
            + p * x * np.log(x) - (p * x + q) * np.log(gamma + z * x)
        )

    p, q, gamma = np.exp(fit(negative, np.log([5, 3, 15])).x)
    return {"p": p, "q": q, "gamma": gamma, "customers": len(known)}


def main(folder):
    sample = histories(read(f"{folder}/CDNOW_sample.txt", (1, 2, 4)))
    master = histories(read(f"{folder}/CDNOW_master.txt", (0, 1, 3)))
    mbg = orders(master, True)
    asked = [(0, 0, 30), (0, 0, 272), (2, 213, 272), (10, 100, 250), (25, 260, 265)]
    answers = [
        {"x": x, "last": last, "age": age, "alive": alive(mbg, x, last, age), "orders": expected(mbg, x, last, age, 273.0)}
        for x, last, age in asked
    ]
    print(json.dumps({
        "sample": {"customers": len(sample), "bg": orders(sample, False), "mbg": orders(sample, True), "spending": spending(sample)},
        "master": {"customers": len(master), "mbg": mbg, "spending": spending(master), "answers": answers},
    }, indent=1))


main(sys.argv[1])
