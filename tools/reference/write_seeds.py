"""Writes the small models that the fuzzing tests of `differentiate` start from, as the `onnx` package makes them."""

import sys
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

RANDOM = np.random.default_rng(11)


def constant(name, *shape):
    return numpy_helper.from_array(RANDOM.standard_normal(shape).astype(np.float32), name)


def integers(name, *values):
    return numpy_helper.from_array(np.array(values, dtype=np.int64), name)


def info(name, *shape, element=TensorProto.FLOAT):
    return helper.make_tensor_value_info(name, element, shape)


def model(name, nodes, inputs, outputs, constants, opset=17, functions=(), domains=()):
    graph = helper.make_graph(nodes, name, inputs, outputs, constants)
    imports = [helper.make_opsetid("", opset), *(helper.make_opsetid(domain, 1) for domain in domains)]
    made = helper.make_model(graph, opset_imports=imports, functions=list(functions), ir_version=9)
    onnx.checker.check_model(made, full_check=True)
    return made


def node(operator, inputs, outputs, **attributes):
    return helper.make_node(operator, inputs.split(), outputs.split(), **attributes)


def convolutional():
    nodes = [
        node("Conv", "x w b", "c", pads=[1, 1, 1, 1], strides=[2, 2]), node("BatchNormalization", "c s t m v", "n"), node("Relu", "n", "r"),
        node("MaxPool", "r", "p", kernel_shape=[2, 2], strides=[2, 2], ceil_mode=1), node("Shape", "p", "shape"), node("Gather", "shape zero", "length"),
        node("Unsqueeze", "length first", "one"), node("Concat", "one rest", "target", axis=0), node("Reshape", "p target", "f"), node("Gemm", "f g", "y"),
    ]
    constants = [constant("w", 4, 3, 3, 3), constant("b", 4), *(constant(name, 4) for name in "stm"), numpy_helper.from_array(np.ones(4, np.float32), "v"),
                 numpy_helper.from_array(np.int64(0), "zero"), integers("first", 0), integers("rest", -1), constant("g", 16, 5)]
    return model("convolutional", nodes, [info("x", "batch", 3, 8, 8)], [info("y", "batch", 5)], constants)


def attention():
    nodes = [
        node("LayerNormalization", "x scale shift", "n", axis=-1), node("MatMul", "n wq", "q"), node("MatMul", "n wk", "k"), node("Transpose", "k", "kt", perm=[0, 2, 1]),
        node("MatMul", "q kt", "a"), node("Softmax", "a", "p", axis=-1), node("MatMul", "p n", "o"), node("Add", "o x", "r"), node("Erf", "r", "e"), node("Mul", "r e", "g"),
        node("Split", "g", "left right", axis=2), node("Sub", "left right", "d"), node("ReduceMean", "d", "y", axes=[1], keepdims=0),
    ]
    constants = [constant("scale", 6), constant("shift", 6), constant("wq", 6, 6), constant("wk", 6, 6)]
    return model("attention", nodes, [info("x", "batch", "tokens", 6)], [info("y", "batch", 3)], constants)


def functions():
    leaky = node("LeakyRelu", "v", "w")
    leaky.attribute.append(onnx.AttributeProto(name="alpha", ref_attr_name="slope", type=onnx.AttributeProto.FLOAT))
    imports = [helper.make_opsetid("", 17), helper.make_opsetid("own", 1)]
    inner = helper.make_function("own", "Leaky", ["v"], ["w"], [leaky], imports, ["slope"])
    call = node("Leaky", "v", "t", domain="own", slope=0.1)
    outer = helper.make_function("own", "Block", ["v", "k"], ["w"], [call, node("MatMul", "t k", "u"), node("Add", "u v", "w")], imports)
    nodes = [node("Block", "x k1", "a", domain="own"), node("Block", "a k2", "y", domain="own")]
    return model("functions", nodes, [info("x", "batch", 4)], [info("y", "batch", 4)], [constant("k1", 4, 4), constant("k2", 4, 4)], functions=[inner, outer], domains=["own"])


def branches():
    def branch(operator):
        return helper.make_graph([node(operator, "h", "t"), node("Mul", "t w", "r")], operator, [], [info("r", "batch", 4)], [constant("w", 4)])
    nodes = [
        node("Tanh", "x", "h"), node("If", "yes", "a", then_branch=branch("Sigmoid"), else_branch=branch("Neg")), node("ReduceSum", "x", "sum", keepdims=0),
        node("Greater", "sum zero", "free"), node("If", "free", "z", then_branch=branch("Exp"), else_branch=branch("Abs")), node("Softplus", "a", "y"),
    ]
    constants = [numpy_helper.from_array(np.array(True), "yes"), numpy_helper.from_array(np.float32(0), "zero")]
    return model("branches", nodes, [info("x", "batch", 4)], [info("y", "batch", 4), info("z", "batch", 4)], constants)


def quantised():
    scale = lambda name, value: numpy_helper.from_array(np.float32(value), name)
    nodes = [
        node("QuantizeLinear", "x sx zx", "xq"), node("DequantizeLinear", "xq sx zx", "xd"), node("DequantizeLinear", "wq sw zw", "wd", axis=0), node("Conv", "xd wd", "c"),
        node("QuantizeLinear", "c sc zx", "cq"), node("DequantizeLinear", "cq sc zx", "cd"), node("DequantizeLinear", "w2 sw2 zw2", "w2d"), node("Conv", "cd w2d", "f"),
        node("Relu", "f", "r"),
        node("GlobalAveragePool", "r", "p"), node("Flatten", "p", "y"),
    ]
    constants = [
        scale("sx", 0.02), scale("sc", 0.1), scale("sw2", 0.05), numpy_helper.from_array(np.uint8(128), "zx"), numpy_helper.from_array(np.int8(0), "zw2"),
        numpy_helper.from_array(np.full(3, 0.03, np.float32), "sw"), numpy_helper.from_array(np.zeros(3, np.int8), "zw"),
        numpy_helper.from_array(RANDOM.integers(-127, 127, (3, 2, 3, 3), dtype=np.int8), "wq"), numpy_helper.from_array(RANDOM.integers(-127, 127, (4, 3, 1, 1), dtype=np.int8), "w2"),
    ]
    return model("quantised", nodes, [info("x", "batch", 2, 6, 6)], [info("y", "batch", 4)], constants)


def main():
    folder = Path(sys.argv[1])
    for make in (convolutional, attention, functions, branches, quantised):
        onnx.save(make(), folder / f"{make.__name__}.onnx")
    onnx.save(convolutional(), folder / "external.onnx", save_as_external_data=True, location="external.data", size_threshold=64)


if __name__ == "__main__":
    main()
