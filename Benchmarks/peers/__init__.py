"""The workloads in the libraries that people use today: one module per library.

Each module has `variants(workload, threads)`: closures by name, each of which computes the workload
once and returns its result. What can be prepared before an image is there (spectra of kernels, other
layouts of weights, padded shapes) is prepared when the closures are made, and not timed.
"""
