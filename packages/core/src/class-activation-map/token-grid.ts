import { PellucidError } from '../errors/pellucid-error.ts';
import type { LayerInfo, ModelAdapter } from '../model/model-adapter.ts';
import type { OptionSpec } from '../method/options.ts';
import { axes } from '../tensor/layout.ts';

/** How the tokens of a vision transformer lie on the image: some that stand for no place, then a grid row by row. */
export interface TokenGrid {
  /** Tokens before the grid, such as the class token and registers. */
  readonly prefix: number;
  readonly height: number;
  readonly width: number;
}

/** More class, distillation and register tokens than any well-known transformer has. */
const MOST_PREFIX_TOKENS = 8;

const isCount = (value: unknown, least: number): boolean => typeof value === 'number' && Number.isInteger(value) && value >= least;

function isTokenGrid(value: unknown): value is TokenGrid {
  if (typeof value !== 'object' || value === null) return false;
  const { prefix, height, width, ...rest } = value as Readonly<Record<string, unknown>>;
  return isCount(prefix, 0) && isCount(height, 1) && isCount(width, 1) && Object.keys(rest).length === 0;
}

/** The option that says how tokens lie on the image; left out, it is found from the shapes. */
export function tokensOption(): OptionSpec<TokenGrid | undefined> {
  return {
    type: '{ prefix, height, width }, integers',
    description: 'How the tokens of a vision transformer lie on the image; by default found from the shapes.',
    default: undefined,
    accepts: (value): value is TokenGrid | undefined => value === undefined || isTokenGrid(value),
  };
}

/**
 * The grid that this many tokens make on an image: the fewest tokens before it for which its sides are in the proportion of the image's.
 * Undefined where there is none.
 */
export function findTokenGrid(tokens: number, imageHeight: number, imageWidth: number): TokenGrid | undefined {
  for (let prefix = 0; prefix <= Math.min(MOST_PREFIX_TOKENS, tokens - 2); prefix++) {
    const count = tokens - prefix;
    const height = Math.round(Math.sqrt((count * imageHeight) / imageWidth));
    const width = height === 0 ? 0 : count / height;
    if (height * imageWidth === width * imageHeight) return { prefix, height, width };
  }
  return undefined;
}

/** Height and width of the images that a model takes; undefined where it takes none or they are free. */
export function imageSize({ input }: Pick<ModelAdapter<never>, 'input'>): readonly [height: number, width: number] | undefined {
  const { spatial } = axes(input);
  const [height, width] = spatial.map((axis) => input.shape[axis]);
  return spatial.length === 2 && typeof height === 'number' && typeof width === 'number' ? [height, width] : undefined;
}

/** How the tokens of a layer [N, T, C] lie on the image: as given, or found. @throws LAYER_UNSUITABLE. */
export function tokenGrid(
  layer: LayerInfo, model: Pick<ModelAdapter<never>, 'name' | 'input'>, given: TokenGrid | undefined, method: string,
): TokenGrid {
  const tokens = layer.shape?.[1] ?? null;
  const size = imageSize(model);
  const grid = given ?? (tokens === null || size === undefined ? undefined : findTokenGrid(tokens, ...size));
  if (grid !== undefined && (tokens === null || grid.prefix + grid.height * grid.width === tokens)) return grid;
  throw new PellucidError('LAYER_UNSUITABLE', {
    layer: layer.name,
    model: model.name,
    method,
    problem: `its ${tokens ?? 'unknown number of'} tokens ${given === undefined ? 'make no grid in the proportion of the image' : `are not the ${given.prefix} + ${given.height} x ${given.width} of \`tokens\``}`,
    help: 'Say how they lie with the option `tokens`: { prefix, height, width }.',
  });
}
