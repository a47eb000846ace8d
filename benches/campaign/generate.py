"""A flat experiment for the speed of `campaign evaluate`: generate.py FILE [ROWS] (default 10,000,000).

Three arms, three outcomes (a share, money with a heavy tail, a count), five segments (text and whole numbers), one covariate
measured before the assignment. Written in row groups of a million, so that any number of rows can be made.
"""
import sys

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

CHUNK = 1_000_000
ARMS = np.array(["control", "mens_email", "womens_email"])
CHANNELS = np.array(["phone", "web", "shop", "mail"])
REGIONS = np.array([f"region {number:02}" for number in range(12)])


def chunk(rng, n):
    arm = rng.integers(0, 3, n)
    before = np.round(np.exp(rng.normal(3, 1, n)), 2)
    share = 0.10 + 0.01 * arm + 0.03 * (before > 30)
    visit = (rng.random(n) < share).astype(np.int8)
    spend = np.where(visit == 1, np.round(np.exp(rng.normal(3.2, 1.1, n)) + 0.2 * before, 2), 0.0)
    pages = rng.poisson(1 + 2 * visit + before / 100, n).astype(np.int32)
    return pa.table({
        "arm": pa.array(ARMS[arm]),
        "channel": pa.array(CHANNELS[rng.integers(0, 4, n)]),
        "region": pa.array(REGIONS[rng.integers(0, 12, n)]),
        "newbie": pa.array(rng.random(n) < 0.5),
        "plan": pa.array(rng.integers(1, 4, n).astype(np.int32)),
        "tier": pa.array(rng.integers(0, 5, n).astype(np.int64)),
        "before": pa.array(before),
        "visit": pa.array(visit),
        "spend": pa.array(spend),
        "pages": pa.array(pages),
    })


def main(path, rows):
    rng = np.random.default_rng(1)
    with pq.ParquetWriter(path, chunk(rng, 1).schema, compression="zstd") as out:
        for start in range(0, rows, CHUNK):
            out.write_table(chunk(rng, min(CHUNK, rows - start)), row_group_size=250_000)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 10_000_000)
