#!/usr/bin/env python3
"""to_reference.py FEATURES.parquet OUT.parquet: what `tidewatch features` wrote, in the reference workload's own form
(customer_id, cutoff, label, the 68 features of the eligible customers), for a bit-for-bit comparison."""
import sys
import polars as pl

frame = pl.read_parquet(sys.argv[1]).filter("eligible_churn").drop("eligible_churn")
frame = frame.rename({"customer": "customer_id", "as_of": "cutoff", "label_churn": "label"})
frame.write_parquet(sys.argv[2])
