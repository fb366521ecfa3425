import { imageGeometry, type Method, type ModelAdapter } from '@pellucid/core';
import { deepLift } from '@pellucid/method-deep-lift';
import { gradCam } from '@pellucid/method-grad-cam';
import { guidedBackprop } from '@pellucid/method-guided-backprop';
import { integratedGradients } from '@pellucid/method-integrated-gradients';
import { noiseTunnel } from '@pellucid/method-noise-tunnel';
import { occlusion } from '@pellucid/method-occlusion';
import { saliency } from '@pellucid/method-saliency';

/** What a cell can measure: methods, the way to the first gradient (`start`), and the peak memory of Integrated Gradients (`memory`). */
export const METHODS = [
  'forward', 'saliency', 'grad-cam', 'guided-backprop', 'deep-lift', 'smoothgrad', 'integrated-gradients', 'occlusion', 'start', 'memory',
] as const;

/** The name of something to measure. */
export type MethodName = (typeof METHODS)[number];

/** Steps of Integrated Gradients, and how many the peer computes together. */
export const STEPS = 50;
export const INTERNAL_BATCH = 10;

/** 14 x 14 windows, as the peer takes them. */
function windowSize(model: ModelAdapter): [number, number] {
  const { height, width } = imageGeometry(model.input.shape.map((length) => length ?? 1), model.input.layout);
  return [Math.max(1, Math.floor(height / 14)), Math.max(1, Math.floor(width / 14))];
}

/** A configured method, as the peer's side has it. */
export function configuredMethod(name: MethodName, model: ModelAdapter, layer: string | undefined): Method {
  switch (name) {
    case 'saliency': return saliency() as unknown as Method;
    case 'grad-cam': return gradCam(layer === undefined ? {} : { layer }) as unknown as Method;
    case 'guided-backprop': return guidedBackprop() as unknown as Method;
    case 'deep-lift': return deepLift() as unknown as Method;
    case 'smoothgrad': return noiseTunnel(saliency(), { type: 'smoothgrad', samples: 20 }) as unknown as Method;
    case 'integrated-gradients': return integratedGradients({ steps: STEPS }) as unknown as Method;
    case 'occlusion': return occlusion({ window: windowSize(model), stride: windowSize(model) }) as unknown as Method;
    default: throw new Error(`internal: ${name} is no method`);
  }
}
