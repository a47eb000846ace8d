"""Checks `evaluation.json` of a backtest against scikit-learn's figures of `predictions.parquet`.

    python check.py FOLDER

Prints the largest differences and exits 1 if a figure differs by more than 1e-9 (1e-6 for the calibration fit, which is an
iteration).
"""
import json
import sys
from pathlib import Path

import numpy as np
import polars as pl
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, brier_score_loss, log_loss, roc_auc_score, roc_curve


def figures(y, p):
    rate = y.mean()
    false, true, _ = roc_curve(y, p, drop_intermediate=False)
    log_odds = np.log(p / (1 - p))[:, None]
    line = LogisticRegression(C=np.inf, tol=1e-12, max_iter=10_000).fit(log_odds, y)
    return {
        "n": len(y), "events": int(y.sum()), "base_rate": rate, "auc": roc_auc_score(y, p),
        "average_precision": average_precision_score(y, p), "log_loss": log_loss(y, p), "brier": brier_score_loss(y, p),
        "brier_skill": 1 - brier_score_loss(y, p) / (rate * (1 - rate)), "ks": np.max(true - false),
        "calibration_in_the_large": rate - p.mean(), "calibration_slope": line.coef_[0, 0],
        "calibration_intercept": line.intercept_[0],
    }


folder = Path(sys.argv[1])
evaluation = json.loads((folder / "evaluation.json").read_text())
predictions = pl.read_parquet(folder / "predictions.parquet")
worst, checked = {}, 0
for target, told in evaluation.items():
    own = predictions.filter(pl.col("target") == target)
    slices = [(told, own)]
    if own["fold"].null_count() == 0:
        slices += [(part, own.filter(pl.col("fold") == int(part["slice"].split()[1]))) for part in told["slices"]]
    for part, rows in slices:
        for name, value in figures(rows["outcome"].to_numpy(), rows["score"].to_numpy()).items():
            tolerance = 1e-5 if name in ("calibration_slope", "calibration_intercept") else 1e-9
            difference = abs(part[name] - value)
            checked += 1
            if not difference <= tolerance:
                worst[f"{target} {part.get('slice', 'whole')} {name}"] = (part[name], float(value))
print(f"{checked} figures checked, {len(worst)} differ: {worst}")
sys.exit(bool(worst) or checked < 40)
