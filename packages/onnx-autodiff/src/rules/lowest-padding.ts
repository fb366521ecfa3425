import { ElementType, floatAttribute, intsAttribute } from '@pellucid/onnx-graph';
import type { Emitter } from '../engine/emitter.ts';

/** The lowest number around a tensor, which no maximum picks: begins of all axes, then ends. */
export function padLowest(emit: Emitter, x: string, pads: readonly number[]): string {
  if (pads.every((pad) => pad === 0)) return x;
  const lowest = emit.typeOf(x).elementType === Number(ElementType.FLOAT16) ? -65504 : -3.4028234663852886e38;
  if (emit.opset >= 11) return emit.op('Pad', [x, emit.integers(pads), emit.scalar(lowest, x)]);
  return emit.op('Pad', [x], [intsAttribute('pads', pads), floatAttribute('value', lowest)]);
}
