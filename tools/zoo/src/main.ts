import { writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { embeddedDataset } from '@pellucid/datasets';
import type { ZooEntry } from '@pellucid/zoo';
import { buildNetwork, type Workshop } from './build-network.ts';
import { recipes } from './recipes.ts';

const SEED = 0;
/** Enough that the networks stop before they know the images by heart: their confidence then matches their accuracy. */
const TRAINING_IMAGES = 2400;
const folder = join(dirname(createRequire(import.meta.url).resolve('@pellucid/zoo/package.json')), 'models');
const workshop: Workshop = {
  folder,
  data: {
    train: embeddedDataset({ split: 'train', count: TRAINING_IMAGES, seed: SEED }),
    test: embeddedDataset({ split: 'test', seed: SEED }),
    seed: SEED,
  },
};

const entries: ZooEntry[] = [];
for (const recipe of recipes) entries.push(await buildNetwork(workshop, recipe));
await writeFile(join(folder, 'zoo.json'), `${JSON.stringify(entries, null, 2)}\n`);
for (const { name, parameters, accuracy } of entries) {
  process.stdout.write(`${name}: ${parameters} parameters, ${(100 * accuracy).toFixed(1)} % of the test images\n`);
}
