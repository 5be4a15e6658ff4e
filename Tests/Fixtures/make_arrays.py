"""Computes what SciPy and scikit-image give for inputs of our own: arrays.npz.

An array's name says the call: nd_ is scipy.ndimage, nd3_ the same of the volume, sg_ scipy.signal,
win_ its windows, fft_ scipy.fft, sk_ and sk3_ scikit-image. Inputs begin with in_.
"""

from pathlib import Path

import numpy as np
import scipy.fft as fft
import scipy.ndimage as ndi
import scipy.signal as signal
from skimage import exposure, feature, filters, io, measure, metrics, morphology, transform

HERE = Path(__file__).resolve().parent
PICTURES = HERE.parent.parent / "notebooks-data"


def inputs():
    """Crops of the notebooks' pictures, and random arrays of fixed seeds."""
    random = np.random.default_rng(15)
    smooth = ndi.gaussian_filter(random.normal(size=(20, 18, 16)), 2)
    coins = io.imread(PICTURES / "coins.png")[:225:3, :285:3].astype(float)
    return {
        "image": io.imread(PICTURES / "camera.png")[70:110, 200:248].astype(float),
        "coins": coins,
        "binary": coins > 110,
        "volume": np.round(1000 * (smooth - smooth.min()) / np.ptp(smooth)),
        "random": random.normal(size=(17, 23)),
        "kernel5x3": random.normal(size=(5, 3)),
        "kernel4x4": random.normal(size=(4, 4)),
        "kernel3x5x3": random.normal(size=(3, 5, 3)),
    }


def convolutions(array):
    image, random, volume = array["image"], array["random"], array["volume"]
    odd, even = array["kernel5x3"], array["kernel4x4"]
    for mode in ("reflect", "constant", "nearest", "mirror", "wrap"):
        yield f"nd_correlate_{mode}", ndi.correlate(random, odd, mode=mode, cval=0.5)
        yield f"nd_convolve_{mode}", ndi.convolve(random, odd, mode=mode, cval=0.5)
        yield f"nd_gauss1.5_{mode}", ndi.gaussian_filter(image, 1.5, mode=mode)
    yield "nd_correlate_even_reflect", ndi.correlate(random, even)
    yield "nd_convolve_even_reflect", ndi.convolve(random, even)
    for size in ("full", "same", "valid"):
        yield f"sg_convolve2d_{size}", signal.convolve2d(random, odd, size)
        yield f"sg_correlate2d_{size}", signal.correlate2d(random, odd, size)
        yield f"sg_fftconvolve_{size}", signal.fftconvolve(random, even, size)
    yield "nd3_convolve_wrap", ndi.convolve(volume, array["kernel3x5x3"], mode="wrap")


def designs(array):
    image, volume = array["image"], array["volume"]
    for axis in (0, 1):
        yield f"nd_sobel_ax{axis}", ndi.sobel(image, axis)
        yield f"nd_prewitt_ax{axis}", ndi.prewitt(image, axis)
        yield f"nd_gauss_deriv_ax{axis}", ndi.gaussian_filter(image, 2, [1 - axis, axis])
    yield "nd_gauss_deriv_23", ndi.gaussian_filter(image, 1.7, [2, 3])
    yield "nd_laplace", ndi.laplace(image)
    yield "nd_log2", ndi.gaussian_laplace(image, 2)
    yield "nd_ggm1.5", ndi.gaussian_gradient_magnitude(image, 1.5)
    for size in (3, 5):
        yield f"nd_uniform{size}", ndi.uniform_filter(image, size)
    yield "sk_dog", filters.difference_of_gaussians(image, 1, 3)
    yield "sk_scharr_v_half", filters.scharr_v(image) / 2
    yield "sk_farid_h", filters.farid_h(image)
    yield "sk_roberts_pos", filters.roberts_pos_diag(image)
    yield "sk_roberts_neg", filters.roberts_neg_diag(image)
    yield "nd3_gauss1.2", ndi.gaussian_filter(volume, 1.2)
    for axis in range(3):
        yield f"nd3_sobel{axis}", ndi.sobel(volume, axis)
    for window in ("hann", "hamming", "blackman", "bartlett", "flattop", "nuttall",
                   ("kaiser", 8.6), ("tukey", 0.25), ("gaussian", 3.0), ("chebwin", 60)):
        name = window if isinstance(window, str) else window[0]
        for taps in (16, 17):
            yield f"win_{name}_{taps}", signal.get_window(window, taps, fftbins=False)


def transforms(_):
    random = np.random.default_rng(16)
    for count in (1, 2, 3, 5, 7, 8, 12, 17, 30, 64, 97, 128):
        values = random.normal(size=count) + 1j * random.normal(size=count)
        yield f"fft_in_{count}", values
        yield f"fft_out_{count}", fft.fft(values)


def resampling(array):
    image = array["image"]
    for order in (0, 1, 3):
        yield f"nd_rotate30_o{order}", ndi.rotate(image, 30, reshape=False, order=order)
        yield f"nd_zoom1.7_o{order}", ndi.zoom(image[:40, :30], 1.7, order=order)
        yield f"nd_shift_o{order}", ndi.shift(image, (1.25, -2.5), order=order, mode="nearest")


def ranks(array):
    image, binary, volume = array["image"], array["binary"], array["volume"]
    for size in (3, 5, 11):
        yield f"nd_median{size}", ndi.median_filter(image, size)
    yield "nd3_median3", ndi.median_filter(volume, 3)
    yield "nd_min3x5", ndi.minimum_filter(image, (3, 5))
    yield "nd_max3x5", ndi.maximum_filter(image, (3, 5))
    yield "nd_pct30_5", ndi.percentile_filter(image, 30, 5)
    for name in ("grey_erosion", "grey_dilation", "grey_opening", "grey_closing", "white_tophat",
                 "black_tophat", "morphological_gradient"):
        yield f"nd_{name}5", getattr(ndi, name)(image, size=(5, 5))
    yield "sk_reconstruction", morphology.reconstruction(image - 40, image)
    for name in ("erosion", "dilation", "opening", "closing", "fill_holes"):
        yield f"nd_binary_{name}", getattr(ndi, f"binary_{name}")(binary)


def regions(array):
    coins, binary, volume = array["coins"], array["binary"], array["volume"]
    yield "nd_label4", ndi.label(binary)[0]
    yield "nd_label8", ndi.label(binary, np.ones((3, 3)))[0]
    yield "nd3_label6", ndi.label(volume > 600)[0]
    yield "nd3_label26", ndi.label(volume > 600, np.ones((3, 3, 3)))[0]
    yield "nd_edt", ndi.distance_transform_edt(binary)
    yield "nd_edt_aniso", ndi.distance_transform_edt(binary, sampling=[2, 0.5])
    yield "nd3_edt", ndi.distance_transform_edt(volume > 500)
    yield "nd_cdt_chess", ndi.distance_transform_cdt(binary, "chessboard")
    yield "nd_cdt_taxi", ndi.distance_transform_cdt(binary, "taxicab")
    parts = measure.regionprops(ndi.label(binary, np.ones((3, 3)))[0], coins)
    yield "sk_regions", [
        (part.label, part.area, *part.centroid, *part.bbox, part.eccentricity, part.orientation,
         part.axis_major_length, part.axis_minor_length, part.intensity_mean, part.perimeter)
        for part in parts]


def intensities(array):
    image, coins = array["image"], array["coins"].astype(np.uint8)
    yield "sk_thr_otsu", filters.threshold_otsu(coins)
    yield "sk_thr_multiotsu", filters.threshold_multiotsu(coins, 3)
    yield "sk_equalize", exposure.equalize_hist(image)
    blurred = ndi.gaussian_filter(image, 1)
    yield "nd_gauss1_for_metrics", blurred
    yield "metric_ssim_psnr", [
        metrics.structural_similarity(image, blurred, data_range=255),
        metrics.peak_signal_noise_ratio(image, blurred, data_range=255)]


def features(array):
    image, volume = array["image"], array["volume"]
    for sigma in (1.0, 2.0):
        yield f"sk_canny_s{sigma}", feature.canny(image, sigma=sigma)
    yield "sk_canny_explicit", feature.canny(image, 1.5, 10, 30)
    hessian = feature.hessian_matrix(image, 2, use_gaussian_derivatives=True, order="rc")
    for name, element in zip(("rr", "rc", "cc"), hessian):
        yield f"sk_hessian_{name}", element
    yield "sk_frangi", filters.frangi(image, sigmas=range(1, 4))
    yield "sk3_frangi", filters.frangi(volume, sigmas=(1.5, 2), black_ridges=False)
    yield "sk_harris", feature.corner_harris(image, sigma=1.5, k=0.05)
    yield "sk_shi_tomasi", feature.corner_shi_tomasi(image, sigma=1.5)
    yield "sk_foerstner", feature.corner_foerstner(image, sigma=1.5)
    yield "sk_hog", feature.hog(image, 9, (8, 8), (2, 2), block_norm="L2-Hys")
    yield "sk_hough_acc", transform.hough_line(feature.canny(image, sigma=2.0))[0]


if __name__ == "__main__":
    given = inputs()
    arrays = {f"in_{name}": value for name, value in given.items()}
    for results in (convolutions, designs, transforms, resampling, ranks, regions, intensities,
                    features):
        arrays.update((name, np.asarray(value)) for name, value in results(given))
    np.savez_compressed(HERE / "arrays.npz", **arrays)
