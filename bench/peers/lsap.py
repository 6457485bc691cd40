"""Times scipy's linear_sum_assignment on matrices of a folder.

Reads lines `name rows columns repetitions` and answers each with a JSON line {"milliseconds": [...], "total": x}.
"""
import json
import sys
import time

import numpy as np
from scipy.optimize import linear_sum_assignment

folder = sys.argv[1]
for line in sys.stdin:
    name, rows, columns, repetitions = line.split()
    cost = np.fromfile(f"{folder}/{name}.f64").reshape(int(rows), int(columns))
    milliseconds = []
    for _ in range(int(repetitions)):
        start = time.perf_counter()
        row, column = linear_sum_assignment(cost)
        milliseconds.append((time.perf_counter() - start) * 1e3)
    print(json.dumps({"milliseconds": milliseconds, "total": cost[row, column].sum()}), flush=True)
