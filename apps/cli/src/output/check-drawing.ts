import { PellucidError, suggestNames } from '@pellucid/core';
import { DIVERGING_SCALES, SEQUENTIAL_SCALES } from '@pellucid/render';
import type { DrawingRequest } from './draw-map.ts';

/**
 * Checks what can be said of pictures before anything is computed.
 * @throws CONFIGURATION_INVALID for an unknown scale, and for a scale or view that does not go with the sign
 */
export function checkDrawing({ view, sign, scale }: Pick<DrawingRequest, 'view' | 'sign' | 'scale'>): void {
  const refuse = (where: string, problem: string, help: string): never => {
    throw new PellucidError('CONFIGURATION_INVALID', { where: `of \`${where}\``, problem, help });
  };
  if (sign === 'all' && (view === 'masked-image' || view === 'alpha-scaling')) {
    refuse('--view', `\`${view}\` shows how much, not in which direction, but the sign is \`all\``, 'Give `--sign positive`, `negative` or `absolute`.');
  }
  if (scale === undefined) return;
  const [signed, unsigned] = [DIVERGING_SCALES.some((name) => name === scale), SEQUENTIAL_SCALES.some((name) => name === scale)];
  if (!signed && !unsigned) refuse('--scale', `there is no scale \`${String(scale)}\``, suggestNames(scale, [...DIVERGING_SCALES, ...SEQUENTIAL_SCALES]));
  if (signed && sign !== 'all') refuse('--scale', `\`${scale}\` is for both signs`, 'Add `--sign all`, or choose a scale for one sign, such as `viridis`.');
  if (unsigned && (sign === undefined || sign === 'all')) {
    refuse('--scale', `\`${scale}\` is for values of one sign`, 'Add `--sign positive`, `negative` or `absolute`, or choose a scale for both signs, such as `RdBu`.');
  }
}
