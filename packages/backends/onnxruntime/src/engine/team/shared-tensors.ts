import type { Tensor } from 'onnxruntime-common';

/** The tensors of a run, by name. */
export type Tensors = Readonly<Record<string, Pick<Tensor, 'type' | 'dims' | 'data'>>>;

/** Copies tensors into shared memory: what there is, or new memory where that is too short. */
export function shareTensors(feeds: Tensors, given: SharedArrayBuffer | undefined): { readonly tensors: Tensors; readonly memory: SharedArrayBuffer } {
  const room = (length: number): number => Math.ceil(length / 8) * 8;
  const views = Object.entries(feeds).map(([name, { type, dims, data }]) => {
    if (!ArrayBuffer.isView(data)) throw new Error(`internal: ${name} is a tensor of ${type}`);
    return { name, type, dims, data };
  });
  const size = views.reduce((sum, { data }) => sum + room(data.byteLength), 0);
  const memory = given !== undefined && given.byteLength >= size ? given : new SharedArrayBuffer(size);
  let offset = 0;
  const tensors = views.map(({ name, type, dims, data }) => {
    const Values = data.constructor as new (memory: SharedArrayBuffer, offset: number, length: number) => typeof data;
    const shared = new Values(memory, offset, data.length);
    new Uint8Array(memory, offset, data.byteLength).set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    offset += room(data.byteLength);
    return [name, { type, dims, data: shared }] as const;
  });
  return { tensors: Object.fromEntries(tensors), memory };
}
