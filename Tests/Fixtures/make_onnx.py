"""Makes ONNX nodes with inputs of our own and the results of ONNX's own programs: onnx.json, onnx.npz.

Every node is computed by onnx.reference and by onnxruntime, which must agree to 1e-5; what one of
them declines is named, and the other's result taken. onnx.json lists the nodes, onnx.npz holds their arrays as "case/array".
"""

import json
import sys
from pathlib import Path

import numpy as np
import onnxruntime
from onnx import TensorProto, helper
from onnx.reference import ReferenceEvaluator

HERE = Path(__file__).resolve().parent
OPSET = 22
random = np.random.default_rng(17)
nodes, arrays = [], {}


def normal(*shape):
    return random.normal(size=shape).astype(np.float32)


def run(model, given, name, doubtful):
    """What the reference computes, which onnxruntime must confirm; either alone where it must be."""
    results = {}
    for program, compute in (
            ("onnx.reference", lambda: ReferenceEvaluator(model).run(None, given)),
            ("onnxruntime", lambda: onnxruntime.InferenceSession(
                model.SerializeToString()).run(None, given))):
        if program == doubtful:
            continue
        try:
            results[program] = compute()[0]
        except Exception as error:
            print(f"{name}: {program} declines: {' '.join(str(error).split())[:120]}")
    values = list(results.values())
    if not all(value.shape == values[0].shape and np.allclose(value, values[0], rtol=1e-5, atol=1e-5)
               for value in values):
        sys.exit(f"{name}: the programs differ")
    return values[0]


def case(name, op, *inputs, opset=OPSET, doubtful=None, **attributes):
    """Adds one node; inputs are arrays, or None for an optional input that is not given.

    A doubtful program's result is not looked at.
    """
    names = ["" if array is None else f"in{index}" for index, array in enumerate(inputs)]
    given = {key: np.asarray(array) for key, array in zip(names, inputs) if key}
    node = helper.make_node(op, names, ["out0"], **attributes)
    graph = helper.make_graph(
        [node], name,
        [helper.make_tensor_value_info(key, helper.np_dtype_to_tensor_dtype(array.dtype),
                                       array.shape) for key, array in given.items()],
        [helper.make_tensor_value_info("out0", TensorProto.FLOAT, None)])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)])
    model.ir_version = 10
    expected = np.asarray(run(model, given, name, doubtful), np.float32)
    for key, array in (*given.items(), ("out0", expected)):
        arrays[f"{name}/{key}"] = array
    nodes.append({
        "case": name,
        "nodes": [{"op": op, "inputs": names, "outputs": ["out0"], "attributes": attributes}],
        "inputs": {key: key for key in given}, "initializers": {}, "outputs": {"out0": "out0"}})


def convolutions():
    image = normal(2, 4, 7, 6)
    case("conv", "Conv", image, normal(3, 4, 3, 3))
    case("conv_pads", "Conv", image, normal(3, 4, 3, 3), normal(3), pads=[1, 0, 2, 1])
    case("conv_strides", "Conv", image, normal(3, 4, 3, 2), pads=[1, 1, 1, 1], strides=[2, 3])
    case("conv_dilations", "Conv", image, normal(3, 4, 2, 3), dilations=[3, 2])
    case("conv_groups", "Conv", image, normal(6, 2, 3, 3), normal(6), group=2)
    case("conv_depthwise", "Conv", image, normal(4, 1, 3, 3), normal(4), group=4)
    case("conv_depthwise_multiplier", "Conv", image, normal(8, 1, 3, 3), group=4)
    case("conv_pointwise", "Conv", image, normal(5, 4, 1, 1), normal(5))
    case("conv_same_upper", "Conv", image, normal(2, 4, 3, 4), auto_pad="SAME_UPPER")
    case("conv_same_lower", "Conv", normal(1, 2, 7, 5), normal(2, 2, 3, 3), auto_pad="SAME_LOWER",
         strides=[2, 2])
    case("conv_1d", "Conv", normal(2, 3, 11), normal(4, 3, 5), normal(4), pads=[2, 2])
    case("conv_3d", "Conv", normal(1, 2, 5, 6, 7), normal(3, 2, 2, 2, 3), normal(3),
         strides=[2, 1, 2], dilations=[2, 1, 1])
    small = normal(2, 4, 4, 3)
    case("convtranspose", "ConvTranspose", small, normal(4, 2, 3, 3), normal(2))
    case("convtranspose_pads", "ConvTranspose", small, normal(4, 2, 3, 3), strides=[3, 2],
         pads=[1, 0, 1, 2])
    case("convtranspose_dilations", "ConvTranspose", small, normal(4, 3, 2, 2), dilations=[2, 3])
    case("convtranspose_group", "ConvTranspose", small, normal(4, 3, 3, 3), normal(6), group=2)
    case("convtranspose_output_padding", "ConvTranspose", small, normal(4, 2, 3, 3),
         strides=[3, 2], pads=[1, 1, 1, 1], output_padding=[1, 1])
    case("convtranspose_output_shape", "ConvTranspose", small, normal(4, 2, 3, 3), strides=[3, 2],
         output_shape=[13, 8])
    case("convtranspose_1d", "ConvTranspose", normal(1, 2, 6), normal(2, 3, 4), strides=[2])
    case("convtranspose_3d", "ConvTranspose", normal(1, 2, 3, 4, 2), normal(2, 2, 2, 3, 2),
         strides=[1, 2, 2])


def functions():
    values = normal(3, 4, 5) * 2
    case("relu", "Relu", values)
    case("leakyrelu", "LeakyRelu", values, alpha=0.1)
    case("leakyrelu_default", "LeakyRelu", values)
    case("elu", "Elu", values, alpha=2.0)
    case("elu_default", "Elu", values)
    case("gelu", "Gelu", values)
    case("gelu_tanh", "Gelu", values, approximate="tanh")
    case("sigmoid", "Sigmoid", values)
    case("tanh", "Tanh", values)
    case("swish", "Swish", values, opset=24, alpha=1.0)
    case("dropout", "Dropout", values)
    case("add", "Add", values, normal(3, 4, 5))
    for axis in (0, 1, 2, -1):
        case(f"softmax_axis_{axis}", "Softmax", values, axis=axis)
    case("softmax_large", "Softmax", np.array([[0, 1, 2, 3], [1e4, 1e4 + 1, 1e4 + 2, 1e4 + 3]],
                                              np.float32))
    for axis in (0, 1, 2, -1):
        case(f"flatten_axis_{axis}", "Flatten", values, axis=axis)
        if axis < 2:
            case(f"concat_axis_{axis}", "Concat", values, normal(3, 4, 5), axis=axis)
    case("concat_widths", "Concat", values, normal(3, 2, 5), normal(3, 1, 5), axis=1)


def pooling():
    row, image, volume = normal(2, 3, 11), normal(2, 3, 9, 8), normal(1, 2, 8, 7, 9)
    for op, name in (("MaxPool", "maxpool"), ("AveragePool", "averagepool")):
        case(f"{name}_1d", op, row, kernel_shape=[2])
        case(f"{name}_strides", op, image, kernel_shape=[3, 2], strides=[2, 3])
        case(f"{name}_pads", op, image, kernel_shape=[3, 3], pads=[1, 1, 1, 1], strides=[2, 2])
        case(f"{name}_same_upper", op, image, kernel_shape=[2, 2], auto_pad="SAME_UPPER")
        case(f"{name}_dilations", op, image, kernel_shape=[2, 2], dilations=[2, 3])
        case(f"{name}_ceil", op, image, kernel_shape=[3, 3], strides=[2, 2], ceil_mode=1)
        case(f"{name}_3d", op, volume, kernel_shape=[2, 2, 2], strides=[2, 2, 2])
        case(f"{name}_3d_dilations_ceil", op, volume, kernel_shape=[3, 3, 3], strides=[3, 3, 3],
             dilations=[2, 2, 2], ceil_mode=1,
             # It takes samples beyond the volume into its means.
             doubtful="onnx.reference" if op == "AveragePool" else None)
    case("averagepool_counting_pads", "AveragePool", image, kernel_shape=[3, 3],
         pads=[2, 1, 2, 1], count_include_pad=1)
    case("averagepool_ceil_counting_pads", "AveragePool", image, kernel_shape=[3, 3],
         pads=[1, 1, 1, 1], strides=[3, 3], ceil_mode=1, count_include_pad=1)
    case("globalaveragepool", "GlobalAveragePool", image)
    case("globalmaxpool", "GlobalMaxPool", image)
    case("upsample", "Upsample", normal(1, 2, 3, 4), np.array([1, 1, 2, 3], np.float32), opset=9,
         mode="nearest")
    case("resize_nearest", "Resize", normal(1, 2, 3, 4), None, np.array([2, 3], np.float32),
         axes=[2, 3], mode="nearest")
    case("resize_linear", "Resize", normal(1, 2, 3, 4), None, np.array([1, 1, 3, 2], np.float32),
         mode="linear")
    case("pad", "Pad", normal(2, 3, 4, 5), opset=2, mode="constant", value=0.0,
         pads=[0, 0, 3, 1, 0, 0, 2, 4])


def normalizations():
    image = normal(2, 6, 5, 4)
    scale, shift, mean = normal(6), normal(6), normal(6)
    variance = random.uniform(0.2, 2, 6).astype(np.float32)
    case("batchnorm", "BatchNormalization", image, scale, shift, mean, variance)
    case("batchnorm_epsilon", "BatchNormalization", image, scale, shift, mean, variance,
         epsilon=0.01)
    case("batchnorm_1d", "BatchNormalization", normal(3, 6, 7), scale, shift, mean, variance)
    case("batchnorm_3d", "BatchNormalization", normal(2, 6, 3, 2, 4), scale, shift, mean, variance)
    case("groupnorm", "GroupNormalization", image, scale, shift, num_groups=3)
    case("groupnorm_epsilon", "GroupNormalization", image, scale, shift, num_groups=2,
         epsilon=0.01)
    for axis in (0, 1, 2, 3, -1):
        shape = image.shape[axis:]
        case(f"layernorm_axis_{axis}", "LayerNormalization", image, normal(*shape),
             normal(*shape), axis=axis)
    case("layernorm_epsilon", "LayerNormalization", image, normal(4), normal(4), epsilon=0.1)
    # The reference goes over as many channels as the batch has samples.
    case("lrn", "LRN", image, doubtful="onnx.reference", alpha=2e-4, beta=0.5, bias=2.0, size=3)
    case("lrn_default", "LRN", image, doubtful="onnx.reference", size=5)
    case("gemm", "Gemm", normal(3, 5), normal(5, 4))
    case("gemm_bias", "Gemm", normal(3, 5), normal(4, 5), normal(4), transB=1)
    case("gemm_scalar_bias", "Gemm", normal(3, 5), normal(5, 4), normal(1), beta=0.5)
    case("gemm_all", "Gemm", normal(5, 3), normal(4, 5), normal(1, 4), alpha=0.25, beta=0.35,
         transA=1, transB=1)


def losses():
    for shape, kind in (((3, 5), "rows"), ((2, 5, 6), "1d"), ((2, 5, 3, 4), "2d")):
        scores = normal(*shape)
        labels = random.integers(0, 5, (shape[0], *shape[2:]))
        weights = random.uniform(0.2, 2, 5).astype(np.float32)
        logarithms = scores - np.log(np.exp(scores).sum(1, keepdims=True))
        for op, name, given in (("NegativeLogLikelihoodLoss", "nll", logarithms),
                                ("SoftmaxCrossEntropyLoss", "sce", scores)):
            for reduction in ("none", "sum", "mean"):
                case(f"{name}_{kind}_{reduction}", op, given, labels, reduction=reduction)
            case(f"{name}_{kind}_weights_sum", op, given, labels, weights, reduction="sum")
            case(f"{name}_{kind}_weights_mean_ignoring", op, given, labels, weights,
                 reduction="mean", ignore_index=int(labels.flat[0]))


if __name__ == "__main__":
    for part in (convolutions, functions, pooling, normalizations, losses):
        part()
    lines = ",\n".join(json.dumps(node) for node in nodes)
    (HERE / "onnx.json").write_text(f"[\n{lines}\n]\n")
    np.savez_compressed(HERE / "onnx.npz", **arrays)
    print(len(nodes), "cases")
