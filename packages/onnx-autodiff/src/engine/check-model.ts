import { PellucidError } from '@pellucid/core';
import { nodeTitle, normalDomain, opsetOf, type OnnxModel, type TensorType } from '@pellucid/onnx-graph';
import { NEWEST, OLDEST } from '../rules/elementary.ts';
import { misfitOf } from './misfits.ts';

/** Refuses operands whose known lengths do not fit: what is made of them would run nowhere. @throws MODEL_INVALID. */
export function checkDimensions(model: OnnxModel, types: ReadonlyMap<string, TensorType>): void {
  for (const node of model.graph.node) {
    const misfit = normalDomain(node.domain) === '' ? misfitOf(node, types) : null;
    if (misfit === null) continue;
    const problem = `node \`${nodeTitle(node)}\` (${node.opType}) ${misfit}`;
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
