import { externalTensor, filePlace, rawLength, replaceParts, writeModel, type FilePlace, type OnnxModel, type TensorProto } from '@pellucid/onnx-graph';
import { dirname, parse, relative, sep } from 'node:path';

/** The bytes of a model, and where ONNX Runtime finds the weights that are not among them. */
export interface PackedModel {
  readonly bytes: Uint8Array;
  /** Tensors in memory, by the names that the model refers to them by. */
  readonly externalData: readonly { readonly path: string; readonly data: Uint8Array }[];
  /** Configuration entries of the session: the folder of the files that the model refers to. */
  readonly entries: Readonly<Record<string, string>>;
}

/** Weights in memory are handed over beside the model from this size on: below, copying them once more takes no time. */
export const LARGE_WEIGHTS: number = 2 ** 26;

/** Weights in memory that fit into a message beside all else: a message ends at 2 GiB. */
const LONGEST_MESSAGE = 2 ** 30;

/** Smaller tensors stay in the model. */
const SMALLEST_OUTSIDE = 2 ** 16;

/** The folder of all files, or the root of the drive: ONNX Runtime takes paths below one folder alone. */
function commonFolder(places: readonly FilePlace[]): string | null {
  const folders = new Set(places.map(({ path }) => dirname(path)));
  const [first] = folders;
  if (first === undefined || folders.size === 1) return first ?? null;
  const roots = new Set(places.map(({ path }) => parse(path).root));
  const [root] = roots;
  return root === undefined || roots.size > 1 ? null : root;
}

/** Replaces tensors by references to where their bytes are. */
function refer(model: OnnxModel, reference: (tensor: TensorProto) => TensorProto | null): OnnxModel {
  return replaceParts(model, { initializer: model.graph.initializer.map((tensor) => reference(tensor) ?? tensor) });
}

/**
 * A model whose weights ONNX Runtime maps from the files that they lie in: they are neither read nor copied, and all sessions share them.
 * @throws DATA_MISSING when a file has changed.
 */
function mapFromFiles(model: OnnxModel): { readonly model: OnnxModel; readonly folder: string | null } {
  const places = model.graph.initializer.flatMap((tensor) => filePlace(tensor) ?? []);
  const folder = commonFolder(places);
  if (folder === null) return { model, folder };
  for (const verify of new Set(places.map((place) => place.verify))) verify();
  const mapped = refer(model, (tensor) => {
    const place = filePlace(tensor);
    return place && externalTensor(tensor, { location: relative(folder, place.path).replaceAll(sep, '/'), offset: place.offset, length: place.length });
  });
  return { model: mapped, folder };
}

/** Bytes of all weights that are in memory. */
const inMemoryBytes = ({ graph }: OnnxModel): number => graph.initializer.reduce((sum, tensor) => sum + (filePlace(tensor) === null ? rawLength(tensor) : 0), 0);

/** Hands large weights that are in memory over as they are, where together they would make a long message. */
function handOver(model: OnnxModel): { readonly model: OnnxModel; readonly externalData: { path: string; data: Uint8Array }[] } {
  if (inMemoryBytes(model) < LARGE_WEIGHTS) return { model, externalData: [] };
  const inMemory = model.graph.initializer.filter((tensor) => rawLength(tensor) >= SMALLEST_OUTSIDE);
  const externalData: { path: string; data: Uint8Array }[] = [];
  const chosen = new Set(inMemory);
  const handed = refer(model, (tensor) => {
    if (!chosen.has(tensor)) return null;
    const path = `pellucid-weights-${externalData.length}`;
    externalData.push({ path, data: tensor.rawData });
    return externalTensor(tensor, { location: path, offset: 0, length: rawLength(tensor) });
  });
  return { model: handed, externalData };
}

/** A model with its weights inside. @throws MODEL_UNSUPPORTED for more than 2 GiB. */
export function packWhole(model: OnnxModel): PackedModel {
  return { bytes: writeModel(model), externalData: [], entries: {} };
}

/**
 * A model with its large weights where they are: in the files of the user, or in memory. ONNX Runtime takes either: beside files, what is in memory stays in
 * the message, unless that would be too long.
 * @throws DATA_MISSING when such a file has changed.
 */
export function packOutside(model: OnnxModel): PackedModel {
  const { model: mapped, folder } = inMemoryBytes(model) < LONGEST_MESSAGE ? mapFromFiles(model) : { model, folder: null };
  if (folder !== null) return { bytes: writeModel(mapped), externalData: [], entries: { model_external_initializers_file_folder_path: folder } };
  const { model: rest, externalData } = handOver(model);
  return { bytes: writeModel(rest), externalData, entries: {} };
}
