"""A workload as `filtersmith bench --export` writes it: the description and its arrays."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np


@dataclass
class Workload:
    name: str
    kind: str  # dense, quadrature, gaussian, sobel or layer
    deviation: float | None
    map: str  # forward, inputGradient or kernelGradient
    border: str
    before: list[int]
    after: list[int]
    stride: list[int]
    groups: int
    combines_pairs: bool
    operations: float
    traffic_bytes: float
    input: np.ndarray  # [batch, channels, spatial...]
    kernel: np.ndarray  # [filters, channels / groups, spatial...]
    gradient: np.ndarray | None  # [batch, filters, spatial...]
    output_shape: list[int]
    folder: Path

    @staticmethod
    def load(folder: str | Path, name: str) -> "Workload":
        folder = Path(folder)
        facts = json.loads((folder / f"{name}.json").read_text())

        def array(part: str) -> np.ndarray:
            return np.load(folder / f"{name}-{part}.npy")

        is_forward = facts["map"] == "forward"
        return Workload(
            name=name,
            kind=facts["kind"],
            deviation=facts.get("deviation"),
            map=facts["map"],
            border=facts["border"],
            before=facts["before"],
            after=facts["after"],
            stride=facts["stride"],
            groups=facts["groups"],
            combines_pairs=facts["combinesPairs"],
            operations=facts["operations"],
            traffic_bytes=facts["trafficBytes"],
            input=array("input"),
            kernel=array("kernel"),
            gradient=None if is_forward else array("gradient"),
            output_shape=facts["output"],
            folder=folder,
        )

    @property
    def rank(self) -> int:
        return len(self.stride)

    @property
    def filters(self) -> int:
        return self.kernel.shape[0]

    @property
    def image(self) -> np.ndarray:
        """The only channel of an image that is no layer's input."""
        return self.input[0, 0]

    @property
    def padding(self) -> list[int]:
        """Zeros around a layer's input; the same on both sides in every workload."""
        assert self.before == self.after
        return self.before

    def our_result(self) -> np.ndarray:
        return np.load(self.folder / f"{self.name}-result.npy")

    def difference(self, result: np.ndarray) -> float:
        """The largest difference from our result, relative to the result's largest magnitude."""
        ours = self.our_result().reshape(-1)
        theirs = np.asarray(result, dtype=np.float32).reshape(-1)
        if ours.size != theirs.size:
            raise ValueError(f"{theirs.size} numbers where {ours.size} were expected")
        return float(np.max(np.abs(ours - theirs)) / max(np.max(np.abs(ours)), 1e-30))
