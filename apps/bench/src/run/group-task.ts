import type { RunConfiguration, SampleSet } from '../configuration/configuration.ts';
import { sampleCount, type Keys } from '../plan/keys.ts';
import type { Group, ScoredCell } from '../plan/plan.ts';
import { FILES } from '../store/folder.ts';
import type { ExplainTask, ModelFiles, RanksOfSplits, SetTask } from '../worker/protocol.ts';

/** What is left to do of a group. */
export interface Remaining {
  readonly scored: readonly ScoredCell[];
  /** Whether maps are asked for that are scored by nothing but a comparison. */
  readonly maps: boolean;
  readonly ranking: boolean;
  readonly ranks: boolean;
}

/** What tasks are made from. */
export interface TaskSettings {
  readonly configuration: RunConfiguration;
  readonly out: string;
  readonly keys: Keys;
  /** Folder of explanations that may be used again. */
  readonly explanations: string;
}

/** Where the maps of a group go for the report, without extension. */
export function mapsFile(out: string, { data, model, method, backend, seed }: Pick<Group, 'data' | 'model' | 'method' | 'backend' | 'seed'>): string {
  return FILES.maps(out, data.name, model, method.name, backend, seed);
}

/** Where the ranks of the pixels of every image of a group go among the explanations. */
export const ranksOf = (group: Group, files: ModelFiles, keys: Keys): RanksOfSplits => ({ train: keys.ranks(group, files, 'train'), test: keys.ranks(group, files, 'test') });

/** The task that does what is left of a group. */
export function explainTask(group: Group, { scored, maps, ranking, ranks }: Remaining, files: ModelFiles, { configuration, out, keys, explanations }: TaskSettings): ExplainTask {
  const { pruning } = configuration;
  const setOf = (set: SampleSet): SetTask[] => {
    const metrics = scored.filter(({ metric }) => metric.on === set).map(({ metric }) => metric);
    if (metrics.length === 0 && !(set === 'samples' && maps)) return [];
    return [{ set, count: sampleCount(configuration, set), metrics, key: keys.explanation(group, files, set), mapsFile: set === 'samples' ? mapsFile(out, group) : null }];
  };
  return {
    kind: 'explain',
    data: group.data,
    model: files,
    backend: group.backend,
    method: group.method,
    seed: group.seed,
    sets: [...setOf('samples'), ...setOf('mosaics')],
    references: { count: sampleCount(configuration, 'references'), key: keys.explanation(group, files, 'references') },
    explanations,
    rankingImages: ranking && pruning !== null ? pruning.images : null,
    ranks: ranks ? ranksOf(group, files, keys) : null,
  };
}
