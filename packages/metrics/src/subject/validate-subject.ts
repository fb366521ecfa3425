import {
  assertFinite, batchSize, equalShapes, formatShape, imageGeometry, PellucidError, validateBatch, type MetricSubject,
} from '@pellucid/core';

function checkTargets({ model, input, targets }: MetricSubject): void {
  if (targets.length !== batchSize(input)) {
    throw new PellucidError('SHAPE_MISMATCH', {
      what: 'targets',
      expected: `[${batchSize(input)}]`,
      actual: `[${targets.length}]`,
      help: 'Give one class per sample.',
    });
  }
  targets.forEach((target, sample) => {
    if (Number.isInteger(target) && target >= 0 && target < model.classes) return;
    throw new PellucidError('TARGET_OUT_OF_RANGE', { target, sample, model: model.name, classes: model.classes, last: model.classes - 1 });
  });
}

/**
 * Checks that maps belong to images of a model pixel by pixel. Layouts and numbers of channels may differ.
 * @throws SHAPE_MISMATCH, INPUT_NOT_FINITE or TARGET_OUT_OF_RANGE.
 */
export function validateSubject(subject: MetricSubject): void {
  const { model, input, values, layout } = subject;
  validateBatch(input, model.input, 'input');
  const image = imageGeometry(input.shape, model.input.layout);
  const map = imageGeometry(values.shape, layout);
  const expected = [batchSize(input), image.height, image.width];
  const actual = [batchSize(values), map.height, map.width];
  if (!equalShapes(expected, actual)) {
    throw new PellucidError('SHAPE_MISMATCH', {
      what: 'maps (samples, height, width)',
      expected: formatShape(expected),
      actual: formatShape(actual),
      help: 'Maps need the size of the input: leave upsampling on, or resample them.',
    });
  }
  assertFinite(values, 'maps');
  checkTargets(subject);
}
