"""Expected values of campaign evaluation, by independent implementations (scipy, statsmodels, numpy).

Run: python tests/expected/campaign/make.py [COOKIE_CATS_CSV_GZ]
Writes cookie_cats.json (from the public set), observational.csv and observational.json, covariates.csv and covariates.json
beside this file.
"""
import json, sys
from pathlib import Path
import numpy as np, pandas as pd
import statsmodels.api as sm
from scipy import stats, optimize
from statsmodels.stats.proportion import confint_proportions_2indep, proportions_ztest

HERE = Path(__file__).parent


def cookie_cats(path):
    d = pd.read_csv(path)
    n0, n1 = (d.version == "gate_30").sum(), (d.version == "gate_40").sum()
    out = {"sample_ratio_p": stats.chisquare([n0, n1]).pvalue}
    for y in ["retention_1", "retention_7"]:
        k0, k1 = d[d.version == "gate_30"][y].sum(), d[d.version == "gate_40"][y].sum()
        low, high = confint_proportions_2indep(k1, n1, k0, n0, method="newcomb", compare="diff")
        out[y] = {"control": k0 / n0, "treated": k1 / n1, "effect": k1 / n1 - k0 / n0, "low": low, "high": high,
                  "p": proportions_ztest([k1, k0], [n1, n0])[1]}
    a, b = (d[d.version == v].sum_gamerounds.astype(float) for v in ("gate_40", "gate_30"))
    r = stats.ttest_ind(a, b, equal_var=False)
    ci = r.confidence_interval()
    out["sum_gamerounds"] = {"control": b.mean(), "treated": a.mean(), "effect": a.mean() - b.mean(), "low": ci.low,
                             "high": ci.high, "p": r.pvalue}
    return out


def covariates():
    """A small randomised experiment with a covariate: CUPED by hand, Lin with HC2 by statsmodels."""
    rng = np.random.default_rng(7)
    n = 600
    t = (rng.random(n) < 0.5).astype(int)
    x, z = rng.normal(2015, 3, n), rng.normal(size=n)
    y = np.round(3 + 0.5 * (x - 2015) + z + 0.4 * t + rng.normal(size=n), 3)
    d = pd.DataFrame({"arm": np.where(t == 1, "b", "a"), "x": np.round(x, 2), "z": np.round(z, 3), "y": y})
    d.to_csv(HERE / "covariates.csv", index=False)
    t = (d.arm == "b").to_numpy().astype(float)
    theta = np.cov(d.y, d.x)[0, 1] / np.var(d.x, ddof=1)
    adjusted = d.y - theta * (d.x - d.x.mean())
    r = stats.ttest_ind(adjusted[t == 1], adjusted[t == 0], equal_var=False)
    ci = r.confidence_interval()
    cuped = {"treated": adjusted[t == 1].mean(), "control": adjusted[t == 0].mean(), "low": ci.low, "high": ci.high,
             "p": r.pvalue}
    c = d[["x", "z"]] - d[["x", "z"]].mean()
    design = np.column_stack([np.ones(n), t, c.x, c.z, t * c.x, t * c.z])
    fit = sm.OLS(d.y, design).fit(cov_type="HC2", use_t=True)
    low, high = fit.conf_int().iloc[1] if hasattr(fit.conf_int(), "iloc") else fit.conf_int()[1]
    lin = {"effect": fit.params.iloc[1], "low": low, "high": high, "p": fit.pvalues.iloc[1]}
    return {"cuped": cuped, "lin": lin}


def observational():
    rng = np.random.default_rng(11)
    n = 1500
    x, z = rng.normal(size=n), rng.integers(0, 3, n)
    e = 1 / (1 + np.exp(-(-1 + 0.7 * x + 0.5 * (z == 1) - 0.3 * (z == 2))))
    t = (rng.random(n) < e).astype(int)
    y = np.round(1 + x + 0.5 * (z == 1) + t * (0.5 + 0.2 * x) + rng.normal(size=n), 3)
    d = pd.DataFrame({"t": t, "x": np.round(x, 3), "z": np.array(["p", "q", "r"])[z], "y": y})
    d.to_csv(HERE / "observational.csv", index=False)
    X = np.column_stack([np.ones(n), d.x, d.z == "q", d.z == "r"]).astype(float)
    fit = sm.Logit(d.t, X).fit(disp=0, tol=1e-14, maxiter=200)
    p = fit.predict(X)
    w = np.where(d.t == 1, 1, p / (1 - p))
    T, Y = d.t.to_numpy(), d.y.to_numpy()
    mu1, mu0 = Y[T == 1].mean(), np.average(Y[T == 0], weights=w[T == 0])
    # Stacked estimating equations for the sandwich variance of the Hajek estimate.
    s = (T - p)[:, None] * X
    a1, a0 = T * (Y - mu1), (1 - T) * w * (Y - mu0)
    psi = np.column_stack([s, a1, a0])
    k = X.shape[1]
    A = np.zeros((k + 2, k + 2))
    A[:k, :k] = -(X * (p * (1 - p))[:, None]).T @ X
    A[k, k] = -T.sum()
    A[k + 1, :k] = (X * ((1 - T) * w * (Y - mu0))[:, None]).sum(0)
    A[k + 1, k + 1] = -((1 - T) * w).sum()
    Ai = np.linalg.inv(A)
    V = Ai @ (psi.T @ psi) @ Ai.T
    se = np.sqrt(V[k, k] + V[k + 1, k + 1] - 2 * V[k, k + 1])
    wc = w[T == 0]
    C = X[T == 0][:, 1:]
    target = X[T == 1][:, 1:].mean(0)
    dual = lambda l: np.log(np.exp((C - target) @ l).sum())
    grad = lambda l: (np.exp((C - target) @ l)[:, None] * (C - target)).sum(0) / np.exp((C - target) @ l).sum()
    l = optimize.minimize(dual, np.zeros(k - 1), jac=grad, method="BFGS", options={"gtol": 1e-13}).x
    q = np.exp((C - target) @ l)
    def smd(v):
        return abs(v[T == 1].mean() - np.average(v[T == 0], weights=wc)) / np.sqrt((v[T == 1].var(ddof=1) + v[T == 0].var(ddof=1)) / 2)
    return {"difference": mu1 - Y[T == 0].mean(), "ipw": mu1 - mu0, "ipw_se": se,
            "entropy_balance": mu1 - np.average(Y[T == 0], weights=q),
            "effective_sample_size": wc.sum() ** 2 / (wc ** 2).sum(), "largest_weight": wc.max() / wc.sum(),
            "smd_x": smd(d.x.to_numpy()), "truth": (0.5 + 0.2 * x[t == 1]).mean()}


if __name__ == "__main__":
    plain = lambda o: float(o)
    if len(sys.argv) > 1:
        (HERE / "cookie_cats.json").write_text(json.dumps(cookie_cats(sys.argv[1]), indent=1, default=plain) + "\n")
    (HERE / "covariates.json").write_text(json.dumps(covariates(), indent=1, default=plain) + "\n")
    (HERE / "observational.json").write_text(json.dumps(observational(), indent=1, default=plain) + "\n")
