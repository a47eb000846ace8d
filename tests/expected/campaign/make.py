"""Expected values of campaign evaluation, by independent implementations (scipy, statsmodels, numpy).

Run: python tests/expected/campaign/make.py [COOKIE_CATS_CSV_GZ]
Writes cookie_cats.json (from the public set), and observational, covariates and visits as csv with their values as json beside
this file.
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


def several():
    """Three arms and a share: Holm, Benjamini-Hochberg, simultaneous Newcombe intervals, relative change by the delta method."""
    from statsmodels.stats.multitest import multipletests
    counts = {"a": (2000, 200), "b": (2000, 236), "c": (2000, 252), "d": (2000, 207)}
    k0, n0 = counts["a"][1], counts["a"][0]
    out = {"counts": {arm: [n, k] for arm, (n, k) in counts.items()}, "arms": {}}
    p = [proportions_ztest([k, k0], [n, n0])[1] for n, k in list(counts.values())[1:]]
    holm, bh = multipletests(p, method="holm")[1], multipletests(p, method="fdr_bh")[1]
    for at, arm in enumerate("bcd"):
        n, k = counts[arm]
        low, high = confint_proportions_2indep(k, n, k0, n0, method="newcomb", compare="diff", alpha=0.05 / 3)
        p1, p0 = k / n, k0 / n0
        half = 1.959963984540054 * np.sqrt((p1 * (1 - p1) / n + (p1 / p0) ** 2 * p0 * (1 - p0) / n0) / p0 ** 2)
        out["arms"][arm] = {"p": p[at], "p_adjusted": holm[at], "q_bh": bh[at], "low_simultaneous": low,
                            "high_simultaneous": high, "relative": p1 / p0 - 1, "relative_low": p1 / p0 - 1 - half,
                            "relative_high": p1 / p0 - 1 + half}
    return out


def crossfitted(D, columns):
    """Cross-fitted AIPW on the treated: folds by the number of a row within its arm, in the order given."""
    n = len(D)
    fold = D.groupby("t").cumcount().to_numpy() % 5
    Z = np.column_stack([np.ones(n)] + [D[c] for c in columns])
    T, Y = D.t.to_numpy(), D.y.to_numpy()
    odds, fitted = np.zeros(n), np.zeros(n)
    for k in range(5):
        seen, held = fold != k, fold == k
        e = sm.Logit(T[seen], Z[seen]).fit(disp=0, tol=1e-14, maxiter=200).predict(Z[held])
        odds[held] = e / (1 - e)
        own = seen & (T == 0)
        fitted[held] = Z[held] @ np.linalg.lstsq(Z[own], Y[own], rcond=None)[0]
    R, w0 = Y - fitted, odds * (T == 0)
    first, second = R[T == 1].mean(), (w0 * R).sum() / w0.sum()
    v1 = ((R[T == 1] - first) ** 2).sum() / (T == 1).sum() ** 2
    v0 = ((w0 * (R - second) / w0.sum()) ** 2).sum()
    return first - second, np.sqrt(v1 + v0)


def observational():
    rng = np.random.default_rng(11)
    n = 1500
    x, z = rng.normal(size=n), rng.integers(0, 3, n)
    e = 1 / (1 + np.exp(-(-1 + 0.7 * x + 0.5 * (z == 1) - 0.3 * (z == 2))))
    t = (rng.random(n) < e).astype(int)
    y = np.round(1 + x + 0.5 * (z == 1) + t * (0.5 + 0.2 * x) + rng.normal(size=n), 3)
    d = pd.DataFrame({"t": t, "x": np.round(x, 3), "z": np.array(["p", "q", "r"])[z], "y": y})
    d["before"] = np.round(x + rng.normal(size=n), 3)
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
    D = d.assign(p=(d.z == "p") * 1.0, q=(d.z == "q") * 1.0, r=(d.z == "r") * 1.0)
    aipw, aipw_se = crossfitted(D.sort_values(["t", "x", "p", "q", "r", "y"]), ["x", "q", "r"])
    by_level = {z: crossfitted(D[D.z == z].sort_values(["t", "x", "y"]), ["x"]) for z in "pqr"}
    ratio = np.exp(0.91 * (mu1 - mu0) / Y.std(ddof=1))
    return {"aipw": aipw, "aipw_se": aipw_se, "by_level": {z: {"effect": e, "se": s} for z, (e, s) in by_level.items()}, "e_value": ratio + np.sqrt(ratio * (ratio - 1)),
            "difference": mu1 - Y[T == 0].mean(), "ipw": mu1 - mu0, "ipw_se": se,
            "entropy_balance": mu1 - np.average(Y[T == 0], weights=q),
            "effective_sample_size": wc.sum() ** 2 / (wc ** 2).sum(), "largest_weight": wc.max() / wc.sum(),
            "smd_x": smd(d.x.to_numpy()), "truth": (0.5 + 0.2 * x[t == 1]).mean()}


def visits():
    """Visits of visitors who were drawn: cluster-robust means per visit, sums per visitor, ratios by the delta method."""
    rng = np.random.default_rng(5)
    n = 400
    arm = rng.integers(0, 2, n)
    taste, before = rng.normal(size=n), rng.normal(size=n)
    rows = []
    for u in range(n):
        for _ in range(1 + rng.poisson(2)):
            shown = 1 + rng.poisson(4)
            clicks = rng.binomial(shown, 1 / (1 + np.exp(2 - taste[u] - 0.3 * arm[u])))
            spend = np.round(max(0, 5 + 3 * taste[u] + before[u] + 0.8 * arm[u] + rng.normal()), 2)
            rows.append((f"v{u}", "ab"[arm[u]], ["web", "app", "shop"][rng.integers(0, 3)], shown, clicks, spend, int(spend > 6),
                         np.round(before[u], 3)))
    d = pd.DataFrame(rows, columns=["visitor", "arm", "channel", "shown", "clicks", "spend", "large", "before"])
    d.sample(frac=1, random_state=1).to_csv(HERE / "visits.csv", index=False)

    def pair(level):
        (m1, v1, n1), (m0, v0, n0) = level("b"), level("a")
        se = np.sqrt(v1 + v0)
        dof = (v1 + v0) ** 2 / (v1 ** 2 / (n1 - 1) + v0 ** 2 / (n0 - 1))
        half = stats.t.ppf(0.975, dof) * se
        e = m1 - m0
        return {"treated": m1, "control": m0, "effect": e, "standard_error": se, "low": e - half, "high": e + half,
                "p": 2 * stats.t.sf(abs(e / se), dof)}

    def clustered(d, y):
        def level(a):
            own = d[d.arm == a]
            fit = sm.OLS(own[y].astype(float), np.ones(len(own))).fit(
                cov_type="cluster", cov_kwds={"groups": own.visitor, "use_correction": False})
            g = own.visitor.nunique()
            return fit.params.iloc[0], fit.cov_params().iloc[0, 0] * g / (g - 1), g
        return pair(level)

    def ratio(y, below):
        def level(a):
            u = d[d.arm == a].groupby("visitor")[[y, below]].sum().astype(float)
            r = u[y].sum() / u[below].sum()
            z = (u[y] - r * u[below]) / u[below].mean()
            return r, z.var(ddof=1) / len(u), len(u)
        return pair(level)

    def cuped(y):
        u = d.groupby(["arm", "visitor"]).agg(y=(y, "sum"), n=(y, "size"), x=("before", "mean")).reset_index()
        z = []
        for _, own in u.groupby("arm"):
            r = own.y.sum() / own.n.sum()
            z.append(r + (own.y - r * own.n) / own.n.mean())
        u["z"] = pd.concat(z)
        theta = np.cov(u.z, u.x)[0, 1] / np.var(u.x, ddof=1)
        u["z"] -= theta * (u.x - u.x.mean())
        return pair(lambda a: (u[u.arm == a].z.mean(), u[u.arm == a].z.var(ddof=1) / (u.arm == a).sum(), (u.arm == a).sum()))

    u = d.groupby(["arm", "visitor"]).agg(spend=("spend", "sum"), large=("large", "max")).reset_index()
    ever = {a: (u[u.arm == a].large.sum(), (u.arm == a).sum()) for a in "ab"}
    low, high = confint_proportions_2indep(*ever["b"], *ever["a"], method="newcomb", compare="diff")
    return {"sample_ratio_p": stats.chisquare([ever["a"][1], ever["b"][1]]).pvalue, "spend": clustered(d, "spend"), "large": clustered(d, "large"), "clicks/shown": ratio("clicks", "shown"),
            "spend_app": clustered(d[d.channel == "app"], "spend"), "spend_cuped": cuped("spend"),
            "aggregate": {
                "spend": pair(lambda a: (u[u.arm == a].spend.mean(), u[u.arm == a].spend.var(ddof=1) / ever[a][1], ever[a][1])),
                "large": {"low": low, "high": high, "control": ever["a"][0] / ever["a"][1]}}}


if __name__ == "__main__":
    plain = lambda o: float(o)
    if len(sys.argv) > 1:
        (HERE / "cookie_cats.json").write_text(json.dumps(cookie_cats(sys.argv[1]), indent=1, default=plain) + "\n")
    (HERE / "covariates.json").write_text(json.dumps(covariates(), indent=1, default=plain) + "\n")
    (HERE / "observational.json").write_text(json.dumps(observational(), indent=1, default=plain) + "\n")
    (HERE / "visits.json").write_text(json.dumps(visits(), indent=1, default=plain) + "\n")
    (HERE / "several.json").write_text(json.dumps(several(), indent=1, default=plain) + "\n")
