import { tensorValues } from '@pellucid/onnx-graph';
import type { RuleCase } from './check-rule.ts';

/** What a case checks, for the title of a test. */
export function caseTitle({ operator, opset = 17, inputs, attributes = [], constants = [] }: RuleCase): string {
  const shapes = Object.values(inputs).map((shape) => `[${shape.join(', ')}]`).join(' ');
  const settings = attributes.map(({ name, i, f, ints: integers, floats, s }) => {
    const listed = [...integers, ...floats];
    return `${name}=${listed.length > 0 ? listed.join(',') : s.length > 0 ? new TextDecoder().decode(s) : f !== 0 ? f.toFixed(2) : i}`;
  });
  const stored = constants.map((tensor) => {
    const values = tensorValues(tensor);
    return `${tensor.name}[${values.length > 0 && values.length < 9 ? Array.from(values, (value) => Number(value.toFixed(3))).join() : `(${tensor.dims.join()})`}]`;
  });
  return [operator, `opset ${opset}`, shapes, ...settings, ...stored].join(' ');
}
