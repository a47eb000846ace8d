"""The peer of `cargo bench --bench fit -- speed`: scikit-learn's lbfgs (tol 1e-6) on the same numbers, one thread of BLAS.

    cargo bench --bench fit -- speed --save /tmp/fit.bin && OMP_NUM_THREADS=1 python benches/model/fit_sklearn.py /tmp/fit.bin
"""
import resource
import sys
import time

import numpy as np
from sklearn.linear_model import LogisticRegression

rows, columns = int(sys.argv[2]) if len(sys.argv) > 2 else 1_000_000, int(sys.argv[3]) if len(sys.argv) > 3 else 60
raw = np.fromfile(sys.argv[1])
x, y = raw[: rows * columns].reshape(columns, rows).T, raw[rows * columns:]
x = np.ascontiguousarray(x)
del raw
cpu, wall = time.process_time(), time.time()
fit = LogisticRegression(C=1.0, solver="lbfgs", tol=1e-6, max_iter=1000).fit(x, y)
print(f"{rows} x {columns}: {time.process_time() - cpu:.2f} s CPU, {time.time() - wall:.2f} s wall, {fit.n_iter_[0]} iterations, "
      f"peak {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / (rows * columns * 8):.2f} x the matrix")
