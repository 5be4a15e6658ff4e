"""Runs the workloads in Filtersmith and in other libraries, in turn, and writes one table.

Every library works in a process of its own, alone at a time; a round runs each of them once on each
workload, and medians over rounds are compared. Results are checked to agree. See scripts/bench.
"""

from __future__ import annotations

import argparse
import fnmatch
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
TOOLS = ["opencv", "scipy", "torch", "onnxruntime"]
# Different orders of summation and Fourier transforms of single precision differ by about 1e-6.
LARGEST_DIFFERENCE = 1e-4
# After the first round, variants slower than the tool's best by this factor are left out.
WORTH_REPEATING = 1.3


class Peer:
    """One library in its own process, which waits between requests."""

    def __init__(self, tool: str):
        self.tool = tool
        self.process = subprocess.Popen(
            [sys.executable, "-m", "peers", tool], cwd=Path(__file__).parent, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.version = self.receive()["version"]

    def receive(self) -> dict:
        line = self.process.stdout.readline()
        if not line:
            sys.exit(f"the process for {self.tool} ended with code {self.process.wait()}")
        return json.loads(line)

    def measure(self, **request) -> dict:
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        return self.receive()


class Filtersmith:
    """This package's command, a new process per measurement."""

    def __init__(self, path: str, threads: int):
        self.path, self.threads = path, threads

    def run(self, *arguments: str):
        command = [self.path, "bench", *arguments, "--threads", str(self.threads)]
        output = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
        return json.loads(output) if "--json" in arguments else output


def compare(workload: str, ours: Filtersmith, peers: list[Peer], options) -> dict:
    """All rounds of one workload."""
    with tempfile.TemporaryDirectory(prefix="filtersmith-bench-") as folder:
        ours.run("--workload", workload, "--export", folder)
        facts = json.loads((Path(folder) / f"{workload}.json").read_text())
        our_times: list[float] = []
        times: dict[tuple[str, str, int], list[float]] = {}
        differences: dict[tuple[str, str], float] = {}
        candidates = None
        algorithm = ""
        for _ in range(options.rounds):
            measurement = ours.run("--workload", workload, "--json")[0]
            our_times.append(measurement["milliseconds"])
            algorithm = measurement["algorithm"]
            for peer in peers:
                for threads in sorted({1, options.threads}, reverse=True):
                    only = None
                    if candidates is not None:
                        only = [v for (t, v, n) in candidates if (t, n) == (peer.tool, threads)]
                        if not only:
                            continue
                    answers = peer.measure(
                        folder=folder, name=workload, threads=threads, budget=options.budget,
                        only=only)
                    for variant, answer in answers.items():
                        times.setdefault((peer.tool, variant, threads), []).append(
                            answer["milliseconds"])
                        differences[peer.tool, variant] = answer["difference"]
            if candidates is None:
                fastest = {
                    peer.tool: min(
                        (t[0] for key, t in times.items() if key[0] == peer.tool), default=0)
                    for peer in peers
                }
                candidates = [
                    key for key, t in times.items() if t[0] <= WORTH_REPEATING * fastest[key[0]]
                ]
    results = [
        {
            "tool": tool, "variant": variant, "threads": threads,
            "milliseconds": statistics.median(found), "rounds": len(found),
            "difference": differences[tool, variant],
        }
        for (tool, variant, threads), found in times.items()
    ]
    return {
        "workload": workload,
        "map": facts["map"],
        "kind": facts["kind"],
        "milliseconds": statistics.median(our_times),
        "algorithm": algorithm,
        "operations": facts["operations"],
        "trafficBytes": facts["trafficBytes"],
        "peers": sorted(results, key=lambda result: result["milliseconds"]),
    }


def parse(arguments: list[str] | None = None):
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    parser.add_argument(
        "--workload", action="append", metavar="PATTERN",
        help="which workloads, as in 'bank-*'; may be repeated (default: all)")
    parser.add_argument("--rounds", type=int, default=3, help="how many rounds (default: 3)")
    parser.add_argument(
        "--threads", type=int, default=os.cpu_count(),
        help="threads of each library; peers are also tried with 1 (default: all processors)")
    parser.add_argument(
        "--budget", type=float, default=0.25,
        help="seconds a peer is timed per round and variant (default: 0.25)")
    parser.add_argument(
        "--tool", action="append", choices=TOOLS, help="which peers (default: all)")
    parser.add_argument(
        "--write", action="store_true",
        help="write docs/measurements.md and docs/benchmarks.json also when not all workloads ran")
    parser.add_argument("--filtersmith", required=True, help=argparse.SUPPRESS)
    return parser.parse_args(arguments)


def main() -> None:
    options = parse()
    ours = Filtersmith(options.filtersmith, options.threads)
    names = ours.run("--list", "--json")
    patterns = options.workload or ["*"]
    chosen = [n for n in names if any(fnmatch.fnmatchcase(n, pattern) for pattern in patterns)]
    if not chosen:
        sys.exit(f"no workload matches {' '.join(patterns)}")
    peers = [Peer(tool) for tool in options.tool or TOOLS]
    limits = [ours.run("--limits", "--json")]
    results = []
    start = time.monotonic()
    for number, name in enumerate(chosen):
        results.append(compare(name, ours, peers, options))
        if number % 10 == 9:
            limits.append(ours.run("--limits", "--json"))
        elapsed = time.monotonic() - start
        print(f"{report.line(results[-1])}  [{number + 1}/{len(chosen)}, {elapsed:.0f} s]",
              file=sys.stderr, flush=True)
    run = {
        "machine": report.machine(),
        "versions": [peer.version for peer in peers],
        "threads": options.threads,
        "rounds": options.rounds,
        "gigaflops": max(limit["gigaflops"] for limit in limits),
        "gigabytesPerSecond": max(limit["gigabytesPerSecond"] for limit in limits),
        "results": results,
    }
    table = report.table(run)
    print(table)
    if options.write or len(chosen) == len(names):
        report.write(run, table, ROOT / "docs")
    disagreeing = [
        f"{r['workload']}: {p['tool']} {p['variant']} differs by {p['difference']:.1e}"
        for r in results for p in r["peers"] if not p["difference"] <= LARGEST_DIFFERENCE
    ]
    if disagreeing:
        sys.exit("results disagree:\n" + "\n".join(disagreeing))


if __name__ == "__main__":
    main()
