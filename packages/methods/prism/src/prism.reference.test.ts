import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { loadModel } from '@pellucid/backend-onnxruntime';
import { convertLayout, explain, type ModelAdapter, type Tensor } from '@pellucid/core';
import { readReferenceModels, referenceTolerance } from '@pellucid/reference-values';
import { relativeDifference } from '@pellucid/testkit';
import { fitBasis, colour, type PrismBasis } from './basis.ts';
import { excite } from './excitations.ts';
import { principalComponents, type ComponentBasis } from './principal-components.ts';
import { fitPrism, prism } from './prism.ts';
import { chooseTaps } from './taps.ts';

/** What TorchPRISM hooks: the input of its first module, and the output of each. */
const TAPS: Readonly<Record<string, readonly string[]>> = {
  cifar: ['relu1', 'pool1', 'pool2'],
  fmnist: ['relu2', 'pool1', 'pool2'],
  zoo: ['a1', 'p1', 'p2'],
  mobile: ['input', 'stem', 'b2.dw', 'b4.dw'],
};
// Folded, the batch normalisation of mobile is inside the convolutions that are hooked before it.
const models = readReferenceModels(Object.keys(TAPS)).filter(({ title }) => !title.startsWith('mobile') || title.endsWith('bn.onnx'));
if (models.length === 0) test.skip('needs ../shared/golden', () => undefined);

const SIGNS = [0, 1, 2, 3, 4, 5, 6, 7].map((bits) => [1, 2, 4].map((bit) => ((bits & bit) === 0 ? 1 : -1)));
const turned = (basis: ComponentBasis, signs: readonly number[]): ComponentBasis =>
  ({ ...basis, components: basis.components.map((component, i) => component.map((weight) => signs[i]! * weight)) });

for (const { title, file, network } of models) {
  describe(title, () => {
    const { input, targets, value } = network;
    const names = TAPS[network.name] ?? [];
    let model: ModelAdapter;
    let layers: readonly string[];
    beforeAll(async () => {
      model = await loadModel(file);
      layers = names.map((name) => (name === 'input' ? model.input.name : name));
    });
    afterAll(() => model.dispose());

    const context = { chunkSize: 3, progress: () => undefined, estimate: () => false, mayStop: false, note: () => undefined, random: () => { throw new Error('no draws'); } };
    /** Ours with each choice of signs, as TorchPRISM's are arbitrary. */
    async function everySign(gradualExtrapolation: boolean): Promise<Tensor[]> {
      const excitations = await excite(model, chooseTaps(model, layers), { input }, context);
      const components = principalComponents(excitations.features);
      const settings = { gradualExtrapolation, inclusive: false, exclusive: false };
      return SIGNS.map((signs) => {
        const basis: PrismBasis = fitBasis(excitations, names, settings, turned(components, signs));
        return colour(excitations, basis);
      });
    }

    test.each([['main', true], ['_nogradextrap', false]] as const)('has the colours of TorchPRISM, but for its arbitrary signs: %s', async (part, gradualExtrapolation) => {
      const expected = value('prism', part);
      const every = await everySign(gradualExtrapolation);
      const differences = every.map((colours) => relativeDifference(colours, expected.values));
      // Where its own float32 and float64 runs chose other signs, their difference says nothing: that of the variances does.
      const allowed = expected.agreement > 0.1 ? 1e-5 : referenceTolerance(expected);
      expect(Math.min(...differences)).toBeLessThanOrEqual(allowed);
      // What the method returns is one of these.
      const { values, provenance } = await explain(model, prism({ layers, gradualExtrapolation }), { input, targets });
      expect(convertLayout(values, provenance.layout, 'NCHW')).toEqual(every[0]);
    });

    test('holds the variances of TorchPRISM', async () => {
      const { variances } = await fitPrism(model, { input }, { layers });
      const expected = value('prism', '_variances');
      variances.forEach((share, i) => {
        expect(Math.abs(share / expected.values.data[i]! - 1)).toBeLessThan(Math.max(referenceTolerance(expected), 2e-6));
      });
    });
  });
}
