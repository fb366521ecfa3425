import { axes, batchSize, isSpatial, resample, type ModelAdapter, type Tensor, type TensorSpec } from '@pellucid/core';
import { checkImage, loadImage, readImageSize, type ImageSize, type Preprocessing } from '@pellucid/datasets';
import type { Terminal } from '../command-line/terminal.ts';
import type { CountedInput } from './group-inputs.ts';
import type { InputFile } from './list-inputs.ts';
import { readArray } from './read-array.ts';
import { readPreprocessing, type NamedPreprocessing } from './read-preprocessing.ts';

/** An input in memory. */
export interface ReadInput {
  readonly file: InputFile;
  /** What the model sees: [N, ...], in its own layout. */
  readonly values: Tensor;
  /** What a person sees, for pictures: values 0 to 255, the image in more pixels than the model sees; null for arrays. */
  readonly picture: Tensor | null;
  /** How the image became `values`; null for arrays. */
  readonly preprocessing: Readonly<Record<string, unknown>> | null;
}

/** The inputs of a run: counted and checked as far as that is cheap, read when they are needed. */
export interface InputSource {
  readonly inputs: readonly CountedInput[];
  /** All samples together. */
  readonly samples: number;
  readonly read: (input: CountedInput) => Promise<ReadInput>;
}

/** Pictures are enlarged to at least this many pixels on the shorter side. */
const SMALLEST_PICTURE = 448;

const enlarge = (size: number | ImageSize, factor: number): number | ImageSize =>
  typeof size === 'number' ? size * factor : [size[0] * factor, size[1] * factor];

/**
 * The same part of the image as the model sees: in the finer pixels of the file where it has them, else as the model sees it, every pixel a square,
 * because a smooth picture would show what is nowhere.
 */
async function readPicture({ path, shown }: InputFile, spec: TensorSpec, seen: Tensor, { resize, crop }: Preprocessing): Promise<Tensor> {
  const { spatial } = axes(spec);
  const lengths = spatial.map((axis) => seen.shape[axis]!);
  const factor = Math.ceil(SMALLEST_PICTURE / Math.min(...lengths));
  const read = (by: number): Promise<Tensor> => {
    const shape = seen.shape.map((length, axis) => (spatial.includes(axis) ? length * by : length));
    const geometry = { ...(resize !== undefined && { resize: enlarge(resize, by) }), ...(crop !== undefined && { crop: enlarge(crop, by) }) };
    return loadImage(path, { ...spec, shape }, { scale: 1, ...geometry }, shown);
  };
  const own = await readImageSize(path, shown);
  // What is cropped and not resized has the file's own pixels.
  const isFiner = own.some((length, i) => length > lengths[i]!) && (resize !== undefined || crop === undefined);
  if (isFiner) return read(factor);
  const [height, width] = lengths as [number, number];
  return resample(await read(1), spec.layout, height * factor, width * factor, 'nearest');
}

async function readImageInput(file: InputFile, spec: TensorSpec, { name, steps }: NamedPreprocessing): Promise<ReadInput> {
  const values = await loadImage(file.path, spec, steps, file.shown);
  const picture = await readPicture(file, spec, values, steps);
  return { file, values, picture, preprocessing: { name, ...steps } };
}

/**
 * Counts the samples of every input, and checks that all can be read, before anything is explained; images are read later.
 * @throws DATA_INVALID, SHAPE_MISMATCH, INPUT_NOT_FINITE, CONFIGURATION_INVALID, DATA_MISSING.
 */
export async function openSource(
  files: readonly InputFile[],
  { input: spec, name }: ModelAdapter,
  preprocess: string | undefined,
  { folder, report }: Terminal,
): Promise<InputSource> {
  const hasImages = files.some(({ kind }) => kind === 'image');
  const preprocessing = await readPreprocessing(preprocess ?? 'unit', folder);
  if (hasImages && preprocess === undefined && isSpatial(spec.layout)) {
    report(`pellucid: images go into ${name} with values from 0 to 1 (\`--preprocess unit\`); say another \`--preprocess\` if it was trained on others`);
  }
  const inputs: CountedInput[] = [];
  for (const file of files) {
    // A single image is read at once.
    if (file.kind === 'image' && files.length > 1) await checkImage(file.path, file.shown);
    inputs.push({ file, samples: file.kind === 'image' ? 1 : batchSize(await readArray(file, spec)) });
  }
  return {
    inputs,
    samples: inputs.reduce((sum, { samples }) => sum + samples, 0),
    read: async ({ file }) =>
      file.kind === 'image'
        ? readImageInput(file, spec, preprocessing)
        : { file, values: await readArray(file, spec), picture: null, preprocessing: null },
  };
}
