"""The fit against scikit-learn in the same rounds: `python benches/model/fit_round.py [--rows 1000000] [--columns 60] [--rounds 3]`.

Builds `cargo bench --bench fit`, writes the numbers once, then runs ours and scikit-learn in turn and prints medians, their
ratio, and how ours grows with the rows.
"""
import argparse
import os
import re
import statistics
import subprocess
import sys
import tempfile

here = os.path.dirname(os.path.abspath(__file__))
arguments = argparse.ArgumentParser()
arguments.add_argument("--rows", type=int, default=1_000_000)
arguments.add_argument("--columns", type=int, default=60)
arguments.add_argument("--rounds", type=int, default=3)
asked = arguments.parse_args()


def said(command):
    environment = dict(os.environ, OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")
    text = subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout
    return float(re.search(r"([\d.]+) s CPU", text).group(1)), float(re.search(r"([\d.]+) (?:×|x) the matrix", text).group(1))


def ours(rows, *more):
    size = ["--rows", str(rows), "--columns", str(asked.columns)]
    return ["cargo", "bench", "-q", "--bench", "fit", "--", "speed", *size, *more]


with tempfile.TemporaryDirectory() as folder:
    numbers = os.path.join(folder, "numbers.bin")
    subprocess.run(ours(asked.rows, "--save", numbers), check=True, capture_output=True)
    peer = [sys.executable, os.path.join(here, "fit_sklearn.py"), numbers, str(asked.rows), str(asked.columns)]
    rounds = [(said(ours(asked.rows)), said(peer)) for _ in range(asked.rounds)]
cpu = [statistics.median(one[side][0] for one in rounds) for side in (0, 1)]
memory = [statistics.median(one[side][1] for one in rounds) for side in (0, 1)]
print("| | CPU seconds | peak memory / matrix |\n|---|---|---|")
print(f"| this | {cpu[0]:.2f} | {memory[0]:.2f} |\n| scikit-learn lbfgs, tol 1e-6 | {cpu[1]:.2f} | {memory[1]:.2f} |")
print(f"| ratio | {cpu[0] / cpu[1]:.2f} | |")
for rows in (asked.rows // 4, asked.rows // 2, 2 * asked.rows):
    print(f"| this, {rows} rows | {said(ours(rows))[0]:.2f} | |")
