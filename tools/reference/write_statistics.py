"""Known answers of scipy for the statistics of the benchmark: python write_statistics.py apps/bench/test/references/scipy.json"""

import json
import sys

import numpy as np
import scipy
from scipy import stats

rng = np.random.default_rng(9)
every_sign = stats.PermutationMethod(n_resamples=np.inf)


def signed_rank(differences, method):
    differences = np.asarray(differences, dtype=float)
    p = stats.wilcoxon(differences, zero_method="wilcox", correction=True, method=method).pvalue
    return {"differences": differences.tolist(), "p": float(p)}


exact = [signed_rank(np.round(rng.normal(shift, 1, n), 6), "exact") for n, shift in [(1, 0), (4, 1), (8, 0.5), (20, 0.7), (32, 0), (32, 2), (50, 0.3)]]
# Ties and zeros: every sign is tried.
tied = [signed_rank(rng.integers(-2, 4, n), every_sign) for n in (5, 8, 12, 12)]
large = [signed_rank(np.round(rng.normal(shift, 1, 1500), 6), "approx") for shift in (0, 0.05, 0.1)]

correlations = []
for a, b in [(rng.normal(size=12), rng.normal(size=12)), (rng.integers(0, 4, 20), rng.integers(0, 4, 20)), (np.arange(5), np.arange(5)[::-1])]:
    correlations.append({
        "a": a.tolist(), "b": b.tolist(),
        "spearman": float(stats.spearmanr(a, b).statistic), "kendall": float(stats.kendalltau(a, b).statistic),
    })

p = np.round(rng.uniform(0, 0.2, 15) ** 2, 8)
with open(sys.argv[1], "w") as file:
    json.dump({
        "scipy": scipy.__version__, "exact": exact, "tied": tied, "large": large, "correlations": correlations,
        "falseDiscovery": {"p": p.tolist(), "adjusted": stats.false_discovery_control(p).tolist()},
        "midranks": {"values": [3, 1, 3, 2, 3, 1], "ranks": stats.rankdata([3, 1, 3, 2, 3, 1]).tolist()},
    }, file)
    file.write("\n")
