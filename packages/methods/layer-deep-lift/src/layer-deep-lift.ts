import {
  baselineOption, batchSize, deepLiftRules, defineMethod, findLayer, lastSpatialLayer, layerOption, makeBaseline, pairMultipliers, pairObjective,
  type Baseline, type MethodFactory, type Tensor,
} from '@pellucid/core';

/** Which layer is explained, compared with what. */
export interface LayerDeepLiftOptions {
  /** Any layer. @defaultValue the last one with height and width before they are pooled away */
  readonly layer: string | undefined;
  /** What the input is compared with. @defaultValue 'zero' */
  readonly baseline: Baseline;
}

/**
 * Layer DeepLIFT: what each value of a layer contributes to the change of the score from a baseline to the input, by DeepLIFT's Rescale rule. In the
 * layer's shape and layout, signed. Over a layer that everything passes it sums to f(x) - f(baseline); `convergenceDelta` says how far it is off.
 * @see {@link https://arxiv.org/abs/1704.02685 | Shrikumar et al. 2017}, sections 3.2 and 3.5.1
 */
export const layerDeepLift: MethodFactory<'activations' | 'gradient' | 'backward-rules', LayerDeepLiftOptions> = defineMethod({
  name: 'layer-deep-lift',
  title: 'Layer DeepLIFT',
  paper: {
    authors: 'Shrikumar, Greenside, Kundaje',
    year: 2017,
    title: 'Learning Important Features Through Propagating Activation Differences',
    url: 'https://arxiv.org/abs/1704.02685',
  },
  kind: 'local',
  needs: ['activations', 'gradient', 'backward-rules'],
  options: {
    layer: layerOption('Any layer; by default the last one with height and width before they are pooled away.'),
    baseline: baselineOption('zero', 'What the input is compared with: what stands for an absent image.'),
  },
  backwardRules: () => deepLiftRules,
  async explain(model, batch, { layer: name, baseline: from }, context) {
    const { name: layer, layout } = name === undefined ? lastSpatialLayer(model, 'layer-deep-lift') : findLayer(model, name);
    const { input } = batch;
    const samples = batchSize(input);
    const baseline = makeBaseline(from, batch, context);
    const logitsOf = (of: Tensor) => async (): Promise<Tensor> => (await model.evaluate({ input: of })).logits;
    const objective = await pairObjective(batch.objective, logitsOf(input), logitsOf(baseline));
    let data = new Float32Array();
    let shape: readonly number[] = [];
    const convergenceDelta: number[] = [];
    await pairMultipliers(model, { input, baseline, objective, at: layer }, context, 'layer-deep-lift', (sample, answer) => {
      const { contributions, contributed, scoreChange } = answer;
      if (sample === 0) data = new Float32Array(samples * contributions.length);
      shape = answer.shape;
      data.set(contributions, sample * contributions.length);
      convergenceDelta.push(contributed - scoreChange);
      context.progress(sample + 1, samples);
    });
    return { values: { shape: [samples, ...shape], data }, layout, layer, convergenceDelta };
  },
});
