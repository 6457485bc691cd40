"""Training batches of 640 pixels by the official code (torchvision and PIL); prints a line of JSON.

python data.py <checkout of DEIM> <folder of images> <COCO .json> [--workers 1] [--cores 1] [--batch 8] [--steps 20]

The configuration of DEIM-D-FINE-N in its dense phase, as bench/load-batches.ts.
"""

import argparse
import contextlib
import json
import multiprocessing
import os
import sys
import time

import torch
from official import config_of

CONFIG = "configs/deim_dfine/deim_hgnetv2_n_coco.yml"
WARM_UP = 4
# The first epoch of mosaic and mixup.
EPOCH = 4


def processor_seconds():
    """Of this process and its workers."""
    total = time.process_time()
    for child in multiprocessing.active_children():
        with open(f"/proc/{child.pid}/stat") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        total += (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return total


def follow_torchvision():
    """Since 0.21 transforms override `transform`; the official ones have the name from before."""
    from engine.data.transforms import _transforms

    for name in ("ConvertBoxes", "ConvertPILImage"):
        transform = getattr(_transforms, name)
        transform.transform = transform._transform


def loader_of(options):
    changes = {
        "remap_mscoco_category": False,
        "train_dataloader": {
            "dataset": {"img_folder": options.images, "ann_file": options.annotations},
            "total_batch_size": options.batch,
            "num_workers": options.workers,
        },
    }
    config = config_of(options.repo, CONFIG, **changes)
    follow_torchvision()
    loader = config.train_dataloader
    loader.set_epoch(EPOCH)
    return loader


def endless(loader):
    while True:
        yield from loader


def main():
    parser = argparse.ArgumentParser()
    for name in ("repo", "images", "annotations"):
        parser.add_argument(name)
    for name, usual in {"workers": 1, "cores": 1, "batch": 8, "steps": 20}.items():
        parser.add_argument(f"--{name}", type=int, default=usual)
    options = parser.parse_args()
    torch.set_num_threads(options.cores)
    with contextlib.redirect_stdout(sys.stderr):  # The official code prints much.
        batches = endless(loader_of(options))
        for _ in range(WARM_UP):
            next(batches)
        objects = 0
        start, before = time.perf_counter(), processor_seconds()
        for _ in range(options.steps):
            images, targets = next(batches)
            objects += sum(len(target["labels"]) for target in targets)
        seconds, spent = time.perf_counter() - start, processor_seconds() - before
    count = options.steps * options.batch
    assert tuple(images.shape) == (options.batch, 3, 640, 640) and images.dtype == torch.float32
    print(json.dumps({"imagesPerSecond": count / seconds, "cpuMs": 1e3 * spent / count, "objects": objects / count}))


if __name__ == "__main__":
    main()
