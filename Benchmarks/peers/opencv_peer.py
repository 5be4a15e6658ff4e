"""OpenCV: `filter2D`, which takes the Fourier domain for large kernels, and its special functions."""

from __future__ import annotations

import cv2
import numpy as np

from .workload import Workload

VERSION = f"OpenCV {cv2.__version__}"


def variants(workload: Workload, threads: int) -> dict:
    cv2.setNumThreads(threads)
    if workload.rank != 2 or workload.kind == "layer":
        return {}
    border = cv2.BORDER_REFLECT_101
    image = np.ascontiguousarray(workload.image)
    kernels = [np.ascontiguousarray(kernel[0]) for kernel in workload.kernel]
    outputs = np.empty(workload.output_shape[1:], np.float32)

    if workload.kind == "gaussian":
        taps = workload.kernel.shape[-1]
        line = cv2.getGaussianKernel(taps, workload.deviation, cv2.CV_32F)

        def blur():
            return cv2.GaussianBlur(
                image, (taps, taps), workload.deviation, dst=outputs[0], borderType=border)

        def separable():
            return cv2.sepFilter2D(
                image, cv2.CV_32F, line, line, dst=outputs[0], borderType=border)

        return {"GaussianBlur": blur, "sepFilter2D": separable}

    if workload.kind == "sobel":

        def sobel():
            cv2.Sobel(image, cv2.CV_32F, 0, 1, dst=outputs[0], ksize=3, borderType=border)
            cv2.Sobel(image, cv2.CV_32F, 1, 0, dst=outputs[1], ksize=3, borderType=border)
            return outputs

        return {"Sobel": sobel}

    def filter2d():
        for kernel, output in zip(kernels, outputs):
            cv2.filter2D(image, cv2.CV_32F, kernel, dst=output, borderType=border)
        return outputs

    if not workload.combines_pairs:
        return {"filter2D": filter2d}

    magnitudes = np.empty((len(kernels) // 2, *outputs.shape[1:]), np.float32)

    def filter2d_magnitude():
        filter2d()
        for pair, magnitude in enumerate(magnitudes):
            cv2.magnitude(outputs[2 * pair], outputs[2 * pair + 1], magnitude)
        return magnitudes

    return {"filter2D": filter2d_magnitude}
