"""How near three lifetime models come to the last nine months of CDNOW, fitted on the first nine, by scipy alone.

    python benches/model/lifetime_holdout.py DATA/cdnow/CDNOW_master.txt

Time in weeks, days with an order as purchases. BG/NBD: Fader, Hardie, Lee 2005; MBG/NBD: Batislam, Denizel, Filiztekin 2007;
Pareto/NBD: Schmittlein, Morrison, Colombo 1987 in the notation of Fader and Hardie.
"""
import collections
import datetime
import sys

import numpy as np
from scipy.optimize import minimize
from scipy.special import gammaln, hyp2f1

END, WEEKS = datetime.date(1997, 9, 30), 39.0
bought = collections.defaultdict(set)
for line in open(sys.argv[1]):
    cells = line.split()
    if len(cells) >= 4 and cells[0].isdigit():
        day = cells[1]
        bought[cells[0]].add(datetime.date(int(day[:4]), int(day[4:6]), int(day[6:])))
rows = []
for days in bought.values():
    past = sorted(day for day in days if day <= END)
    if past:
        after = sum(day > END for day in days)
        rows.append((len(past) - 1, (past[-1] - past[0]).days / 7, (END - past[0]).days / 7, after))
x, last, age, after = np.array(rows, float).T


def fitted(log_likelihood, starts):
    found = [minimize(lambda p: -log_likelihood(*np.exp(p)).mean(), np.log(start), method="Nelder-Mead",
                      options={"maxiter": 6000, "xatol": 1e-6, "fatol": 1e-10}) for start in starts]
    best = min(found, key=lambda one: one.fun)
    return np.exp(best.x), -best.fun


def dropout(k):
    """BG/NBD (k = 0) and MBG/NBD (k = 1): log odds of having gone, and the likelihood."""
    def gone(r, alpha, a, b):
        n = x + k
        with np.errstate(divide="ignore", invalid="ignore"):
            odds = np.log(a) - np.log(b + n - 1) + (r + x) * (np.log(alpha + age) - np.log(alpha + last))
        return np.where(n > 0, odds, -np.inf)

    def log_likelihood(r, alpha, a, b):
        n = x + k
        stay = gammaln(b + n) - gammaln(b) + gammaln(a + b) - gammaln(a + b + n)
        rate = gammaln(r + x) - gammaln(r) + r * np.log(alpha) - (r + x) * np.log(alpha + age)
        return rate + stay + np.logaddexp(0.0, gone(r, alpha, a, b))

    def expected(r, alpha, a, b):
        n = x + k
        top = a + b + n - 1
        u = (alpha + age) / (alpha + age + WEEKS)
        series = hyp2f1(top - r - x, a - 1, top, 1 - u)
        return top / (a - 1) * (1 - u ** (a - 1) * series) / (1 + np.exp(gone(r, alpha, a, b)))

    return log_likelihood, expected


def pareto_gone(r, alpha, s, beta):
    """ln of the integral of (alpha + y)^-(r + x) (beta + y)^-(s + 1) over [last, age], times r + s + x."""
    more, less, p = (alpha, beta, s + 1) if alpha >= beta else (beta, alpha, r + x)
    power = r + s + x

    def at(y):
        return np.log(hyp2f1(power, p, power + 1, (more - less) / (more + y))) - power * np.log(more + y)

    first, second = at(last), at(age)
    return first + np.log1p(-np.exp(np.minimum(second - first, -1e-15)))


def pareto_likelihood(r, alpha, s, beta):
    base = gammaln(r + x) - gammaln(r) + r * np.log(alpha) + s * np.log(beta)
    here = -(r + x) * np.log(alpha + age) - s * np.log(beta + age)
    return base + np.logaddexp(here, np.log(s / (r + s + x)) + pareto_gone(r, alpha, s, beta))


def pareto_expected(r, alpha, s, beta):
    odds = np.log(s / (r + s + x)) + (r + x) * np.log(alpha + age) + s * np.log(beta + age) + pareto_gone(r, alpha, s, beta)
    rest = 1 - ((beta + age) / (beta + age + WEEKS)) ** (s - 1)
    return (r + x) * (beta + age) / ((alpha + age) * (s - 1)) * rest / (1 + np.exp(odds))


print("| model | log likelihood | expected / came | once | 1 | 2 | 3 or more |\n|---|---|---|---|---|---|---|")
models = {"BG/NBD": dropout(0), "MBG/NBD": dropout(1), "Pareto/NBD": (pareto_likelihood, pareto_expected)}
for name, (log_likelihood, expected) in models.items():
    parameters, value = fitted(log_likelihood, [[0.5, 10, 0.6, 12], [0.25, 4.4, 0.8, 2.4]])
    told = expected(*parameters)
    shares = [told[m].sum() / after[m].sum() for m in (x == 0, x == 1, x == 2, x >= 3)]
    print(f"| {name} | {value:.5f} | {told.sum() / after.sum():.3f} | " + " | ".join(f"{share:.2f}" for share in shares) + " |")
