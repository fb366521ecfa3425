import { ElementType, makeTensor } from '@pellucid/onnx-graph';
import { expect, test } from '@jest/globals';
import { flippedWeights, flipWeights } from './flipped-weights.ts';

const weights = makeTensor('w', ElementType.FLOAT, [4, 3, 2, 5], Float32Array.from({ length: 120 }, (_, i) => i));

test('input and output channels change places within their group, and taps are reversed', () => {
  const { shape, values } = flipWeights(weights, 2);
  expect(shape).toEqual([6, 2, 2, 5]);
  const at = (input: number, output: number, y: number, x: number): number | undefined => values[((input * 2 + output) * 2 + y) * 5 + x];
  for (let group = 0; group < 2; group++) {
    for (let input = 0; input < 3; input++) {
      for (let output = 0; output < 2; output++) {
        const from = ((group * 2 + output) * 3 + input) * 10;
        expect(at(group * 3 + input, output, 1, 4)).toBe(from);
        expect(at(group * 3 + input, output, 0, 1)).toBe(from + 8);
      }
    }
  }
});

test('flipped weights are made once for each tensor and number of groups, and are what flipping gives', () => {
  expect(flippedWeights(weights, 2)).toEqual(flipWeights(weights, 2));
  expect(flippedWeights(weights, 2)).toBe(flippedWeights(weights, 2));
  expect(flippedWeights(weights, 1)).toEqual(flipWeights(weights, 1));
});
