import { intsAttribute } from '@pellucid/onnx-graph';
import { BATCH_NORM_EPSILON, BATCH_NORM_MOMENTUM } from '../../network/batch-norm.ts';
import type { ResolvedLayer } from '../../network/resolve-network.ts';
import { afterStep, type NodeList } from './node-list.ts';

const IMAGE_AXES = intsAttribute('axes', [0, 2, 3]);

/**
 * Batch normalisation by the statistics of the batch (Ioffe and Szegedy 2015, algorithm 1), in operators that have a derivative each.
 * @param keeping - the size of the batch where the running means behind it are wanted too
 */
export function batchNormNodes(list: NodeList, { definition: { name }, sources, shape }: ResolvedLayer, keeping: number | null): void {
  const [height = 1, width = 1, channels = 1] = shape;
  const [source = ''] = sources;
  const perChannel = (value: string): string => list.op('Reshape', [value, list.integers([1, channels, 1, 1])]);
  const mean = list.op('ReduceMean', [source], [IMAGE_AXES]);
  const centred = list.op('Sub', [source, mean]);
  const variance = list.op('ReduceMean', [list.op('Mul', [centred, centred])], [IMAGE_AXES]);
  const deviation = list.op('Sqrt', [list.op('Add', [variance, list.scalar(BATCH_NORM_EPSILON)])]);
  const scale = list.op('Div', [perChannel(`${name}/gamma`), deviation]);
  list.op('Add', [list.op('Mul', [centred, scale]), perChannel(`${name}/beta`)], [], name);
  if (keeping === null) return;

  const count = keeping * height * width;
  const move = (part: string, value: string, factor: number): void => {
    const flat = list.op('Reshape', [value, list.integers([channels])]);
    const [kept, added] = [list.scalar(1 - BATCH_NORM_MOMENTUM), list.scalar(BATCH_NORM_MOMENTUM * factor)];
    const sum = [list.op('Mul', [`${name}/${part}`, kept]), list.op('Mul', [flat, added])];
    list.op('Add', sum, [], afterStep(`${name}/${part}`));
  };
  move('moving_mean', mean, 1);
  // The variance without bias, as PyTorch keeps it.
  move('moving_variance', variance, count / (count - 1));
}
