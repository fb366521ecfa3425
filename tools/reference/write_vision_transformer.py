"""Writes packages/methods/attention-rollout/test/vision-transformer.onnx: a small vision transformer with random weights, its attention written
out as exporters do, for tests and samples of maps of attention. Images [N, 3, 32, 32], patches of 8, a class token, two blocks of two heads."""

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

OUT = Path(__file__).resolve().parents[2] / "packages/methods/attention-rollout/test/vision-transformer.onnx"
RANDOM = np.random.default_rng(7)
PATCH, WIDTH, HEADS, BLOCKS, CLASSES = 8, 12, 2, 2, 4
TOKENS = (32 // PATCH) ** 2 + 1

constants, nodes = [], []


def weight(name, *shape, scale=None):
    values = RANDOM.standard_normal(shape) * (scale if scale is not None else shape[0] ** -0.5)
    constants.append(numpy_helper.from_array(values.astype(np.float32), name))
    return name


def integers(name, *values):
    constants.append(numpy_helper.from_array(np.array(values, dtype=np.int64), name))
    return name


def add(op, inputs, output, **attributes):
    nodes.append(helper.make_node(op, inputs, [output], name=f"/{output}", **attributes))
    return output


def norm(x, name):
    ones = numpy_helper.from_array(np.ones(WIDTH, np.float32), f"{name}/scale")
    constants.append(ones)
    return add("LayerNormalization", [x, ones.name, weight(f"{name}/bias", WIDTH, scale=0.1)], name, axis=-1)


def attention(x, name):
    def heads(part, order):
        values = add("MatMul", [x, weight(f"{name}/{part}/weight", WIDTH, WIDTH)], f"{name}/{part}")
        split = add("Reshape", [values, "heads"], f"{name}/{part}/split")
        return add("Transpose", [split], f"{name}/{part}/heads", perm=order)

    scores = add("MatMul", [heads("query", [0, 2, 1, 3]), heads("key", [0, 2, 3, 1])], f"{name}/scores")
    maps = add("Softmax", [scores], f"{name}/softmax", axis=-1)
    mixed = add("MatMul", [maps, heads("value", [0, 2, 1, 3])], f"{name}/mixed")
    joined = add("Reshape", [add("Transpose", [mixed], f"{name}/turned", perm=[0, 2, 1, 3]), "tokens"], f"{name}/joined")
    return add("MatMul", [joined, weight(f"{name}/output/weight", WIDTH, WIDTH)], f"{name}/output")


def main():
    integers("patches", 0, WIDTH, TOKENS - 1)
    integers("heads", 0, TOKENS, HEADS, WIDTH // HEADS)
    integers("tokens", 0, TOKENS, WIDTH)
    patches = add("Conv", ["image", weight("patch/weight", WIDTH, 3, PATCH, PATCH, scale=0.1)], "patch", strides=[PATCH, PATCH])
    flat = add("Transpose", [add("Reshape", [patches, "patches"], "patch/flat")], "patch/tokens", perm=[0, 2, 1])
    # The class token once per sample: a padded row in front of the patches, filled by the positions.
    integers("pads", 0, 1, 0, 0, 0, 0)
    padded = add("Pad", [flat, "pads"], "class")
    x = add("Add", [padded, weight("positions", 1, TOKENS, WIDTH, scale=0.5)], "embedded")
    for block in range(BLOCKS):
        name = f"block{block}"
        x = add("Add", [x, attention(norm(x, f"{name}/norm1"), f"{name}/attention")], f"{name}/residual1")
        hidden = add("MatMul", [norm(x, f"{name}/norm2"), weight(f"{name}/first", WIDTH, 2 * WIDTH)], f"{name}/hidden")
        out = add("MatMul", [add("Tanh", [hidden], f"{name}/tanh"), weight(f"{name}/second", 2 * WIDTH, WIDTH)], f"{name}/out")
        x = add("Add", [x, out], f"{name}/residual2")
    constants.append(numpy_helper.from_array(np.array(0, dtype=np.int64), "first"))
    answer = add("Gather", [norm(x, "norm"), "first"], "answer", axis=1)
    add("Gemm", [answer, weight("classifier", WIDTH, CLASSES)], "logits")
    image = helper.make_tensor_value_info("image", TensorProto.FLOAT, ["batch", 3, 32, 32])
    logits = helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", CLASSES])
    graph = helper.make_graph(nodes, "vision-transformer", [image], [logits], constants)
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(made, full_check=True)
    OUT.parent.mkdir(exist_ok=True)
    onnx.save(made, OUT)


if __name__ == "__main__":
    main()
