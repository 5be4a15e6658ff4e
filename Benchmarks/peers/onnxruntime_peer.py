"""ONNX Runtime: the forward map of layers, its input and output bound to memory beforehand."""

from __future__ import annotations

import numpy as np
import onnxruntime

from . import onnx_model
from .workload import Workload

VERSION = f"ONNX Runtime {onnxruntime.__version__}"


def variants(workload: Workload, threads: int) -> dict:
    if workload.kind != "layer" or workload.map != "forward" or workload.rank > 3:
        return {}
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    # Workers wait busily while a run lasts, and leave the processor to others when it has ended.
    options.add_session_config_entry("session.intra_op.allow_spinning", "1")
    options.add_session_config_entry("session.force_spinning_stop", "1")
    session = onnxruntime.InferenceSession(
        onnx_model.convolution(
            workload.input.shape, workload.kernel, tuple(workload.output_shape), workload.padding,
            workload.stride, workload.groups),
        options, providers=["CPUExecutionProvider"])
    output = np.empty(workload.output_shape, np.float32)
    binding = session.io_binding()
    binding.bind_cpu_input("x", np.ascontiguousarray(workload.input))
    binding.bind_output(
        "y", "cpu", 0, np.float32, workload.output_shape, output.ctypes.data)

    def run():
        session.run_with_iobinding(binding)
        return output

    return {"Conv": run}
