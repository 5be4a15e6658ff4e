"""The table of a run, as Markdown, and where it is written."""

from __future__ import annotations

import datetime
import json
import math
import platform
from pathlib import Path

BEGIN = "<!-- table: written by scripts/bench -->"
END = "<!-- end of table -->"
ANALYSIS_BEGIN = "<!-- table: written by scripts/bench --analysis -->"
ANALYSIS_END = "<!-- end of the analysis table -->"


def put(page: Path, begin: str, end: str, text: str) -> None:
    """Puts text between two marks of a page."""
    before, rest = page.read_text().split(begin, 1)
    after = rest.split(end, 1)[1]
    page.write_text(f"{before}{begin}\n\n{text.strip()}\n\n{end}{after}")

NAMES = {
    "opencv": "OpenCV", "scipy": "SciPy", "torch": "PyTorch", "onnxruntime": "ONNX Runtime"}


def machine() -> str:
    """The processor as the system names it."""
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def best(result: dict) -> dict | None:
    """The fastest peer."""
    return result["peers"][0] if result["peers"] else None


def ratio(result: dict) -> float | None:
    """How many times our time the best peer takes."""
    peer = best(result)
    return peer["milliseconds"] / result["milliseconds"] if peer else None


def limit_fraction(result: dict, run: dict) -> float:
    """The least time the definition's arithmetic and traffic would take, over our time."""
    arithmetic = result["operations"] / (run["gigaflops"] * 1e9)
    traffic = result["trafficBytes"] / (run["gigabytesPerSecond"] * 1e9)
    return 1000 * max(arithmetic, traffic) / result["milliseconds"]


def milliseconds(value: float) -> str:
    return f"{value:.3g}" if value < 1000 else f"{value:.0f}"


def peer_words(result: dict) -> str:
    peer = best(result)
    if peer is None:
        return "–"
    threads = "1 thread" if peer["threads"] == 1 else f"{peer['threads']} threads"
    return f"{NAMES[peer['tool']]} {peer['variant']}, {threads}"


def line(result: dict) -> str:
    peer = best(result)
    text = f"{result['workload']}: {milliseconds(result['milliseconds'])} ms"
    text += f" ({result['algorithm']})"
    if peer:
        text += f", {milliseconds(peer['milliseconds'])} ms ({peer_words(result)})"
        text += f", ratio {ratio(result):.2f}"
    return text


def geometric_mean(values: list[float]) -> float:
    return math.exp(sum(map(math.log, values)) / len(values)) if values else math.nan


def summary(run: dict) -> list[str]:
    """The geometric means by group, and who is not faster than the best peer."""
    def group(test) -> list[float]:
        return [r for r in (ratio(x) for x in run["results"] if test(x)) if r is not None]

    groups = [
        ("Filters, banks, volumes, sequences, smoothing", lambda r: r["kind"] != "layer"),
        ("Layers, forward", lambda r: r["kind"] == "layer" and r["map"] == "forward"),
        ("Layers, gradients", lambda r: r["kind"] == "layer" and r["map"] != "forward"),
    ]
    lines = []
    for name, test in groups:
        ratios = group(test)
        if ratios:
            lines.append(
                f"- {name}: geometric mean of the ratios {geometric_mean(ratios):.2f}, "
                f"smallest {min(ratios):.2f}, {len(ratios)} workloads.")
    slower = [r["workload"] for r in run["results"] if (ratio(r) or 1) < 1]
    if slower:
        lines.append("- Slower than the best peer: " + ", ".join(f"`{n}`" for n in slower) + ".")
    return lines


def table(run: dict) -> str:
    date = datetime.date.today().isoformat()
    lines = [
        f"{run['machine']}, {run['threads']} threads, {date}; medians of {run['rounds']} rounds.",
        f"Measured in the same run: {run['gigaflops']:.0f} GFLOP/s of fused multiply-adds, "
        f"{run['gigabytesPerSecond']:.1f} GB/s of memory read and written.",
        f"Compared with {'; '.join(run['versions'])}.",
        "",
        *summary(run),
        "",
        "| workload | ms | algorithm | GFLOP/s | of the limit | best peer | ms | ratio |",
        "|---|---:|---|---:|---:|---|---:|---:|",
    ]
    for result in run["results"]:
        peer = best(result)
        rate = result["operations"] / result["milliseconds"] / 1e6
        lines.append(
            f"| `{result['workload']}` | {milliseconds(result['milliseconds'])} "
            f"| {result['algorithm']} | {rate:.1f} | {100 * limit_fraction(result, run):.0f} % "
            f"| {peer_words(result)} | {milliseconds(peer['milliseconds']) if peer else '–'} "
            f"| {f'{ratio(result):.2f}' if peer else '–'} |")
    return "\n".join(lines)


def write(run: dict, text: str, folder: Path) -> None:
    """Puts the table between its marks in measurements.md, and the numbers into benchmarks.json."""
    put(folder / "measurements.md", BEGIN, END, text)
    (folder / "benchmarks.json").write_text(json.dumps(run, indent=1) + "\n")
