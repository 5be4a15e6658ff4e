"""python -m peers TOOL: times one library, one request per line of standard input.

A request is {"folder": …, "name": …, "threads": n, "budget": seconds, "only": [names] or null}; the
answer is {variant: {"milliseconds": median, "difference": from our result}} on one line.
"""

from __future__ import annotations

import importlib
import json
import statistics
import sys
import time

import numpy as np

from .workload import Workload


def seconds_of(run) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def measure(run, budget: float) -> float:
    """The median of as many runs as fit the budget, at least three unless they are very slow."""
    first = seconds_of(run)
    count = min(max(int(budget / max(first, 1e-9)), 1 if first > 4 * budget else 3), 1000)
    return statistics.median(seconds_of(run) for _ in range(count))


def answer(tool, workload: Workload, request: dict) -> dict:
    results = {}
    for name, run in tool.variants(workload, request["threads"]).items():
        if request["only"] is not None and name not in request["only"]:
            continue
        result = run()
        convert = getattr(tool, "as_array", lambda array, _: np.asarray(array))
        difference = workload.difference(convert(result, workload))
        del result
        results[name] = {
            "milliseconds": 1000 * measure(run, request["budget"]),
            "difference": difference,
        }
    return results


def main() -> None:
    tool = importlib.import_module(f"{__package__}.{sys.argv[1]}_peer")
    print(json.dumps({"version": tool.VERSION}), flush=True)
    loaded: tuple[str, Workload] | None = None
    for line in sys.stdin:
        request = json.loads(line)
        if loaded is None or loaded[0] != request["name"]:
            loaded = (request["name"], Workload.load(request["folder"], request["name"]))
        print(json.dumps(answer(tool, loaded[1], request)), flush=True)


if __name__ == "__main__":
    main()
