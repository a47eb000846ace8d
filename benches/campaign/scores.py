"""A project with the scores of a night for the speed of `export`: scores.py FOLDER [CUSTOMERS] (default 1,000,000).

Writes tidewatch.toml and runs/2025-06-01/scores.parquet with the columns of the contract; then
`tidewatch export --project FOLDER --top CUSTOMERS --file list.csv`.
"""
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

PROJECT = """[project]
name = "export"
as_of = "2025-06-01"

[tables.orders]
files = ["orders.csv"]
columns = { customer = "customer", at = "at", amount = "amount" }

[target.churn]
kind = "inactivity"
table = "orders"
active_within_days = 365
horizon_days = 90
"""
REASONS = ["last order 83 days ago, usually every 21", "3 unresolved tickets", "fewer visits than in spring", "two payments failed",
           "no newsletter opened for 60 days", "contract ends in 12 days", "orders down by half", "last answer to NPS was 4"]


def main(folder, n):
    rng = np.random.default_rng(2)
    folder = Path(folder)
    (folder / "runs/2025-06-01").mkdir(parents=True, exist_ok=True)
    (folder / "tidewatch.toml").write_text(PROJECT)
    (folder / "orders.csv").write_text("customer,at,amount\nC1,2025-05-01,10\n")
    log_odds = rng.normal(-1, 1.3, n)
    score = 1 / (1 + np.exp(-log_odds))
    rank = np.argsort(np.argsort(-score, kind="stable")) + 1
    value = np.round(np.exp(rng.normal(5, 1, n)), 2)
    parts = rng.normal(0, 0.3, (n, 7))
    reason = np.array(REASONS)
    columns = {
        "customer": [f"C{number:08}" for number in range(n)],
        "as_of": np.full(n, np.datetime64("2025-06-01", "D")),
        "target": np.full(n, "churn"), "horizon_days": np.full(n, 90, dtype=np.int32), "status": np.full(n, "scored"),
        "score": score, "score_low": score * 0.9, "score_high": np.minimum(score * 1.1, 1),
        "band": np.where(rank <= n // 20, "high", np.where(score > 0.3, "medium", "low")),
        "rank": rank.astype(np.uint32), "decile": ((rank - 1) * 10 // n + 1).astype(np.int32),
        "value": value, "value_at_risk": value * score, "log_odds": log_odds, "intercept": np.full(n, -1.0),
        **{f"reason_{k + 1}": reason[rng.integers(0, len(reason), n)] for k in range(5)},
        **{f"contribution_{k + 1}": parts[:, k] for k in range(5)},
        "contribution_other": parts[:, 5], "contribution_calibration": parts[:, 6], "model": np.full(n, "2025-05-01-0123abcd"),
    }
    pq.write_table(pa.table(columns), folder / "runs/2025-06-01/scores.parquet", compression="zstd")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 1_000_000)
