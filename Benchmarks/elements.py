"""Times layers of element-wise functions, softmax, normalisations and losses beside PyTorch, in turn.

Every measurement is a process of its own, alone at a time, with one thread and with two. A round runs each tool
and number of threads once; medians over rounds are compared.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
from collections import defaultdict

import report
from networks import alone, timed

PIXELS, FEATURES = (4, 64, 32, 32), (256, 1024)


def torch_layers() -> dict:
    from torch import nn

    return {
        "relu": (nn.ReLU(), PIXELS), "leaky-relu": (nn.LeakyReLU(), PIXELS),
        "elu": (nn.ELU(), PIXELS), "gelu": (nn.GELU(), PIXELS),
        "gelu-tanh": (nn.GELU(approximate="tanh"), PIXELS), "silu": (nn.SiLU(), PIXELS),
        "sigmoid": (nn.Sigmoid(), PIXELS), "tanh": (nn.Tanh(), PIXELS),
        "softplus": (nn.Softplus(), PIXELS), "softmax": (nn.Softmax(1), PIXELS),
        "softmax-features": (nn.Softmax(1), FEATURES), "batch-norm": (nn.BatchNorm2d(64), PIXELS),
        "layer-norm": (nn.LayerNorm(1024), FEATURES),
        "group-norm": (nn.GroupNorm(8, 64), PIXELS),
    }


LOSSES = {
    "cross-entropy": PIXELS, "cross-entropy-features": FEATURES,
    "binary-cross-entropy": PIXELS, "mean-squared": PIXELS,
}
NAMES = [
    "relu", "leaky-relu", "elu", "gelu", "gelu-tanh", "silu", "sigmoid", "tanh", "softplus", "softmax",
    "softmax-features", "batch-norm", "layer-norm", "group-norm"]
WORKLOADS = [f"{name}-{what}" for name in NAMES for what in ["forward", "step"]] \
    + [f"{name}-loss" for name in LOSSES]


def run_torch(workload: str, threads: int, budget: float) -> dict:
    import torch
    from torch.nn import functional

    torch.manual_seed(0)
    torch.set_num_threads(threads)
    name, what = workload.rsplit("-", 1)
    layer, shape = (torch.nn.Identity(), LOSSES[name]) if what == "loss" else torch_layers()[name]
    x = torch.rand(shape) * 2 - 1
    if what == "forward":
        layer.eval()
        with torch.inference_mode():
            return {"milliseconds": timed(lambda: layer(x), budget)}
    loss, target = functional.mse_loss, torch.rand(shape)
    if name.startswith("cross-entropy"):
        loss, target = functional.cross_entropy, torch.randint(0, shape[1], (shape[0], *shape[2:]))
    elif name == "binary-cross-entropy":
        loss = functional.binary_cross_entropy_with_logits
    x.requires_grad_()
    optimizer = torch.optim.Adam(layer.parameters(), 1e-4) if list(layer.parameters()) else None

    def step():
        x.grad = None
        if optimizer:
            optimizer.zero_grad()
        loss(layer(x), target).backward()
        if optimizer:
            optimizer.step()

    return {"milliseconds": timed(step, budget)}


def compare(workload: str, options) -> dict:
    times = defaultdict(list)
    for _ in range(options.rounds):
        for threads in [1, 2]:
            commands = {
                "Filtersmith": [
                    options.filtersmith, "bench", "--networks", "--workload", workload, "--threads",
                    str(threads), "--json"],
                "PyTorch": [
                    sys.executable, __file__, "--one", workload, str(threads), str(options.budget)],
            }
            for tool, command in commands.items():
                answer, _ = alone(command)
                if not answer:
                    raise SystemExit(f"{tool} failed on {workload}")
                answer = answer[0] if isinstance(answer, list) else answer
                times[tool, threads].append(answer["milliseconds"])
    return {
        "workload": workload,
        "milliseconds": {
            f"{tool}, {threads}": statistics.median(values)
            for (tool, threads), values in times.items()},
    }


def table(results: list[dict]) -> str:
    lines = ["| workload | ms, 1 thread | PyTorch | ratio | ms, 2 threads | PyTorch | ratio |",
             "|---|---:|---:|---:|---:|---:|---:|"]
    for result in results:
        cells = []
        for threads in [1, 2]:
            ours, theirs = (
                result["milliseconds"][f"{tool}, {threads}"] for tool in ["Filtersmith", "PyTorch"])
            cells += [f"{ours:.3g}", f"{theirs:.3g}", f"{theirs / ours:.2f}"]
        lines.append(f"| `{result['workload']}` | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def main() -> None:
    if len(sys.argv) > 1 and sys.argv[1] == "--one":
        workload, threads, budget = sys.argv[2:]
        print(json.dumps(run_torch(workload, int(threads), float(budget))))
        return
    parser = argparse.ArgumentParser(prog="scripts/bench --elements", description=__doc__)
    parser.add_argument("--workload", action="append", choices=WORKLOADS, help="which (default: all)")
    parser.add_argument("--rounds", type=int, default=3, help="how many rounds (default: 3)")
    parser.add_argument("--budget", type=float, default=1, help="seconds PyTorch is timed each round")
    parser.add_argument("--filtersmith", required=True, help=argparse.SUPPRESS)
    options = parser.parse_args()
    results = []
    for workload in options.workload or WORKLOADS:
        results.append(compare(workload, options))
        print(table(results[-1:]).splitlines()[-1], file=sys.stderr, flush=True)
    print(f"{report.machine()}; medians of {options.rounds} rounds.\n\n{table(results)}")


if __name__ == "__main__":
    main()
