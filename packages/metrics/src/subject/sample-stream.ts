import { hashValues, orderByChannel, randomStream, sampleData, type MetricSubject, type RandomStream } from '@pellucid/core';

/** Random numbers that belong to one sample: its values decide them, not its place in the batch or the layout of the model. */
export function sampleStream({ input, model }: MetricSubject, sample: number, seed: number, ...names: readonly string[]): RandomStream {
  const identity = hashValues(orderByChannel(sampleData(input, sample), input.shape, model.input.layout));
  return randomStream(seed, 'metric', ...names, identity);
}
