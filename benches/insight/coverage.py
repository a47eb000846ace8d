"""Coverage of planted ratios: over many simulated worlds, how often does the interval of `insights` hold the true ratio?

Run: python coverage.py TIDEWATCH SEEDS [CUSTOMERS] [MONTHS]

Each seed makes a world, reads `truth.json`, runs `insights --format json`, and looks at `chat` (planted) and `play` (changes
nothing by itself) on churn. Two truths are held against [low, high]:

- the law: the ratio of true probabilities over all worlds together. It is one number, so the interval must hold it in
  95 % of the worlds;
- the world: the ratio of the true probabilities of those very customers, as `truth.json` has it. The interval also allows
  for other customers having been drawn, so it holds this one more often.

Printed: worlds, share covered with its 95 % Wilson interval, and the mean of log(found / law): 0 where the estimate is
centred on the truth.
"""
import json
import math
import subprocess
import sys
import tempfile
from pathlib import Path

Z = 1.959963984540054


def wilson(hits, n):
    p, d = hits / n, 1 + Z * Z / n
    centre, half = (p + Z * Z / (2 * n)) / d, Z * math.sqrt(p * (1 - p) / n + Z * Z / (4 * n * n)) / d
    return f"{hits} of {n} = {p:.3f} (95 % {centre - half:.3f} to {centre + half:.3f})"


def world_of(tidewatch, seed, customers, months):
    with tempfile.TemporaryDirectory() as folder:
        world = Path(folder) / "world"
        subprocess.run([tidewatch, "simulate", "--customers", str(customers), "--months", str(months), "--seed", str(seed),
                        "--files", "parquet", "--out", world, "--quiet"], check=True, stdout=subprocess.DEVNULL)
        truth = json.loads((world / "truth.json").read_text())["behaviours"]
        out = subprocess.run([tidewatch, "insights", "--project", world, "--format", "json"], check=True, capture_output=True)
    rows = {row["behaviour"]: row for row in json.loads(out.stdout)["rows"] if row["outcome"] == "churn"}
    return {name: (rows[name], truth[name]) for name in ("chat", "play")}


def report(worlds):
    for name in ("chat", "play"):
        pairs = [world[name] for world in worlds]
        rate = lambda side: (sum(truth[f"n_{side}"] * truth[f"rate_{side}"] for _, truth in pairs)
                             / sum(truth[f"n_{side}"] for _, truth in pairs))
        law = rate("with") / rate("without")
        of_law = sum(row["low"] <= law <= row["high"] for row, _ in pairs)
        of_world = sum(row["low"] <= truth["ratio"] <= row["high"] for row, truth in pairs)
        bias = sum(math.log(row["ratio"] / law) for row, _ in pairs) / len(pairs)
        print(f"{name}: law {law:.3f}: {wilson(of_law, len(pairs))}; world: {wilson(of_world, len(pairs))}; "
              f"mean log(found/law) {bias:+.3f}", flush=True)


def main(tidewatch, seeds, customers=1000, months=14):
    worlds = []
    for seed in range(1, int(seeds) + 1):
        worlds.append(world_of(tidewatch, seed, customers, months))
        if seed % 10 == 0 or seed == int(seeds):
            report(worlds)


main(*sys.argv[1:])
