"""SciPy: `ndimage` in the spatial domain, `scipy.fft` with kernels' spectra made beforehand."""

from __future__ import annotations

import numpy as np
import scipy
from scipy import fft, ndimage

from .workload import Workload

VERSION = f"SciPy {scipy.__version__}, NumPy {np.__version__}"

# Beyond this, a direct sum takes minutes and has no chance.
LARGEST_DIRECT = 4e9
SMALLEST_FOURIER = 2e8


def magnitudes(outputs: np.ndarray) -> np.ndarray:
    return np.hypot(outputs[0::2], outputs[1::2])


def variants(workload: Workload, threads: int) -> dict:
    if workload.kind == "layer":
        return {}
    image = workload.image
    kernels = workload.kernel[:, 0]
    outputs = np.empty(workload.output_shape[1:], np.float32)
    found = {}

    if workload.kind == "gaussian":
        found["gaussian_filter"] = lambda: ndimage.gaussian_filter(
            image, workload.deviation, output=outputs[0], mode="mirror", truncate=4)
        return found

    if workload.kind == "sobel":

        def sobel():
            ndimage.sobel(image, axis=0, output=outputs[0], mode="mirror")
            ndimage.sobel(image, axis=1, output=outputs[1], mode="mirror")
            return outputs

        return {"sobel": sobel}

    def finish():
        return magnitudes(outputs) if workload.combines_pairs else outputs

    if workload.operations <= LARGEST_DIRECT and threads == 1:

        def correlate():
            for kernel, output in zip(kernels, outputs):
                ndimage.correlate(image, kernel, output=output, mode="mirror")
            return finish()

        found["correlate"] = correlate

    if workload.operations >= SMALLEST_FOURIER:
        margins = list(zip(workload.before, workload.after))
        extended = [n + b + a for n, (b, a) in zip(image.shape, margins)]
        lengths = [fft.next_fast_len(n, real=True) for n in extended]
        spectra = [np.conj(fft.rfftn(kernel, lengths, workers=threads)) for kernel in kernels]
        crop = tuple(slice(0, n) for n in workload.output_shape[2:])

        def fourier():
            spectrum = fft.rfftn(np.pad(image, margins, mode="reflect"), lengths, workers=threads)
            for kernel, output in zip(spectra, outputs):
                output[...] = fft.irfftn(spectrum * kernel, lengths, workers=threads)[crop]
            return finish()

        found["fft"] = fourier

    return found
