import type { RunConfiguration } from '../configuration/configuration.ts';
import type { Group } from '../plan/plan.ts';
import { hasZoo, trainNetwork, zooFiles } from './networks.ts';
import type { Network } from './score-matrix.ts';
import type { Session } from './start-run.ts';

const idOf = (dataset: string, model: string, seed: number): string => JSON.stringify([dataset, model, seed]);

/** What networks are made with. */
export interface NetworkSettings {
  readonly session: Session;
  readonly out: string;
  /** Stands for the images of a data set and for the code that trains on them. */
  readonly hashData: (data: RunConfiguration['datasets'][number]) => string;
  readonly log: (text: string) => void;
}

/** Every network of a run: from the zoo, or trained side by side. */
export async function makeNetworks({ datasets, models, seeds, training }: RunConfiguration, { session, out, hashData, log }: NetworkSettings): Promise<(group: Pick<Group, 'data' | 'model' | 'seed'>) => Network> {
  const networks = new Map<string, Network>();
  const all = Array.from({ length: seeds }, (_, seed) => seed);
  await Promise.all(datasets.flatMap((data) => models.flatMap((network) => all.map(async (seed) => {
    const id = idOf(data.name, network, seed);
    if (hasZoo(data)) {
      networks.set(id, { files: zooFiles(network) });
      return;
    }
    log(`training ${network} on ${data.trainImages} images of ${data.name} (seed ${seed})`);
    const result = await trainNetwork(session.pool, out, { data, version: hashData(data), recipe: { network, ...training }, seed });
    networks.set(id, result);
    if ('failure' in result) {
      log(`failed: ${network} (seed ${seed}): ${result.failure.message}`);
      return;
    }
    session.addTrained(result.record);
    log(`${network} (seed ${seed}) is right on ${result.record.accuracy.toFixed(2)} % of the test images`);
  }))));
  return ({ data, model, seed }) => {
    const network = networks.get(idOf(data.name, model, seed));
    if (network === undefined) throw new Error(`internal: no network ${model}`);
    return network;
  };
}
