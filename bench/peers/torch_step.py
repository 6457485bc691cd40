"""Training step, or inference on one image, of the official modules on random images; prints a line of JSON.

python torch_step.py <checkout> <config> <size> <batch> [--threads 2] [--steps 10] [--started ms] [--inference]

As bench/train-step.ts: 8 objects an image, denoising, AdamW, gradients clipped to a norm of 0.1.
"""

import argparse
import contextlib
import json
import resource
import statistics
import sys
import time

STARTED = time.time()

import torch
from official import config_of

WARM_UP = 2
OBJECTS = 8


def timed(run, count):
    """Milliseconds of `count` runs after the warm-up."""
    for _ in range(WARM_UP):
        run()
    times = []
    for _ in range(count):
        start = time.perf_counter()
        run()
        times.append(1e3 * (time.perf_counter() - start))
    return times


def targets_of(batch):
    centres = lambda: torch.rand(OBJECTS, 2) * 0.6 + 0.2
    sides = lambda: torch.rand(OBJECTS, 2) * 0.2 + 0.05
    return [
        {"labels": torch.randint(0, 80, (OBJECTS,)), "boxes": torch.cat([centres(), sides()], 1)} for _ in range(batch)
    ]


def training(config, options):
    model, criterion = config.model.train(), config.criterion.train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4, weight_decay=1e-4)
    images = torch.rand(options.batch, 3, options.size, options.size)
    targets = targets_of(options.batch)

    def step():
        outputs = model(images, targets=targets)
        losses = criterion(outputs, targets, epoch=0, step=0, global_step=0, epoch_step=1)
        total = sum(losses.values())
        optimizer.zero_grad()
        total.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 0.1)
        optimizer.step()
        return total.item()

    step()
    startup = time.time() - options.started / 1e3
    times = timed(step, options.steps)
    return {
        "imagesPerSecond": round(1e3 * options.batch / statistics.median(times), 2),
        "stepMs": round(statistics.median(times), 1),
        "minMs": round(min(times), 1),
        "maxMs": round(max(times), 1),
        "peakMB": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        "startupS": round(startup, 2),
    }


def inference(config, options):
    """The model as evaluated, then as deployed: convolutions and norms fused, where the official code does it."""
    model = config.model.eval()
    image = torch.rand(1, 3, options.size, options.size)
    with torch.no_grad():
        plain = timed(lambda: model(image), options.steps)
        model = model.deploy()
        fused = timed(lambda: model(image), options.steps)
    return {
        "inferenceMs": round(statistics.median(fused), 2),
        "minMs": round(min(fused), 1),
        "maxMs": round(max(fused), 1),
        "evalMs": round(statistics.median(plain), 2),
    }


def main():
    parser = argparse.ArgumentParser()
    for name, kind in {"repo": str, "config": str, "size": int, "batch": int}.items():
        parser.add_argument(name, type=kind)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--steps", type=int, default=10)
    parser.add_argument("--started", type=float, default=1e3 * STARTED)
    parser.add_argument("--inference", action="store_true")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    with contextlib.redirect_stdout(sys.stderr):  # The official code prints much.
        side = [options.size, options.size]
        config = config_of(options.repo, options.config, HGNetv2={"pretrained": False}, eval_spatial_size=side)
        measured = (inference if options.inference else training)(config, options)
    print(json.dumps({"size": options.size, "batch": options.batch, "torch": torch.__version__, **measured}))


if __name__ == "__main__":
    main()
