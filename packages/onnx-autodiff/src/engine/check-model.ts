import { formatShape, PellucidError } from '@pellucid/core';
import { attributeInt, nodeTitle, normalDomain, opsetOf, type Dimension, type NodeProto, type OnnxModel, type TensorType } from '@pellucid/onnx-graph';
import { NEWEST, OLDEST } from '../rules/elementary.ts';

type Shape = readonly Dimension[];

/** Whether two lengths are known and differ. */
const differ = (a: Dimension | undefined, b: Dimension | undefined): boolean => typeof a === 'number' && typeof b === 'number' && a !== b;

/** From the right, as broadcasting starts: whether two lengths are known and neither repeats to the other. */
const broadcastFails = (a: Shape, b: Shape): boolean =>
  a.some((_, i) => i < b.length && differ(a.at(-1 - i), b.at(-1 - i)) && a.at(-1 - i) !== 1 && b.at(-1 - i) !== 1);

/** What cannot be right about the first two operands of a node, as far as their lengths are known. */
const MISFITS: Readonly<Record<string, (node: NodeProto, a: Shape, b: Shape) => boolean>> = {
  Add: (_, a, b) => broadcastFails(a, b),
  Conv: (node, a, b) => typeof b[1] === 'number' && differ(a[1], b[1] * attributeInt(node, 'group', 1)),
  Div: (_, a, b) => broadcastFails(a, b),
  Gemm: (node, a, b) => differ(a[attributeInt(node, 'transA', 0) === 1 ? 0 : 1], b[attributeInt(node, 'transB', 0) === 1 ? 1 : 0]),
  MatMul: (_, a, b) => differ(a.at(-1), b.length > 1 ? b.at(-2) : b[0]) || broadcastFails(a.slice(0, -2), b.slice(0, -2)),
  Mul: (_, a, b) => broadcastFails(a, b),
  Sub: (_, a, b) => broadcastFails(a, b),
};

/** Refuses operands whose known lengths do not fit: what is made of them would run nowhere. @throws MODEL_INVALID. */
export function checkDimensions(model: OnnxModel, types: ReadonlyMap<string, TensorType>): void {
  for (const node of model.graph.node) {
    const [a, b] = node.input.map((name) => types.get(name)?.shape);
    if (!a || !b || normalDomain(node.domain) !== '' || MISFITS[node.opType]?.(node, a, b) !== true) continue;
    const [left, right] = [a, b].map((shape) => formatShape(shape.map((length) => (typeof length === 'number' ? length : null))));
    const problem = `node \`${nodeTitle(node)}\` (${node.opType}) cannot combine the shapes ${left} and ${right}`;
    throw new PellucidError('MODEL_INVALID', { model: model.name, format: 'ONNX', problem, help: 'Check the model with `onnx.checker`.' });
  }
}

/** @throws MODEL_UNSUPPORTED for a standard operator set outside the range that the rules are written for. */
export function checkOpset(model: OnnxModel): void {
  const opset = opsetOf(model);
  if (opset === 0 || (opset >= OLDEST && opset <= NEWEST)) return;
  const help = `Opsets ${OLDEST} to ${NEWEST} are supported: export the model for one of them.`;
  throw new PellucidError('MODEL_UNSUPPORTED', { model: model.name, problem: `it is written in opset ${opset}`, help });
}
