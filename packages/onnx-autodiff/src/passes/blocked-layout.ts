import { ElementType } from '@pellucid/onnx-graph';
import type { Emitter } from '../engine/emitter.ts';

/** Channels per block: 16 with AVX-512, 8 with AVX2. */
const BLOCK = 16;

/** Operators that ONNX Runtime computes in the blocked layout when their operands have it. */
const KEEPS_LAYOUT: ReadonlySet<string> = new Set(['Add', 'AveragePool', 'BatchNormalization', 'Clip', 'LeakyRelu', 'MaxPool', 'Relu', 'Sum']);

function comesFromConv(emit: Emitter, name: string): boolean {
  let node = emit.producer(name);
  // The first operand is followed: that of a residual sum is the last convolution of its branch or the sum before, either way blocked.
  while (node && KEEPS_LAYOUT.has(node.opType)) node = emit.producer(node.input[0] ?? '');
  return node?.opType === 'Conv';
}

/**
 * Whether ONNX Runtime holds a tensor of the forward pass in its blocked layout [N, C / block, H, W, block]: images of whole blocks of channels that
 * come from a convolution.
 */
export function isBlocked(emit: Emitter, name: string): boolean {
  const { elementType, shape } = emit.typeOf(name);
  const channels = shape?.[1];
  if (elementType !== Number(ElementType.FLOAT) || shape?.length !== 4 || typeof channels !== 'number') return false;
  return channels % BLOCK === 0 && comesFromConv(emit, name);
}
