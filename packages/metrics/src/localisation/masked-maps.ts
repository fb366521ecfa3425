import { assertFinite, batchSize, choiceOption, equalShapes, formatShape, PellucidError, sampleData, throwIfAborted, type MetricContext, type MetricSubject, type OptionSpec } from '@pellucid/core';
import { sumChannels } from '../pixels.ts';
import { requirePart } from '../subject/require-part.ts';
import { validateSubject } from '../subject/validate-subject.ts';

/** What of a map counts: evidence for the target, or evidence of either sign. */
export type Evidence = 'positive' | 'magnitude';

/** The option of metrics that look for evidence. */
export interface EvidenceOptions {
  /** Whether evidence against the target counts like evidence for it; channels are added up with their signs first. @defaultValue 'positive' */
  readonly evidence: Evidence;
}

/** The option that chooses it. */
export function evidenceOption(): OptionSpec<Evidence> {
  return choiceOption(['positive', 'magnitude'], 'positive', 'Whether evidence against the target counts like evidence for it.');
}

/** One sample's map with its ground truth, row-major. */
export interface MaskedMap {
  readonly height: number;
  readonly width: number;
  /** One value per pixel; signed where positive evidence is looked for, so that ranks go on below 0. */
  readonly map: Float64Array;
  /** 1 on the object. */
  readonly inside: Float32Array;
  /** Number of pixels on the object. */
  readonly area: number;
}

/**
 * Checks a subject and its masks, and gives each sample's map of pixels with its mask.
 * @throws REQUEST_INVALID without masks or for masks of other values than 0 and 1; SHAPE_MISMATCH; what `validateSubject` throws.
 */
export function maskedMaps(subject: MetricSubject, metric: string, evidence: Evidence, { signal }: MetricContext): MaskedMap[] {
  throwIfAborted(signal, `the score \`${metric}\``);
  validateSubject(subject);
  const masks = requirePart(subject, 'masks', metric);
  const { height, width, maps } = sumChannels(subject.values, subject.layout);
  const expected = [batchSize(subject.input), height, width];
  if (!equalShapes(masks.shape, expected)) {
    throw new PellucidError('SHAPE_MISMATCH', {
      what: 'masks', expected: formatShape(expected), actual: formatShape(masks.shape), help: 'Give a mask of the size of the input per sample.',
    });
  }
  assertFinite(masks, 'masks');
  return maps.map((map, sample) => {
    const inside = sampleData(masks, sample);
    const strange = inside.findIndex((value) => value !== 0 && value !== 1);
    if (strange >= 0) {
      throw new PellucidError('REQUEST_INVALID', {
        action: `score \`${metric}\``, problem: `the mask of sample ${sample} holds ${inside[strange]!} at pixel ${strange}`, help: 'A mask is 1 on the object and 0 elsewhere.',
      });
    }
    const area = inside.reduce((a, b) => a + b, 0);
    return { height, width, map: evidence === 'magnitude' ? map.map(Math.abs) : map, inside, area };
  });
}

/** Share of the positive values that lies on the object; a map without any scores as a constant one, by the area. */
export function shareInside({ map, inside, area }: MaskedMap): number {
  let [within, total] = [0, 0];
  map.forEach((value, pixel) => {
    const mass = Math.max(value, 0);
    total += mass;
    within += mass * inside[pixel]!;
  });
  return total === 0 ? area / map.length : within / total;
}

/**
 * Share of the `count` highest pixels that lies on the object. Of equal pixels at the limit the expected number counts, so that no order of
 * pixels is preferred.
 */
export function topShareInside({ map, inside }: MaskedMap, count: number): number {
  const limit = Float64Array.from(map).sort()[map.length - count]!;
  let [above, aboveInside, equal, equalInside] = [0, 0, 0, 0];
  map.forEach((value, pixel) => {
    if (value > limit) {
      above++;
      aboveInside += inside[pixel]!;
    } else if (value === limit) {
      equal++;
      equalInside += inside[pixel]!;
    }
  });
  return (aboveInside + ((count - above) * equalInside) / equal) / count;
}
