import { knownShape, type Emitter } from '../engine/emitter.ts';

/** [C, C] with 1 where channel j is in the window of `size` channels around channel i of x; transposed where `turned`. */
export function windowMatrix(emit: Emitter, x: string, size: number, turned: boolean): string {
  const channels = knownShape(emit, x)[1];
  if (typeof channels !== 'number') return emit.fail('its number of channels is not known', 'Export the model with known channels.');
  const inWindow = (row: number, column: number): boolean => column - row >= -Math.floor((size - 1) / 2) && column - row <= Math.ceil((size - 1) / 2);
  return emit.constant([channels, channels], Array.from({ length: channels ** 2 }, (_, i) => {
    const [row, column] = [Math.floor(i / channels), i % channels];
    return Number(turned ? inWindow(column, row) : inWindow(row, column));
  }), x);
}
