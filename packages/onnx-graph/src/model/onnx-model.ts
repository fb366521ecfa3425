import type { GraphProto, ModelProto } from 'onnx-buf';

/**
 * A checked ONNX model. `graph` is `proto.graph`. Both are shared between models and never changed in place: edit with `editGraph`,
 * which copies what it changes and no weights.
 */
export interface OnnxModel {
  /** What errors call the model: usually its file name. */
  readonly name: string;
  readonly proto: ModelProto;
  readonly graph: GraphProto;
}

/**
 * A shallow copy of a protobuf message with some fields replaced. Unset proto2 fields live on the prototype, so that a spread would
 * lose them; bytes that are read when asked for stay so.
 */
export function copyWith<Message extends object>(message: Message, changes: Partial<Message>): Message {
  const copy = Object.create(Object.getPrototypeOf(message) as object | null) as Message;
  for (const key of Object.keys(message) as (keyof Message)[]) {
    if (key in changes) continue;
    const field = Object.getOwnPropertyDescriptor(message, key);
    if (field?.get) Object.defineProperty(copy, key, field);
    else copy[key] = message[key];
  }
  return Object.assign(copy, changes);
}
