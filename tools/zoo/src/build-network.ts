import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { LabelledImages } from '@pellucid/core';
import { accuracyOf, countParameters, toOnnx, toTfjs, train } from '@pellucid/training';
import type { ZooEntry, ZooFile } from '@pellucid/zoo';
import type { Recipe } from './recipes.ts';

/** What all networks of the zoo share. */
export interface Workshop {
  /** The folder of the models. */
  readonly folder: string;
  readonly data: { readonly train: LabelledImages; readonly test: LabelledImages; readonly seed: number };
}

/** Portable, needs no addon, and gives the same bits on every machine. */
const ENGINE = 'wasm';

/** Writes a file and tells its place, relative to the folder of the models, and its digest. */
async function store(folder: string, path: string, contents: string | Uint8Array): Promise<ZooFile> {
  await mkdir(dirname(join(folder, path)), { recursive: true });
  await writeFile(join(folder, path), contents);
  return { path, sha256: createHash('sha256').update(contents).digest('hex') };
}

/** Trains a network and writes it in both formats; gives its entry of the index. */
export async function buildNetwork({ folder, data }: Workshop, { name, architecture, network, training }: Recipe): Promise<ZooEntry> {
  const { images, classNames, name: dataName } = data.train;
  const [, height = 0, width = 0, channels = 0] = images.shape;
  const definition = network([height, width, channels], classNames.length);
  const trained = await train({
    network: definition,
    data: data.train,
    ...training,
    engine: ENGINE,
    onEpoch: ({ epoch, loss, accuracy }) => {
      process.stderr.write(`${name}: epoch ${epoch + 1} of ${training.epochs}, loss ${loss.toFixed(3)}, accuracy ${(100 * accuracy).toFixed(1)} %\n`);
    },
  });
  const { modelJson, weights } = toTfjs(trained);
  return {
    name,
    architecture,
    input: [height, width, channels],
    classNames,
    data: { name: dataName, trainingImages: images.shape[0] ?? 0, testImages: data.test.labels.length, seed: data.seed },
    training: { ...training, engine: ENGINE },
    accuracy: await accuracyOf(trained, data.test, { engine: ENGINE }),
    parameters: countParameters(definition),
    onnx: await store(folder, `${name}/model.onnx`, toOnnx(trained)),
    tfjs: {
      ...(await store(folder, `${name}/tfjs/model.json`, modelJson)),
      weights: await store(folder, `${name}/tfjs/weights.bin`, weights),
    },
  };
}
