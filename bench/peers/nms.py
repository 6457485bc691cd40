"""Times torchvision's nms and batched_nms on boxes of a folder, on one thread.

Reads lines `name kind threshold repetitions` (kind: nms, batched) and answers each with a JSON line
{"milliseconds": [...], "kept": [...]}. Boxes, scores and labels lie in `name.boxes.f32`, `name.scores.f32`, `name.labels.i32`.
"""
import json
import sys
import time

import numpy as np
import torch
from torchvision.ops import batched_nms, nms

torch.set_num_threads(1)
folder = sys.argv[1]


def load(name, dtype):
    return torch.from_numpy(np.fromfile(f"{folder}/{name}", dtype))


for line in sys.stdin:
    name, kind, threshold, repetitions = line.split()
    boxes = load(f"{name}.boxes.f32", np.float32).reshape(-1, 4)
    scores = load(f"{name}.scores.f32", np.float32)
    labels = load(f"{name}.labels.i32", np.int32).long()
    threshold = float(threshold)
    run = {
        "nms": lambda: nms(boxes, scores, threshold),
        "batched": lambda: batched_nms(boxes, scores, labels, threshold),
    }[kind]
    milliseconds = []
    for _ in range(int(repetitions)):
        start = time.perf_counter()
        kept = run()
        milliseconds.append((time.perf_counter() - start) * 1e3)
    print(json.dumps({"milliseconds": milliseconds, "kept": kept.tolist()}), flush=True)
