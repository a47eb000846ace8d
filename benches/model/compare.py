"""The model against LightGBM and an explainable boosting machine, on the same feature frames and the same split.

    python benches/model/compare.py --tidewatch target/release/tidewatch --work /tmp/compare [--only cdnow,telco] [--no-ebm]

For every set: `tidewatch features` writes the frame, `tidewatch backtest` makes our predictions, the rivals are fitted on
the same training rows and judged on the same test rows (folds: the column `fold` of predictions.parquet). Prints AUC and
log loss of each, the difference to the better rival with its 95 % interval (DeLong paired; paired by row for log loss), and
the mean over the sets. Needs polars, scikit-learn, lightgbm, interpret-core; data where data/README.md says.
"""
import argparse
import json
import subprocess
import sys
import time
from pathlib import Path

import lightgbm as lgb
import numpy as np
import polars as pl
from scipy import stats
from sklearn.metrics import log_loss, roc_auc_score

ROOT = Path(__file__).resolve().parents[2]
SETS = {
    "cdnow_active": dict(project="data/cdnow", target="churn", train="1998-01-01", test="1998-04-01"),
    "cdnow_all": dict(project="data/cdnow", target="churn_all", train="1998-01-01", test="1998-04-01"),
    "airline": dict(project="data/airline_loyalty", target="churn", train="2018-03-01", test="2018-09-01"),
    "telco": dict(project="data/telco_ibm", target="churn", folds=5),
    "bigml": dict(project="data/bigml_telecom", target="churn", folds=5),
}


def run(tidewatch, *args):
    started = time.time()
    done = subprocess.run([tidewatch, *map(str, args)], capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"tidewatch {' '.join(map(str, args))}: exit {done.returncode}\n{done.stderr}{done.stdout}")
    return done.stdout, time.time() - started


def placements(y, p):
    order = stats.rankdata(p)
    pos, neg = p[y == 1], p[y == 0]
    m, n = len(pos), len(neg)
    v10 = (order[y == 1] - stats.rankdata(pos)) / n
    v01 = 1 - (order[y == 0] - stats.rankdata(neg)) / m
    return v10, v01


def auc_difference(y, a, b):
    (a1, a0), (b1, b0) = placements(y, a), placements(y, b)
    d1, d0 = a1 - b1, a0 - b0
    return d1.mean(), np.sqrt(d1.var(ddof=1) / len(d1) + d0.var(ddof=1) / len(d0))


def losses(y, p):
    p = np.clip(p, 1e-6, 1 - 1e-6)
    return -np.where(y == 1, np.log(p), np.log1p(-p))


def loss_difference(y, a, b):
    d = losses(y, a) - losses(y, b)
    return d.mean(), d.std(ddof=1) / np.sqrt(len(d))


def matrix(frame, target):
    drop = [c for c in frame.columns if c.startswith(("label_", "eligible_")) or c in ("customer", "as_of")]
    x = frame.drop(drop)
    texts = [c for c, t in x.schema.items() if t in (pl.String, pl.Categorical)]
    pandas = x.with_columns([pl.col(c).cast(pl.Categorical) for c in texts]).to_pandas()
    y = frame[f"label_{target}"].cast(pl.Int64).to_numpy()
    return pandas, y


def lightgbm(x, y, z):
    best = None
    fit = lgb.LGBMClassifier(
        n_estimators=200, learning_rate=0.04, num_leaves=15, min_child_samples=50, verbose=-1, n_jobs=2, random_state=0,
        deterministic=True, force_row_wise=True,
    ).fit(x, y)
    return fit.predict_proba(z)[:, 1]


def ebm(x, y, z):
    from interpret.glassbox import ExplainableBoostingClassifier
    texts = [c for c in x.columns if str(x[c].dtype) == "category"]
    x, z = x.copy(), z.copy()
    for c in texts:
        x[c], z[c] = x[c].astype(object).fillna("missing"), z[c].astype(object).fillna("missing")
    keep = [c for c in x.columns if x[c].nunique(dropna=False) > 1]
    fit = ExplainableBoostingClassifier(interactions=10, random_state=0, n_jobs=2, outer_bags=4).fit(x[keep], y)
    return fit.predict_proba(z[keep])[:, 1]


def data_of(tidewatch, name, spec, work):
    out = work / name
    out.mkdir(parents=True, exist_ok=True)
    project = ROOT / spec["project"]
    cut = [] if "folds" in spec else [f"{spec['train']},{spec['test']}"]
    frame_file = out / "features.parquet"
    dates = ["--as-of", cut[0]] if cut else []
    run(tidewatch, "features", "--project", project, *dates, "--out", frame_file)
    how = ["--folds", spec["folds"], "--seed", 0] if "folds" in spec else [
        "--train-as-of", spec["train"], "--test-as-of", spec["test"]]
    text, seconds = run(tidewatch, "backtest", "--project", project, "--target", spec["target"], *how, "--out", out)
    frame = pl.read_parquet(frame_file)
    target = spec["target"]
    frame = frame.filter(pl.col(f"eligible_{target}") & pl.col(f"label_{target}").is_not_null())
    ours = pl.read_parquet(out / "predictions.parquet").filter(pl.col("target") == target)
    return frame, ours, text, seconds


def splits(frame, ours, spec):
    if "folds" in spec:
        frame = frame.join(ours.select("customer", "fold"), on="customer", how="inner")
        for fold in sorted(frame["fold"].unique()):
            yield frame.filter(pl.col("fold") != fold).drop("fold"), frame.filter(pl.col("fold") == fold).drop("fold")
    else:
        days = [pl.lit(d).str.to_date() for d in (spec["train"], spec["test"])]
        yield frame.filter(pl.col("as_of") == days[0]), frame.filter(pl.col("as_of") == days[1])


def leaks_of(out, target):
    notes = json.loads((out / "evaluation.json").read_text())[target]["notes"]
    return [n.split("`")[1] for n in notes if n.startswith("left out, it may know the future")]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--tidewatch", required=True)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--only", default=",".join(SETS))
    parser.add_argument("--no-ebm", action="store_true")
    parser.add_argument("--verbose", action="store_true")
    args = parser.parse_args()
    rows, violated = [], []
    for name in args.only.split(","):
        spec = SETS[name]
        frame, ours, text, seconds = data_of(args.tidewatch, name, spec, args.work)
        if args.verbose:
            print(text)
        frame = frame.drop(leaks_of(args.work / name, spec["target"]))
        rivals = {"lightgbm": lightgbm} | ({} if args.no_ebm else {"ebm": ebm})
        scored = {r: [] for r in rivals}
        keys, truth = [], []
        for fit, judge in splits(frame, ours, spec):
            x, y = matrix(pl.concat([fit, judge]), spec["target"])
            n = len(fit)
            for rival, train in rivals.items():
                scored[rival].append(train(x.iloc[:n], y[:n], x.iloc[n:]))
            keys.append(judge.select("customer", "as_of"))
            truth.append(y[n:])
        table = pl.concat(keys).with_columns(
            pl.Series("y", np.concatenate(truth)), *[pl.Series(r, np.concatenate(s)) for r, s in scored.items()])
        table = table.join(ours.select("customer", "as_of", "outcome", "score"), on=["customer", "as_of"], how="inner")
        assert len(table) == len(ours) and (table["y"] == table["outcome"]).all(), "rows differ"
        y, own = table["y"].to_numpy(), table["score"].to_numpy()
        line = dict(set=name, n=len(y), rate=y.mean(), auc=roc_auc_score(y, own), loss=log_loss(y, own), seconds=seconds)
        for rival in rivals:
            p = table[rival].to_numpy()
            line[f"{rival}_auc"], line[f"{rival}_loss"] = roc_auc_score(y, p), log_loss(y, np.clip(p, 1e-6, 1 - 1e-6))
        best = max(rivals, key=lambda r: line[f"{r}_auc"])
        best_loss = min(rivals, key=lambda r: line[f"{r}_loss"])
        d, se = auc_difference(y, own, table[best].to_numpy())
        l, lse = loss_difference(y, own, table[best_loss].to_numpy())
        line |= dict(d_auc=d, d_auc_low=d - 1.96 * se, d_auc_high=d + 1.96 * se, d_loss=l, d_loss_low=l - 1.96 * lse, d_loss_high=l + 1.96 * lse)
        rows.append(line)
        if line["d_auc_high"] < -0.003 or line["d_loss_low"] > 0.002:
            violated.append(name)
        print({k: (round(v, 5) if isinstance(v, float) else v) for k, v in line.items()}, flush=True)
    print(f"\nmean d_auc {np.mean([r['d_auc'] for r in rows]):+.5f} (wanted >= -0.003)   "
          f"mean d_loss {np.mean([r['d_loss'] for r in rows]):+.5f} (wanted <= +0.002)   violated: {violated or 'none'}")
    (args.work / "compare.json").write_text(json.dumps(rows, indent=1, default=float))


if __name__ == "__main__":
    main()
