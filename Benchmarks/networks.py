"""Times networks in Filtersmith, PyTorch, Keras and ONNX Runtime, in turn, and writes one table.

Every measurement is a process of its own, alone at a time: its median time per step and its peak
memory count. A round runs each tool and setting once; medians over rounds are compared. Keras runs
where it is installed (scripts/bench says how), ONNX Runtime where `onnx` is.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

import report

ROOT = Path(__file__).resolve().parent.parent
BARS = {
    "train-two-convolutions": 1.7, "train-lecture": 2, "train-resnet20": 1.3, "train-unet": 1.3,
    "train-unet3d": 1.5, "infer-vgg16": 1.3, "infer-resnet18": 1, "infer-lecture": 1,
}
BATCH = {"train-two-convolutions": 64, "train-lecture": 64, "train-resnet20": 64}


# The networks in PyTorch


def torch_network(name: str):
    import torch
    from torch import nn

    def chain(*layers):
        return nn.Sequential(*layers)

    def pair(i, o, conv, padding=1):
        return chain(conv(i, o, 3, padding=padding), nn.ReLU(), conv(o, o, 3, padding=padding),
                     nn.ReLU())

    class Shortcut(nn.Module):
        """Every second sample, and channels of zeros."""

        def forward(self, x):
            x = x[:, :, ::2, ::2]
            extra = x.shape[1] // 2
            return nn.functional.pad(x, (0, 0, 0, 0, extra, extra))

    class Residual(nn.Module):
        def __init__(self, i, o, stride, shortcut):
            super().__init__()
            self.body = chain(
                nn.Conv2d(i, o, 3, stride, 1, bias=False), nn.BatchNorm2d(o), nn.ReLU(),
                nn.Conv2d(o, o, 3, 1, 1, bias=False), nn.BatchNorm2d(o))
            self.shortcut = shortcut

        def forward(self, x):
            return nn.functional.relu(self.body(x) + self.shortcut(x))

    class UNet(nn.Module):
        def __init__(self, pairs, bottom, ups, joined, conv, pool, transposed, out, classes):
            super().__init__()
            self.down = nn.ModuleList(pairs)
            self.bottom = bottom
            self.up = nn.ModuleList(transposed(i, o, 2, 2) for i, o in ups)
            self.join = nn.ModuleList(joined)
            self.pool = pool(2)
            self.out = conv(out, classes, 1)

        def forward(self, x):
            skips = []
            for layer in self.down:
                x = layer(x)
                skips.append(x)
                x = self.pool(x)
            x = self.bottom(x)
            for up, join in zip(self.up, self.join):
                x = join(torch.cat([skips.pop(), up(x)], 1))
            return self.out(x)

    if name == "train-two-convolutions":
        return (1, 28, 28), chain(
            nn.Conv2d(1, 32, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(32, 64, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
            nn.Linear(3136, 10))
    if name.endswith("lecture"):
        return (3, 32, 32), chain(
            nn.Conv2d(3, 8, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(8, 16, 5), nn.ReLU(),
            nn.MaxPool2d(2), nn.Flatten(), nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84),
            nn.ReLU(), nn.Linear(84, 10))
    if name == "train-resnet20":
        layers = [nn.Conv2d(3, 16, 3, 1, 1, bias=False), nn.BatchNorm2d(16), nn.ReLU()]
        for stage in range(3):
            for block in range(3):
                o, strided = 16 << stage, stage > 0 and block == 0
                layers.append(Residual(
                    o // 2 if strided else o, o, 2 if strided else 1,
                    Shortcut() if strided else nn.Identity()))
        return (3, 32, 32), chain(
            *layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10))
    if name == "train-unet":
        widths = [64, 128, 256, 512]
        return (1, 256, 256), UNet(
            [pair(i, o, nn.Conv2d) for i, o in zip([1] + widths, widths)],
            pair(512, 1024, nn.Conv2d), [(2 * w, w) for w in reversed(widths)],
            [pair(2 * w, w, nn.Conv2d) for w in reversed(widths)], nn.Conv2d, nn.MaxPool2d,
            nn.ConvTranspose2d, 64, 2)
    if name == "train-unet3d":
        def pair3d(i, middle, o):
            return chain(nn.Conv3d(i, middle, 3, padding=1), nn.ReLU(),
                         nn.Conv3d(middle, o, 3, padding=1), nn.ReLU())

        def transposed(i, o, kernel, stride):
            return nn.ConvTranspose3d(i, o, kernel, stride, bias=False)

        return (1, 64, 64, 64), UNet(
            [pair3d(1, 32, 64), pair3d(64, 64, 128), pair3d(128, 128, 256)],
            pair3d(256, 256, 512), [(512, 512), (256, 256), (128, 128)],
            [pair3d(768, 256, 256), pair3d(384, 128, 128), pair3d(192, 64, 64)], nn.Conv3d,
            nn.MaxPool3d, transposed, 64, 3)
    if name == "infer-vgg16":
        layers, i = [], 3
        for count, o in [(2, 64), (2, 128), (3, 256), (3, 512), (3, 512)]:
            for _ in range(count):
                layers += [nn.Conv2d(i, o, 3, padding=1), nn.ReLU()]
                i = o
            layers.append(nn.MaxPool2d(2))
        return (3, 224, 224), chain(
            *layers, nn.Flatten(), nn.Linear(25088, 4096), nn.ReLU(), nn.Linear(4096, 4096),
            nn.ReLU(), nn.Linear(4096, 1000))
    layers = [nn.Conv2d(3, 64, 7, 2, 3, bias=False), nn.BatchNorm2d(64), nn.ReLU(),
              nn.MaxPool2d(3, 2, 1)]
    i = 64
    for stage in range(4):
        for block in range(2):
            o, stride = 64 << stage, 2 if stage > 0 and block == 0 else 1
            shortcut = nn.Identity() if i == o else chain(
                nn.Conv2d(i, o, 1, stride, bias=False), nn.BatchNorm2d(o))
            layers.append(Residual(i, o, stride, shortcut))
            i = o
    return (3, 224, 224), chain(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(),
                                nn.Linear(512, 1000))


def timed(step, budget: float) -> float:
    step()
    times = []
    start = time.perf_counter()
    while not times or time.perf_counter() - start < budget:
        before = time.perf_counter()
        step()
        times.append(time.perf_counter() - before)
    return 1000 * statistics.median(times)


def run_torch(name: str, setting: str, threads: int, budget: float) -> dict:
    import torch

    torch.manual_seed(0)
    torch.set_num_threads(threads)
    shape, network = torch_network(name)
    batch = BATCH.get(name, 1)
    image = torch.rand(batch, *shape) * 2 - 1
    layout = None
    if setting == "channels last":
        layout = torch.channels_last if len(shape) == 3 else torch.channels_last_3d
        network, image = network.to(memory_format=layout), image.to(memory_format=layout)
    parameters = sum(p.numel() for p in network.parameters())
    if name.startswith("infer"):
        network.eval()
        with torch.inference_mode():
            return {"milliseconds": timed(lambda: network(image), budget),
                    "parameters": parameters}
    target = torch.randint(0, network(image).shape[1], (batch, *network(image).shape[2:]))
    optimizer = torch.optim.Adam(network.parameters(), 1e-4)

    def step():
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(network(image), target).backward()
        optimizer.step()

    return {"milliseconds": timed(step, budget), "parameters": parameters}


def run_onnxruntime(name: str, setting: str, threads: int, budget: float) -> dict:
    import tempfile

    import numpy as np
    import onnxruntime
    import torch

    shape, network = torch_network(name)
    network.eval()
    image = torch.rand(1, *shape)
    with tempfile.TemporaryDirectory(prefix="filtersmith-bench-") as folder:
        path = os.path.join(folder, "network.onnx")
        torch.onnx.export(network, (image,), path, dynamo=False)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    feed = {session.get_inputs()[0].name: np.ascontiguousarray(image.numpy())}
    return {"milliseconds": timed(lambda: session.run(None, feed), budget)}


def run_keras(name: str, setting: str, threads: int, budget: float) -> dict:
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    import keras
    import numpy as np
    import tensorflow

    tensorflow.config.threading.set_intra_op_parallelism_threads(threads)
    layers = keras.layers
    if name == "train-two-convolutions":
        shape = (28, 28, 1)
        stack = [layers.Conv2D(32, 5, padding="same", activation="relu"), layers.MaxPooling2D(2),
                 layers.Conv2D(64, 5, padding="same", activation="relu"), layers.MaxPooling2D(2),
                 layers.Flatten(), layers.Dense(10)]
    else:
        shape = (32, 32, 3)
        stack = [layers.Conv2D(8, 5, activation="relu"), layers.MaxPooling2D(2),
                 layers.Conv2D(16, 5, activation="relu"), layers.MaxPooling2D(2),
                 layers.Flatten(), layers.Dense(120, activation="relu"),
                 layers.Dense(84, activation="relu"), layers.Dense(10)]
    network = keras.Sequential([keras.Input(shape), *stack])
    network.compile(
        optimizer=keras.optimizers.Adam(1e-4),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    images = np.random.rand(64, *shape).astype("float32")
    labels = np.random.randint(0, 10, 64)
    return {"milliseconds": timed(lambda: network.train_on_batch(images, labels), budget),
            "parameters": network.count_params()}


# The comparison


def alone(command: list[str]) -> tuple[dict, int]:
    """What a process printed, and its peak memory in bytes."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    if status != 0:
        return {}, 0
    answer = json.loads(output.strip().splitlines()[-1] if command[-1] != "--json" else output)
    return answer, usage.ru_maxrss * 1024


def settings(name: str, threads: int, keras: str | None) -> list[tuple[str, str, int]]:
    found = [("PyTorch", layout, n) for layout in ["channels first", "channels last"]
             for n in sorted({1, threads}, reverse=True)]
    if name.startswith("infer"):
        found += [("ONNX Runtime", "", n) for n in sorted({1, threads}, reverse=True)]
    elif keras and name in ["train-two-convolutions", "train-lecture"]:
        found.append(("Keras", "", threads))
    return found


def compare(name: str, options) -> dict:
    ours: list[dict] = []
    memory = 0
    times: dict[tuple[str, str, int], list[float]] = {}
    peaks: dict[tuple[str, str, int], int] = {}
    for _ in range(options.rounds):
        answer, peak = alone([
            options.filtersmith, "bench", "--networks", "--workload", name, "--threads",
            str(options.threads), "--json"])
        ours.append(answer[0])
        memory = max(memory, peak)
        for key in settings(name, options.threads, options.keras):
            tool, setting, threads = key
            python = options.keras if tool == "Keras" else sys.executable
            answer, peak = alone([
                python, __file__, "--one", tool, name, setting, str(threads), str(options.budget)])
            if not answer:
                continue
            if answer.get("parameters") not in (None, ours[0]["parameters"]):
                # Running statistics are counted by some and not by others.
                print(f"{name}: {answer['parameters']} parameters in {tool}, "
                      f"{ours[0]['parameters']} here", file=sys.stderr)
            times.setdefault(key, []).append(answer["milliseconds"])
            peaks[key] = max(peaks.get(key, 0), peak)
    return {
        "workload": name,
        "milliseconds": statistics.median(answer["milliseconds"] for answer in ours),
        "peakBytes": memory,
        "bar": BARS[name],
        "peers": sorted(
            ({"tool": tool, "setting": setting, "threads": threads,
              "milliseconds": statistics.median(found), "peakBytes": peaks[tool, setting, threads]}
             for (tool, setting, threads), found in times.items()),
            key=lambda peer: peer["milliseconds"]),
    }


def table(results: list[dict]) -> str:
    lines = ["| network | ms | images/s | MB | fastest peer | ms | MB | ratio | bar |",
             "|---|---:|---:|---:|---|---:|---:|---:|---:|"]
    for result in results:
        batch = BATCH.get(result["workload"], 1)
        ours = result["milliseconds"]
        line = f"| `{result['workload']}` | {ours:.3g} | {1000 * batch / ours:.4g} " \
               f"| {result['peakBytes'] / 1e6:.0f} "
        if result["peers"]:
            best = result["peers"][0]
            setting = ", ".join(
                part for part in [best["tool"], best["setting"], f"{best['threads']} threads"]
                if part)
            line += f"| {setting} | {best['milliseconds']:.3g} | {best['peakBytes'] / 1e6:.0f} " \
                    f"| {best['milliseconds'] / ours:.2f} | {result['bar']} |"
        else:
            line += f"| – | – | – | – | {result['bar']} |"
        lines.append(line)
    return "\n".join(lines) + "\n"


def main() -> None:
    if len(sys.argv) > 1 and sys.argv[1] == "--one":
        tool, name, setting, threads, budget = sys.argv[2:]
        run = {"PyTorch": run_torch, "ONNX Runtime": run_onnxruntime, "Keras": run_keras}[tool]
        print(json.dumps(run(name, setting, int(threads), float(budget))))
        return
    parser = argparse.ArgumentParser(prog="scripts/bench --networks", description=__doc__)
    parser.add_argument("--workload", action="append", choices=list(BARS), help="which (default: all)")
    parser.add_argument("--rounds", type=int, default=3, help="how many rounds (default: 3)")
    parser.add_argument("--threads", type=int, default=os.cpu_count(), help="of each tool")
    parser.add_argument("--budget", type=float, default=2, help="seconds a peer is timed each round")
    parser.add_argument("--keras", help="a Python that has Keras and TensorFlow")
    parser.add_argument("--filtersmith", required=True, help=argparse.SUPPRESS)
    options = parser.parse_args()
    results = []
    for name in options.workload or list(BARS):
        results.append(compare(name, options))
        print(table(results[-1:]).splitlines()[-1], file=sys.stderr, flush=True)
    print(table(results))
    if len(results) < len(BARS):
        return
    path = ROOT / "docs" / "benchmarks-networks.json"
    path.write_text(json.dumps({
        "machine": report.machine(), "threads": options.threads, "rounds": options.rounds,
        "results": results}, indent=2) + "\n")


if __name__ == "__main__":
    main()
