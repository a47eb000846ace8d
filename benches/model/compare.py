"""The model against LightGBM and an explainable boosting machine, on the same feature frames and the same split.

    python benches/model/compare.py --tidewatch target/release/tidewatch --work /tmp/compare
        [--data ../shared/data] [--workload DIR] [--only cdnow_active,telco] [--no-ebm]

For every set: `tidewatch features` writes the frame, `tidewatch backtest` makes our predictions, the rivals are fitted on
the same training rows and judged on the same test rows (folds: the column `fold` of predictions.parquet). Prints AUC and
log loss of each, the difference to the better rival with its 95 % interval (DeLong paired; paired by row for log loss),
calibration on the test rows, and the mean over the sets; `compare.json` and `table.md` hold the same. Rivals are
kept in --work under a hash of the frame they saw, so that a changed model is compared again in seconds.

Public sets are read where data/README.md says; `--workload` names a folder with `events/*.parquet` and
`customers.parquet` of the 10 M-event workload; sets called `world_*` are made by worlds.py. Needs polars, scikit-learn,
lightgbm, interpret-core.
"""
import argparse
import hashlib
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

import worlds

ROOT = Path(__file__).resolve().parents[2]
ALL_OF_CDNOW = '\n[target.churn_all]\nkind = "inactivity"\ntable = "orders"\nhorizon_days = 90\n'
WORKLOAD = """
[target.churn_all]
kind = "inactivity"
table = "events"
horizon_days = 30
[target.churn_recent]
kind = "inactivity"
table = "events"
active_within_days = 30
horizon_days = 30
"""
SETS = {
    "cdnow_active": dict(project="data/cdnow", target="churn", train="1998-01-01", test="1998-04-01"),
    "cdnow_all": dict(project="data/cdnow", target="churn_all", train="1998-01-01", test="1998-04-01", more=ALL_OF_CDNOW),
    "airline": dict(project="data/airline_loyalty", target="churn", train="2018-03-01", test="2018-09-01", horizon=90),
    "telco": dict(project="data/telco_ibm", target="churn", folds=5),
    "bigml": dict(project="data/bigml_telecom", target="churn", folds=5),
    "workload_all": dict(project="benches/workload", target="churn_all", train="2025-03-03,2025-04-02", test="2025-05-02",
                         more=WORKLOAD),
    "workload_recent": dict(project="benches/workload", target="churn_recent", train="2025-03-03,2025-04-02",
                            test="2025-05-02", more=WORKLOAD),
}


def run(tidewatch, *args):
    done = subprocess.run([tidewatch, *map(str, args)], capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"tidewatch {' '.join(map(str, args))}: exit {done.returncode}\n{done.stderr}{done.stdout}")
    return done.stdout


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


RIVALS = {"lightgbm": lightgbm, "ebm": ebm}


def project_of(name, spec, args):
    """A copy of the project that reads the data where they are."""
    folder = args.work / name / "project"
    folder.mkdir(parents=True, exist_ok=True)
    if name.startswith("world_"):
        worlds.write(name.removeprefix("world_"), folder)
        return folder
    text = (ROOT / spec["project"] / "tidewatch.toml").read_text()
    text = text.replace("../../../shared/data", str(args.data.resolve())).replace('terms = "linear"', "")
    if "horizon" in spec:
        text = text.replace("horizon_days = 92", f"horizon_days = {spec['horizon']}")
    if spec["project"] == "benches/workload":
        text = text.replace('"data/', f'"{args.workload.resolve()}/')
    (folder / "tidewatch.toml").write_text(text + spec.get("more", ""))
    return folder


def data_of(name, spec, args):
    out, target = args.work / name, spec["target"]
    project = project_of(name, spec, args)
    frame_file = out / "features.parquet"
    dates = [] if "folds" in spec else ["--as-of", f"{spec['train']},{spec['test']}"]
    if not (args.keep_frames and frame_file.exists()):
        run(args.tidewatch, "features", "--project", project, *dates, "--out", frame_file)
    how = ["--folds", spec["folds"], "--seed", 0] if "folds" in spec else [
        "--train-as-of", spec["train"], "--test-as-of", spec["test"]]
    started = time.time()
    if not (args.keep_predictions and (out / "predictions.parquet").exists()):
        text = run(args.tidewatch, "backtest", "--project", project, "--target", target, *how, "--out", out)
        if args.verbose:
            print(text)
    seconds = time.time() - started
    frame = pl.read_parquet(frame_file)
    frame = frame.filter(pl.col(f"eligible_{target}") & pl.col(f"label_{target}").is_not_null())
    ours = pl.read_parquet(out / "predictions.parquet").filter(pl.col("target") == target)
    return frame, ours, seconds


def splits(frame, ours, spec):
    if "folds" in spec:
        frame = frame.join(ours.select("customer", "fold"), on="customer", how="inner")
        for fold in sorted(frame["fold"].unique()):
            yield frame.filter(pl.col("fold") != fold).drop("fold"), frame.filter(pl.col("fold") == fold).drop("fold")
    else:
        yield tuple(frame.filter(pl.col("as_of").cast(pl.String).is_in(spec[side].split(","))) for side in ("train", "test"))


def leaks_of(out, target):
    notes = json.loads((out / "evaluation.json").read_text())[target]["notes"]
    named = [n.split("`")[1] for n in notes if n.startswith("left out, it may know the future")]
    with_them = [n.split(" too: ")[1].split(", ") for n in notes if n.startswith("left out with it")]
    return named + sum(with_them, [])


def rival(name, x, y, z, work):
    """Fitted and scored, or read from an earlier time that saw the same rows."""
    key = hashlib.blake2b(digest_size=12)
    for part in (x, z):
        key.update("".join(part.columns).encode())
        for c in part.columns:
            key.update(part[c].astype(str).str.cat().encode() if str(part[c].dtype) == "category" else
                       np.ascontiguousarray(part[c].to_numpy(dtype=float)).tobytes())
    key.update(y.tobytes())
    kept = work / "rivals" / f"{name}-{key.hexdigest()}.npy"
    if kept.exists():
        return np.load(kept)
    kept.parent.mkdir(parents=True, exist_ok=True)
    p = RIVALS[name](x, y, z)
    np.save(kept, p)
    return p


def compare(name, spec, args):
    frame, ours, seconds = data_of(name, spec, args)
    target = spec["target"]
    frame = frame.drop([c for c in leaks_of(args.work / name, target) if c in frame.columns])
    rivals = [r for r in RIVALS if r != "ebm" or not args.no_ebm]
    scored = {r: [] for r in rivals}
    keys, truth = [], []
    for fit, judge in splits(frame, ours, spec):
        x, y = matrix(pl.concat([fit, judge]), target)
        n = len(fit)
        for r in rivals:
            scored[r].append(rival(r, x.iloc[:n], y[:n], x.iloc[n:], args.work))
        keys.append(judge.select("customer", "as_of"))
        truth.append(y[n:])
    table = pl.concat(keys).with_columns(
        pl.Series("y", np.concatenate(truth)), *[pl.Series(r, np.concatenate(s)) for r, s in scored.items()])
    table = table.join(ours.select("customer", "as_of", "outcome", "score"), on=["customer", "as_of"], how="inner")
    assert len(table) == len(ours) and (table["y"] == table["outcome"]).all(), "rows differ"
    y, own = table["y"].to_numpy(), table["score"].to_numpy()
    line = dict(set=name, n=len(y), rate=y.mean(), auc=roc_auc_score(y, own), loss=log_loss(y, own), seconds=seconds)
    for r in rivals:
        p = table[r].to_numpy()
        line[f"{r}_auc"], line[f"{r}_loss"] = roc_auc_score(y, p), log_loss(y, np.clip(p, 1e-6, 1 - 1e-6))
    best = max(rivals, key=lambda r: line[f"{r}_auc"])
    best_loss = min(rivals, key=lambda r: line[f"{r}_loss"])
    d, se = auc_difference(y, own, table[best].to_numpy())
    l, lse = loss_difference(y, own, table[best_loss].to_numpy())
    line |= dict(d_auc=d, d_auc_low=d - 1.96 * se, d_auc_high=d + 1.96 * se,
                 d_loss=l, d_loss_low=l - 1.96 * lse, d_loss_high=l + 1.96 * lse)
    ev = json.loads((args.work / name / "evaluation.json").read_text())[target]
    line |= dict(slope=ev["calibration_slope"], slope_low=ev.get("calibration_slope_low"),
                 slope_high=ev.get("calibration_slope_high"), in_the_large=ev["calibration_in_the_large"])
    return line


def markdown(rows):
    out = ["| set | rows | rate | AUC ours | LightGBM | EBM | Δ best | 95 % | log loss ours | LightGBM | EBM | Δ best | 95 % |"
           " slope | in the large |", "|---|" + "---:|" * 14]
    for r in rows:
        out.append(
            f"| {r['set']} | {r['n']} | {r['rate']:.3f} | {r['auc']:.4f} | {r['lightgbm_auc']:.4f} | "
            f"{r.get('ebm_auc', float('nan')):.4f} | {r['d_auc']:+.4f} | {r['d_auc_low']:+.4f} to {r['d_auc_high']:+.4f} | "
            f"{r['loss']:.4f} | {r['lightgbm_loss']:.4f} | {r.get('ebm_loss', float('nan')):.4f} | {r['d_loss']:+.4f} | "
            f"{r['d_loss_low']:+.4f} to {r['d_loss_high']:+.4f} | {r['slope']:.2f} | {r['in_the_large']:+.3f} |")
    return "\n".join(out) + "\n"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--tidewatch", required=True)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared/data")
    parser.add_argument("--workload", type=Path)
    parser.add_argument("--only")
    parser.add_argument("--no-ebm", action="store_true")
    parser.add_argument("--keep-frames", action="store_true")
    parser.add_argument("--keep-predictions", action="store_true")
    parser.add_argument("--verbose", action="store_true")
    args = parser.parse_args()
    sets = SETS | {f"world_{name}": dict(target="churn", folds=5) for name in worlds.FLAT} | {
        f"world_{name}": dict(target="churn", train=",".join(worlds.TRAIN), test=worlds.TEST) for name in worlds.DATED}
    names = args.only.split(",") if args.only else [n for n in SETS if args.workload or not n.startswith("workload")]
    if names == ["worlds"]:
        names = [name for name in sets if name.startswith("world_")]
    rows, violated = [], []
    for name in names:
        line = compare(name, sets[name], args)
        rows.append(line)
        if line["d_auc_high"] < -0.003 or line["d_loss_low"] > 0.002:
            violated.append(name)
        print({k: (round(v, 5) if isinstance(v, float) else v) for k, v in line.items()}, flush=True)
    said = (f"\nmean difference of AUC {np.mean([r['d_auc'] for r in rows]):+.5f} (wanted >= -0.003), of log loss "
            f"{np.mean([r['d_loss'] for r in rows]):+.5f} (wanted <= +0.002); wholly beyond: {', '.join(violated) or 'none'}\n")
    print(said)
    (args.work / "compare.json").write_text(json.dumps(rows, indent=1, default=float))
    (args.work / "table.md").write_text(markdown(rows) + said)


if __name__ == "__main__":
    main()
