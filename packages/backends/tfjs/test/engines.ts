import { ENGINE_ORDER, type EngineName } from '../src/engine/engine-name.ts';

const requested = process.env['PELLUCID_TFJS_ENGINE'];

/**
 * The engines that this run tests: the portable ones, or the one in `PELLUCID_TFJS_ENGINE`. A native engine shares its process with no
 * other, so `npm test` runs these tests once more for each.
 */
export const ENGINES: readonly EngineName[] =
  requested === undefined ? ['wasm', 'cpu'] : ENGINE_ORDER.filter((engine) => engine === requested);

/** The fastest of them, for tests that do not depend on the engine. */
export const ENGINE: EngineName = ENGINES[0]!;
