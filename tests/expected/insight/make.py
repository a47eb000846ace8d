"""Expected values of src/insight: statsmodels' stratified tables, and Greenland & Robins' variance by hand."""
import numpy as np
from statsmodels.stats.contingency_tables import StratifiedTable

tables = [np.array([[40, 80], [30, 270]]), np.array([[10, 70], [20, 480]])]
ratio = StratifiedTable(tables).riskratio_pooled
r = s = p = 0.0
for t in tables:
    (a, _), (b, _) = t
    n1, n0, n = t[0].sum(), t[1].sum(), t.sum()
    r += a * n0 / n
    s += b * n1 / n
    p += (n1 * n0 * (a + b) - a * b * n) / n**2
se = np.sqrt(p / (r * s))
z = 1.959963984540054
print("risk ratio", repr(ratio), repr(ratio / np.exp(z * se)), repr(ratio * np.exp(z * se)))
