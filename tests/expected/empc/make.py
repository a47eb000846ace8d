"""Expected values of EMPC, by the `empulse` package. Run: python tests/expected/empc/make.py"""
import json
from pathlib import Path
import numpy as np
from empulse.metrics import empc_score

rng = np.random.default_rng(5)
cases = []
for n, share, signal, digits, k in [(8, .5, 3, 2, {}), (60, .3, 1, 1, {}), (300, .2, 1.5, 3, dict(clv=100, incentive_cost=5, contact_cost=2)),
                                    (500, .05, .5, 2, dict(clv=500, incentive_cost=50, contact_cost=0.5)), (200, .4, 0, 2, dict(alpha=2, beta=3)),
                                    (400, .1, 4, 6, dict(clv=50, incentive_cost=20, contact_cost=5))]:
    y = (rng.random(n) < share).astype(int); y[0], y[1] = 0, 1
    s = np.round(1 / (1 + np.exp(-(signal * y + rng.normal(size=n)))), digits)
    p = dict(clv=200, incentive_cost=10, contact_cost=1, alpha=6, beta=14) | k
    cases.append({"outcome": y.tolist(), "score": s.tolist(), **p, "empc": float(empc_score(y, s, **p))})
(Path(__file__).parent / "empc.json").write_text(json.dumps(cases) + "\n")
