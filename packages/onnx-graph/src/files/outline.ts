import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { isPellucidError } from '@pellucid/core';
import { GraphProtoSchema, ModelProtoSchema, TensorProtoSchema } from 'onnx-buf';
import type { FileContent } from './file-content.ts';

/** A part of a file. */
export interface FileRange {
  readonly offset: number;
  readonly length: number;
}

/** A model file without the bytes of its large weights. */
export interface Outline {
  /** An ONNX file whose large initializers hold no raw data. */
  readonly bytes: Uint8Array;
  /** Where those bytes lie, by the position of the initializer in the graph. */
  readonly places: ReadonlyMap<number, FileRange>;
}

/** A field of a message: from its tag to its end, and where its content begins behind tag and length. */
interface Field {
  readonly number: number;
  readonly hasLength: boolean;
  readonly start: number;
  readonly content: number;
  readonly end: number;
}

/** What is read at once while looking for tags. */
const WINDOW = 2 ** 16;

/** A tag and a length, or a tag and a number, take no more. */
const LONGEST_HEADER = 20;

/** Gives the bytes at the start of a field, from windows of the file. */
function headerReader(file: FileContent): (offset: number) => BinaryReader {
  let start = 0;
  let window = file.read(0, WINDOW);
  return (offset) => {
    if (offset < start || offset + LONGEST_HEADER > start + window.length) {
      start = offset;
      window = file.read(offset, WINDOW);
    }
    return new BinaryReader(window.subarray(offset - start, offset - start + LONGEST_HEADER));
  };
}

/** The fields of the message between two places of the file. Throws for what cannot be such a message. */
function* fieldsOf(header: (offset: number) => BinaryReader, from: number, to: number): Generator<Field> {
  for (let start = from; start < to;) {
    const reader = header(start);
    const [number, wire] = reader.tag();
    const hasLength = wire === WireType.LengthDelimited;
    let length = 0;
    if (hasLength) length = reader.uint32();
    else reader.skip(wire, number);
    const content = start + reader.pos;
    const end = content + length;
    if (end > to) throw new Error('a field leaves its message');
    yield { number, hasLength, start, content, end };
    start = end;
  }
}

/** Bytes, or a part of the file. */
type Piece = Uint8Array | { readonly start: number; end: number };

/** Adds a part of the file, to the last one where it goes on. */
function keep(pieces: Piece[], start: number, end: number): void {
  const last = pieces.at(-1);
  if (last !== undefined && !(last instanceof Uint8Array) && last.end === start) last.end = end;
  else if (end > start) pieces.push({ start, end });
}

const lengthOf = (piece: Piece): number => (piece instanceof Uint8Array ? piece.length : piece.end - piece.start);
const sumLengths = (pieces: readonly Piece[]): number => pieces.reduce((sum, piece) => sum + lengthOf(piece), 0);

const header = (field: number, length: number): Uint8Array => new BinaryWriter().tag(field, WireType.LengthDelimited).uint32(length).finish();

const GRAPH = ModelProtoSchema.field.graph.number;
const INITIALIZER = GraphProtoSchema.field.initializer.number;
const RAW_DATA = TensorProtoSchema.field.rawData.number;

const fieldsNumbered = (fields: Iterable<Field>, number: number): Field[] => [...fields].filter((field) => field.number === number && field.hasLength);

/** The raw data of a tensor, where that is large. Of several a parser takes the last. */
function largeRawData(fields: Iterable<Field>, smallest: number): Field | null {
  const raw = fieldsNumbered(fields, RAW_DATA).at(-1);
  return raw !== undefined && raw.end - raw.content >= smallest ? raw : null;
}

/** The message of the graph, large weights left out. */
function outlineGraph(look: ReturnType<typeof headerReader>, graph: Field, smallest: number, places: Map<number, FileRange>): Piece[] {
  const pieces: Piece[] = [];
  let position = 0;
  for (const field of fieldsOf(look, graph.content, graph.end)) {
    const isInitializer = field.number === INITIALIZER && field.hasLength;
    const isLarge = isInitializer && field.end - field.content >= smallest;
    const raw = isLarge ? largeRawData(fieldsOf(look, field.content, field.end), smallest) : null;
    if (raw === null) keep(pieces, field.start, field.end);
    else {
      places.set(position, { offset: raw.content, length: raw.end - raw.content });
      pieces.push(header(INITIALIZER, field.end - field.content - (raw.end - raw.start)));
      keep(pieces, field.content, raw.start);
      keep(pieces, raw.end, field.end);
    }
    if (isInitializer) position++;
  }
  return pieces;
}

/**
 * Reads everything of a model file but the bytes of initializers with at least `smallest` of them. `null` where that cannot be done, which
 * says nothing about the file: read the whole of it and judge.
 * @throws DATA_MISSING when the file changes meanwhile.
 */
export function outlineModel(file: FileContent, smallest: number): Outline | null {
  const places = new Map<number, FileRange>();
  const pieces: Piece[] = [];
  try {
    const look = headerReader(file);
    const [graph, ...others] = fieldsNumbered(fieldsOf(look, 0, file.size), GRAPH);
    // A parser merges several.
    if (graph === undefined || others.length > 0) return null;
    const inner = outlineGraph(look, graph, smallest, places);
    keep(pieces, 0, graph.start);
    pieces.push(header(GRAPH, sumLengths(inner)), ...inner);
    keep(pieces, graph.end, file.size);
  } catch (cause) {
    if (isPellucidError(cause)) throw cause;
    return null;
  }
  const bytes = new Uint8Array(sumLengths(pieces));
  let offset = 0;
  for (const piece of pieces) {
    const part = piece instanceof Uint8Array ? piece : file.read(piece.start, piece.end - piece.start);
    bytes.set(part, offset);
    offset += part.length;
  }
  return { bytes, places };
}
