import { create } from '@bufbuild/protobuf';
import { StringStringEntryProtoSchema } from 'onnx-buf';
import { copyWith, type OnnxModel } from './onnx-model.ts';

/** A model with more metadata; an entry takes the place of one of the same key. */
export function withMetadata(model: OnnxModel, entries: Readonly<Record<string, string>>): OnnxModel {
  const kept = model.proto.metadataProps.filter(({ key }) => !Object.hasOwn(entries, key));
  const added = Object.entries(entries).map(([key, value]) => create(StringStringEntryProtoSchema, { key, value }));
  return { ...model, proto: copyWith(model.proto, { metadataProps: [...kept, ...added] }) };
}
