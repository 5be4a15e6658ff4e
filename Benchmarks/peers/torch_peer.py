"""PyTorch: `conv1d` to `conv3d` in both memory layouts, their gradients, and its Fourier transform.

There is no convolution over four axes: the taps along the first become input channels of a
three-dimensional one, whose batch is the first axis.
"""

from __future__ import annotations

import torch
import torch.nn.functional as functional

from .workload import Workload

VERSION = f"PyTorch {torch.__version__}"

CONVOLUTIONS = {1: functional.conv1d, 2: functional.conv2d, 3: functional.conv3d}
LAYOUTS = {2: torch.channels_last, 3: torch.channels_last_3d}
SMALLEST_FOURIER = 2e8


def reflected(image: torch.Tensor, margins: list[int]) -> torch.Tensor:
    """The image continued by its mirror image along all spatial axes."""
    rank = len(margins)
    if rank <= 3:
        pairs = [margin for margin in reversed(margins) for _ in range(2)]
        return functional.pad(image, pairs, mode="reflect")
    first = margins[0]
    inner = reflected(image.flatten(1, 2), margins[1:]).unflatten(1, image.shape[1:3])
    count = image.shape[2]
    order = [abs(t) if t < count else 2 * (count - 1) - t for t in range(-first, count + first)]
    return inner.index_select(2, torch.tensor(order))


def stacked(image: torch.Tensor, taps: int) -> torch.Tensor:
    """[1, c, t, z, y, x] with its t extended -> [t, c * taps, z, y, x]."""
    windows = image[0].unfold(1, taps, 1)  # [c, t, z, y, x, taps]
    return windows.permute(1, 0, 5, 2, 3, 4).flatten(1, 2).contiguous()


def pair_magnitudes(outputs: torch.Tensor) -> torch.Tensor:
    return torch.hypot(outputs[:, 0::2], outputs[:, 1::2])


def filter_variants(workload: Workload) -> dict:
    image, kernel = torch.from_numpy(workload.input), torch.from_numpy(workload.kernel)
    rank, margins = workload.rank, workload.before
    finish = pair_magnitudes if workload.combines_pairs else (lambda outputs: outputs)
    found = {}
    if workload.kind == "gaussian":
        line = kernel[0, 0].sum(0)
        row, column = line.view(1, 1, 1, -1), line.view(1, 1, -1, 1)
        found["conv2d per axis"] = lambda: functional.conv2d(
            functional.conv2d(reflected(image, margins), row), column)
        return found

    if rank <= 3:
        for layout in [None, LAYOUTS[rank]]:

            def convolve(layout=layout, weights=kernel.contiguous(
                    memory_format=layout or torch.contiguous_format)):
                extended = reflected(image, margins)
                if layout is not None:
                    extended = extended.contiguous(memory_format=layout)
                return finish(CONVOLUTIONS[rank](extended, weights))

            found[f"conv{rank}d" + (" channels last" if layout else "")] = convolve
    else:
        taps = kernel.shape[2]
        weights = kernel.flatten(1, 2).contiguous()

        def convolve4d():
            return finish(functional.conv3d(stacked(reflected(image, margins), taps), weights))

        found["conv3d over stacked taps"] = convolve4d

    if workload.operations >= SMALLEST_FOURIER:
        lengths = [n + 2 * m for n, m in zip(image.shape[2:], margins)]
        axes = list(range(2, rank + 2))
        spectra = torch.fft.rfftn(kernel, lengths, axes).conj().resolve_conj()
        crop = (slice(None), slice(None), *(slice(0, n) for n in image.shape[2:]))

        def fourier():
            spectrum = torch.fft.rfftn(reflected(image, margins), dim=axes)
            result = torch.empty(1, kernel.shape[0], *image.shape[2:])
            for filter in range(kernel.shape[0]):
                product = spectrum[:, 0] * spectra[filter]
                result[:, filter] = torch.fft.irfftn(product, lengths, dim=[a - 1 for a in axes])[
                    (crop[0], *crop[2:])]
            return finish(result)

        found["fft"] = fourier
    return found


def layer_variants(workload: Workload) -> dict:
    rank = workload.rank
    image, kernel = torch.from_numpy(workload.input), torch.from_numpy(workload.kernel)
    gradient = None if workload.gradient is None else torch.from_numpy(workload.gradient)
    if rank == 4:
        return layer_variants_4d(workload, image, kernel, gradient)
    found = {}
    for layout in [None, LAYOUTS[rank]] if rank in LAYOUTS else [None]:

        def arranged(tensor):
            return tensor.contiguous(memory_format=layout) if layout else tensor.contiguous()

        def run(x=arranged(image), w=arranged(kernel),
                g=None if gradient is None else arranged(gradient)):
            if g is None:
                return CONVOLUTIONS[rank](
                    x, w, stride=workload.stride, padding=workload.padding, groups=workload.groups)
            return backward(g, x, w, workload.map, workload.stride, workload.padding, workload.groups)

        found[f"conv{rank}d" + (" channels last" if layout else "")] = run
    return found


def backward(gradient, image, kernel, map, stride, padding, groups=1):
    wants = [map == "inputGradient", map == "kernelGradient", False]
    results = torch.ops.aten.convolution_backward(
        gradient, image, kernel, None, stride, padding, [1] * len(stride), False,
        [0] * len(stride), groups, wants)
    return results[0] if wants[0] else results[1]


def layer_variants_4d(workload: Workload, image, kernel, gradient) -> dict:
    margin, taps = workload.padding[0], kernel.shape[2]
    inner = workload.padding[1:]

    def extended(tensor):
        return functional.pad(tensor, [0, 0, 0, 0, 0, 0, margin, margin])

    if workload.map == "forward":
        weights = kernel.flatten(1, 2).contiguous()

        def run():
            return functional.conv3d(stacked(extended(image), taps), weights, padding=inner)
    elif workload.map == "inputGradient":
        # With zeros that keep the extents, the adjoint is the correlation with the reflected kernel.
        weights = kernel.flip(2, 3, 4, 5).transpose(0, 1).flatten(1, 2).contiguous()

        def run():
            return functional.conv3d(stacked(extended(gradient), taps), weights, padding=inner)
    else:
        weights = kernel.flatten(1, 2).contiguous()
        outputs = gradient[0].transpose(0, 1).contiguous()

        def run():
            windows = stacked(extended(image), taps)
            return backward(outputs, windows, weights, "kernelGradient", [1] * 3, inner)

    return {"conv3d over stacked taps": run}


def variants(workload: Workload, threads: int) -> dict:
    torch.set_num_threads(threads)
    make = layer_variants if workload.kind == "layer" else filter_variants
    return {name: inferring(run, workload) for name, run in make(workload).items()}


def inferring(run, workload: Workload):
    """Without recording for differentiation."""

    def inferred():
        with torch.inference_mode():
            return run()

    return inferred


def as_array(result: torch.Tensor, workload: Workload):
    if workload.rank == 4 and workload.map != "kernelGradient" and result.dim() == 5:
        result = result.transpose(0, 1)
    return result.contiguous().numpy()
