#!/usr/bin/env python3
"""Makes the small event log and the features that a plain polars program computes from it.

make.py BENCH: BENCH is the folder of the reference workload (gen_events.py, base_polars.py; see benches/README.md).
Writes data/ (events, customers) and features.csv (customer_id, cutoff, label, the 68 features) beside itself."""
import pathlib
import shutil
import subprocess
import sys
import tempfile

import polars as pl

bench, here = pathlib.Path(sys.argv[1]), pathlib.Path(__file__).parent
with tempfile.TemporaryDirectory() as folder:
    made, out = f"{folder}/made", f"{folder}/features.parquet"
    run = lambda *words: subprocess.run([sys.executable, *map(str, words)], check=True)
    run(bench / "gen_events.py", "--customers", 60, "--events", 3000, "--seed", 11, "--out", made)
    run(bench / "base_polars.py", "--data", made, "--out", f"{folder}/scores.parquet", "--dump-features", out, "--features-only")
    shutil.copytree(f"{made}/events", here / "data/events", dirs_exist_ok=True)
    shutil.copy(f"{made}/customers.parquet", here / "data/customers.parquet")
    pl.read_parquet(out).write_csv(here / "features.csv")
