"""Times pycocotools on a ground truth and a result file; prints a JSON line {"wall": s, "cpu": s, "stats": [...]}."""
import contextlib
import io
import json
import sys
import time

from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

with contextlib.redirect_stdout(io.StringIO()):
    truth = COCO(sys.argv[1])
    wall, cpu = time.perf_counter(), time.process_time()
    evaluation = COCOeval(truth, truth.loadRes(sys.argv[2]), "bbox")
    evaluation.evaluate()
    evaluation.accumulate()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    evaluation.summarize()
print(json.dumps({"wall": wall, "cpu": cpu, "stats": list(evaluation.stats)}))
