"""Expected coefficients and metrics, made with scikit-learn; run once, results committed beside this script.

matrix.csv   300 rows: y, x1..x5 (one of them skewed, one a rare flag)
expected.json  coefficients and intercepts for some penalties (C = 1 / alpha, newton-cholesky, tol 1e-12), and metrics of
               the scores of alpha = 1
"""
import json
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, brier_score_loss, log_loss, roc_auc_score

here = Path(__file__).parent
rng = np.random.default_rng(20250601)
n = 300
x = np.column_stack([
    rng.normal(size=n), rng.exponential(2.0, n), rng.integers(0, 4, n).astype(float),
    (rng.random(n) < 0.05).astype(float), rng.normal(size=n),
])
x[:, 4] += 0.9 * x[:, 0]
x = (x - x.mean(0)) / x.std(0)
y = (rng.random(n) < 1 / (1 + np.exp(-(-0.7 + 0.8 * x[:, 0] - 0.6 * x[:, 1] + 0.3 * x[:, 3])))).astype(int)
x = np.round(x, 9)
np.savetxt(here / "matrix.csv", np.column_stack([y, x]), delimiter=",", fmt="%.9g", header="y,x1,x2,x3,x4,x5", comments="")
out = {"fits": []}
for alpha in [1e-3, 1.0, 50.0]:
    fit = LogisticRegression(C=1 / alpha, solver="newton-cholesky", tol=1e-12, max_iter=1000).fit(x, y)
    out["fits"].append({"alpha": alpha, "coefficients": fit.coef_[0].tolist(), "intercept": float(fit.intercept_[0])})
    if alpha == 1.0:
        p = np.round(fit.predict_proba(x)[:, 1], 2)  # rounded: ties
        out["metrics"] = {
            "scores": p.tolist(), "auc": roc_auc_score(y, p), "average_precision": average_precision_score(y, p),
            "log_loss": log_loss(y, p), "brier": brier_score_loss(y, p),
        }
(here / "expected.json").write_text(json.dumps(out, indent=1) + "\n")
