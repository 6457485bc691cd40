"""What the scripts beside this share: the official repositories, imported as they are.

They are found by DEIM_REPO and DEIMV2_REPO: checkouts of github.com/ShihuaHuang95/DEIM at a9aa4ad and of
github.com/Intellindust-AI-Lab/DEIMv2 at 0fff8d4. Modules: pip install torch torchvision pyyaml scipy faster-coco-eval.
"""

import importlib.util
import sys
import types

import torch

# Imported by the official code for logs and counts of operations, and used by no measurement.
UNUSED = {"torch.utils.tensorboard": "SummaryWriter", "calflops": "calculate_flops"}


def load_torchvision():
    """A torchvision built for another torch does not load its own operators, and does not start without
    the schemas of these."""
    try:
        import torchvision
    except RuntimeError:
        for name in [name for name in sys.modules if name.split(".")[0] == "torchvision"]:
            del sys.modules[name]
        # A library ends with the object that stands for it: hold on to it.
        load_torchvision.library = torch.library.Library("torchvision", "FRAGMENT")
        for name in ("nms", "qnms"):
            load_torchvision.library.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        import torchvision
    # Gone since 0.26; the official code calls it.
    if not hasattr(torchvision, "disable_beta_transforms_warning"):
        torchvision.disable_beta_transforms_warning = lambda: None


def config_of(repo, path, **changes):
    """The official configuration `path` of a checkout, with changes to its keys."""
    for name, attribute in UNUSED.items():
        if importlib.util.find_spec(name.split(".")[-1]) is None:
            stand_in = types.ModuleType(name)
            setattr(stand_in, attribute, type(attribute, (), {}))
            sys.modules[name] = stand_in
    load_torchvision()
    sys.path.insert(0, repo)
    from engine.core import YAMLConfig

    return YAMLConfig(f"{repo}/{path}", **changes)
