import { clearField } from '@bufbuild/protobuf';
import { TensorProtoSchema, type TensorProto } from 'onnx-buf';
import { copyWith } from '../model/onnx-model.ts';

/** Bytes of a tensor that stay in a file, little-endian and row-major as in `raw_data`. */
export interface FilePlace {
  /** Absolute, with links resolved. */
  readonly path: string;
  readonly offset: number;
  readonly length: number;
  /** Throws DATA_MISSING when the file is not what it was when the model was read. */
  readonly verify: () => void;
}

type Getter = () => Uint8Array<ArrayBuffer>;

/** By getter: a copy of a tensor takes the getter along, unless it gets other bytes. */
const PLACES = new WeakMap<Getter, FilePlace>();

const getterOf = (tensor: TensorProto): Getter | undefined =>
  // The getter needs no `this`.
  Object.getOwnPropertyDescriptor(tensor, 'rawData')?.get as Getter | undefined;

/** A stored tensor whose `rawData` is read from its file when it is asked for, and again once nobody holds it. */
export function fileTensor(tensor: TensorProto, place: FilePlace, read: Getter): TensorProto {
  const stored = copyWith(tensor, { externalData: [] });
  clearField(stored, TensorProtoSchema.field.dataLocation);
  let held: WeakRef<Uint8Array<ArrayBuffer>> | undefined;
  const get: Getter = () => {
    const known = held?.deref();
    if (known) return known;
    const bytes = read();
    held = new WeakRef(bytes);
    return bytes;
  };
  PLACES.set(get, place);
  return Object.defineProperty(stored, 'rawData', { get, enumerable: true, configurable: true });
}

/** Where the bytes of a tensor lie, if they stay in a file. */
export function filePlace(tensor: TensorProto): FilePlace | null {
  const getter = getterOf(tensor);
  return (getter && PLACES.get(getter)) ?? null;
}

/** The length of `rawData`, which is not read for it. */
export function rawLength(tensor: TensorProto): number {
  return filePlace(tensor)?.length ?? tensor.rawData.length;
}
