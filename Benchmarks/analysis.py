"""Times image analysis in Filtersmith, OpenCV, scikit-image and SciPy, in turn, and writes one table.

All work on the same smooth random image of 2048 × 2048 samples, or volume of 128 × 128 × 128, in
single precision; where OpenCV has an operation for bytes only it is given bytes, and the table says so
(`median-11` is of the same 256 levels for all). Every measurement is a process of its own, alone at a time; medians over rounds are
compared.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import report

ROOT = Path(__file__).resolve().parent.parent
LEAST, MEAN = 0.7, 1.2


def operations(folder: str) -> dict:
    """For each workload what each tool does: {(tool, remark): function}."""
    import cv2
    import numpy as np
    import scipy.ndimage as ndi
    from skimage import feature, measure, transform

    plane = np.load(f"{folder}/plane.npy")
    cube = np.load(f"{folder}/cube.npy")
    byte = (plane * 255 + 0.5).astype(np.uint8)
    flat, solid = plane > 0.5, cube > 0.5
    flags = flat.astype(np.uint8)
    all2, all3 = np.ones((3, 3)), np.ones((3, 3, 3))
    turn = cv2.getRotationMatrix2D((1023.5, 1023.5), 30, 1)

    def cv_canny():
        smooth = cv2.GaussianBlur(byte, (0, 0), 1.5)
        return cv2.Canny(smooth, 10.2, 20.4, L2gradient=True)

    def cv_tensor():
        y = cv2.Sobel(plane, cv2.CV_32F, 0, 1)
        x = cv2.Sobel(plane, cv2.CV_32F, 1, 0)
        return [cv2.GaussianBlur(p, (0, 0), 1.5) for p in (y * y, y * x, x * x)]

    def cv_harris():
        yy, yx, xx = cv_tensor()
        trace = yy + xx
        return yy * xx - yx * yx - 0.05 * trace * trace

    def cv_resize(size, interpolation):
        return lambda: cv2.resize(plane, (size, size), interpolation=interpolation)

    return {
        "canny": {
            ("OpenCV", "8 bits"): cv_canny,
            ("scikit-image", ""): lambda: feature.canny(plane, 1.5, 0.04, 0.08),
        },
        "harris": {
            ("OpenCV", "Gaussian window"): cv_harris,
            ("OpenCV", "box window"): lambda: cv2.cornerHarris(plane, 7, 3, 0.05),
            ("scikit-image", ""): lambda: feature.corner_harris(plane, sigma=1.5, k=0.05),
        },
        "structure-tensor": {
            ("OpenCV", ""): cv_tensor,
            ("scikit-image", ""): lambda: feature.structure_tensor(plane, 1.5, order="rc"),
        },
        "median-3": {
            ("OpenCV", ""): lambda: cv2.medianBlur(plane, 3),
            ("SciPy", ""): lambda: ndi.median_filter(plane, 3),
        },
        "median-5": {
            ("OpenCV", ""): lambda: cv2.medianBlur(plane, 5),
            ("SciPy", ""): lambda: ndi.median_filter(plane, 5),
        },
        "median-11": {
            ("OpenCV", "8 bits"): lambda: cv2.medianBlur(byte, 11),
            ("SciPy", "8 bits"): lambda: ndi.median_filter(byte, 11),
        },
        "median-11-float": {("SciPy", ""): lambda: ndi.median_filter(plane, 11)},
        "median-3d": {("SciPy", ""): lambda: ndi.median_filter(cube, 3)},
        "dilation-15": {
            ("OpenCV", ""): lambda: cv2.dilate(plane, np.ones((15, 15), np.uint8)),
            ("SciPy", ""): lambda: ndi.grey_dilation(plane, size=(15, 15)),
        },
        "distance": {
            ("OpenCV", ""): lambda: cv2.distanceTransform(
                flags, cv2.DIST_L2, cv2.DIST_MASK_PRECISE),
            ("SciPy", ""): lambda: ndi.distance_transform_edt(flat),
        },
        "distance-3d": {("SciPy", ""): lambda: ndi.distance_transform_edt(solid)},
        "components": {
            ("OpenCV", ""): lambda: cv2.connectedComponents(flags, connectivity=8),
            ("scikit-image", ""): lambda: measure.label(flat, connectivity=2),
            ("SciPy", ""): lambda: ndi.label(flat, all2),
        },
        "components-3d": {
            ("scikit-image", ""): lambda: measure.label(solid, connectivity=3),
            ("SciPy", ""): lambda: ndi.label(solid, all3),
        },
        "resize-half": {("OpenCV", ""): cv_resize(1024, cv2.INTER_LINEAR)},
        "resize-enlarge": {("OpenCV", ""): cv_resize(3000, cv2.INTER_LINEAR)},
        "resize-cubic": {("OpenCV", ""): cv_resize(3000, cv2.INTER_CUBIC)},
        "resize-antialiased": {
            ("OpenCV", "area"): cv_resize(1000, cv2.INTER_AREA),
            ("scikit-image", ""): lambda: transform.resize(
                plane, (1000, 1000), anti_aliasing=True),
        },
        "resize-3d": {
            ("scikit-image", ""): lambda: transform.resize(cube, (96, 96, 96), anti_aliasing=True),
        },
        "rotate": {
            ("OpenCV", ""): lambda: cv2.warpAffine(plane, turn, (2048, 2048)),
            ("SciPy", ""): lambda: ndi.rotate(plane, 30, reshape=False, order=1),
        },
    }


# Which tools have which operations, without importing them.
TOOLS = {
    "canny": [("OpenCV", "8 bits"), ("scikit-image", "")],
    "harris": [("OpenCV", "Gaussian window"), ("OpenCV", "box window"), ("scikit-image", "")],
    "structure-tensor": [("OpenCV", ""), ("scikit-image", "")],
    "median-3": [("OpenCV", ""), ("SciPy", "")],
    "median-5": [("OpenCV", ""), ("SciPy", "")],
    "median-11": [("OpenCV", "8 bits"), ("SciPy", "8 bits")],
    "median-11-float": [("SciPy", "")],
    "median-3d": [("SciPy", "")],
    "dilation-15": [("OpenCV", ""), ("SciPy", "")],
    "distance": [("OpenCV", ""), ("SciPy", "")],
    "distance-3d": [("SciPy", "")],
    "components": [("OpenCV", ""), ("scikit-image", ""), ("SciPy", "")],
    "components-3d": [("scikit-image", ""), ("SciPy", "")],
    "resize-half": [("OpenCV", "")],
    "resize-enlarge": [("OpenCV", "")],
    "resize-cubic": [("OpenCV", "")],
    "resize-antialiased": [("OpenCV", "area"), ("scikit-image", "")],
    "resize-3d": [("scikit-image", "")],
    "rotate": [("OpenCV", ""), ("SciPy", "")],
}


def timed(run, budget: float) -> float:
    """The median time of a call, in milliseconds, after one that is not counted."""
    run()
    times: list[float] = []
    start = time.perf_counter()
    while not times or time.perf_counter() - start < budget:
        before = time.perf_counter()
        run()
        times.append(time.perf_counter() - before)
    return 1000 * statistics.median(times)


def output_of(command: list[str], threads: int) -> str:
    environment = {**os.environ, "OMP_NUM_THREADS": str(threads)}
    return subprocess.run(
        command, check=True, stdout=subprocess.PIPE, text=True, env=environment).stdout


def compare(name: str, folder: str, options) -> dict:
    ours: list[float] = []
    times: dict[tuple[str, str], list[float]] = {}
    for _ in range(options.rounds):
        answer = json.loads(output_of([
            options.filtersmith, "bench", "--analysis", "--workload", name, "--threads",
            str(options.threads), "--json"], options.threads))
        ours.append(answer[0]["milliseconds"])
        for tool, remark in TOOLS[name]:
            found = output_of([
                sys.executable, __file__, "--one", name, tool, remark, folder,
                str(options.threads), str(options.budget)], options.threads)
            times.setdefault((tool, remark), []).append(float(found))
    return {
        "workload": name,
        "milliseconds": statistics.median(ours),
        "peers": sorted(
            ({"tool": tool, "remark": remark, "milliseconds": statistics.median(found)}
             for (tool, remark), found in times.items()),
            key=lambda peer: peer["milliseconds"]),
    }


def ratio(result: dict) -> float:
    """How many times our time the fastest peer takes."""
    return result["peers"][0]["milliseconds"] / result["milliseconds"]


def table(results: list[dict]) -> str:
    lines = ["| operation | ms | fastest peer | ms | ratio | others |", "|---|---:|---|---:|---:|---|"]

    def words(peer: dict) -> str:
        return ", ".join(part for part in [peer["tool"], peer["remark"]] if part)

    for result in results:
        best, *others = result["peers"]
        rest = "; ".join(f"{words(peer)} {peer['milliseconds']:.3g}" for peer in others) or "–"
        lines.append(
            f"| `{result['workload']}` | {result['milliseconds']:.3g} | {words(best)} "
            f"| {best['milliseconds']:.3g} | {ratio(result):.2f} | {rest} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    if len(sys.argv) > 1 and sys.argv[1] == "--one":
        name, tool, remark, folder, threads, budget = sys.argv[2:]
        import cv2

        cv2.setNumThreads(int(threads))
        print(timed(operations(folder)[name][tool, remark], float(budget)))
        return
    parser = argparse.ArgumentParser(prog="scripts/bench --analysis", description=__doc__)
    parser.add_argument("--workload", action="append", choices=list(TOOLS), help="which (default: all)")
    parser.add_argument("--rounds", type=int, default=3, help="how many rounds (default: 3)")
    parser.add_argument("--threads", type=int, default=os.cpu_count(), help="of each tool")
    parser.add_argument("--budget", type=float, default=1, help="seconds a peer is timed each round")
    parser.add_argument("--filtersmith", required=True, help=argparse.SUPPRESS)
    options = parser.parse_args()
    results = []
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(
            [options.filtersmith, "bench", "--analysis", "--export", folder], check=True)
        for name in options.workload or list(TOOLS):
            results.append(compare(name, folder, options))
            print(table(results[-1:]).splitlines()[-1], file=sys.stderr, flush=True)
    print(table(results))
    ratios = [ratio(result) for result in results]
    mean = statistics.geometric_mean(ratios)
    summary = f"geometric mean {mean:.2f} (bar {MEAN}), least {min(ratios):.2f} (bar {LEAST})"
    print(summary)
    if len(results) < len(TOOLS):
        return
    path = ROOT / "docs" / "benchmarks-analysis.json"
    path.write_text(json.dumps({
        "machine": report.machine(), "threads": options.threads, "rounds": options.rounds,
        "results": results}, indent=2) + "\n")
    below = [f"`{result['workload']}`" for result in results if ratio(result) < 1]
    report.put(
        ROOT / "docs" / "measurements.md", report.ANALYSIS_BEGIN, report.ANALYSIS_END,
        f"{report.machine()}, {options.threads} threads, {datetime.date.today()}; medians of "
        f"{options.rounds} rounds: {summary}.\nSlower than the fastest peer: "
        f"{', '.join(below) or 'none'}.\n\n{table(results)}")


if __name__ == "__main__":
    main()
