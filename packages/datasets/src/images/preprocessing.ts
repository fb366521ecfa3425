import { PellucidError, suggestNames } from '@pellucid/core';

/** A height and a width in pixels. */
export type ImageSize = readonly [height: number, width: number];

/**
 * What a network expects of its images: every value x from 0 to 255 becomes `(x * scale - mean) / std`, with `mean` and `std` one number
 * or one per channel in the tensor's order.
 */
export interface Preprocessing {
  /** @defaultValue 1/255 */
  readonly scale?: number | undefined;
  /** @defaultValue 0 */
  readonly mean?: number | readonly number[] | undefined;
  /** @defaultValue 1 */
  readonly std?: number | readonly number[] | undefined;
  /** Order of the channels in the tensor. @defaultValue 'RGB' */
  readonly order?: 'RGB' | 'BGR' | undefined;
  /** One number: the length of the shorter side, aspect kept; two: stretched to [height, width]. @defaultValue to cover the network's input */
  readonly resize?: number | ImageSize | undefined;
  /** The middle part of this side length or [height, width]. @defaultValue the size of the network's input */
  readonly crop?: number | ImageSize | undefined;
}

/** The preprocessings that have a name. */
export type PreprocessingName = 'none' | 'unit' | 'symmetric' | 'imagenet';

/** `none` x; `unit` x/255; `symmetric` x/127.5 - 1; `imagenet` (x/255 - mean)/std with the statistics of ImageNet. */
export const PREPROCESSINGS: Readonly<Record<PreprocessingName, Preprocessing>> = {
  none: { scale: 1 },
  unit: {},
  symmetric: { scale: 1 / 127.5, mean: 1 },
  imagenet: { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] },
};

const isNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);
const isPositive = (value: unknown): value is number => isNumber(value) && value > 0;
const isLength = (value: unknown): value is number => Number.isInteger(value) && isPositive(value);
const isSize = (value: unknown): boolean => isLength(value) || (Array.isArray(value) && value.length === 2 && value.every(isLength));
const isListOf = (accepts: (value: unknown) => boolean) => (value: unknown): boolean =>
  accepts(value) || (Array.isArray(value) && (value.length === 1 || value.length === 3) && value.every(accepts));

const FIELDS: Readonly<Record<keyof Preprocessing, { readonly expected: string; readonly accepts: (value: unknown) => boolean }>> = {
  scale: { expected: 'a positive number', accepts: isPositive },
  mean: { expected: 'a number, or one per channel', accepts: isListOf(isNumber) },
  std: { expected: 'a positive number, or one per channel', accepts: isListOf(isPositive) },
  order: { expected: '"RGB" or "BGR"', accepts: (value) => value === 'RGB' || value === 'BGR' },
  resize: { expected: 'a length in pixels, or [height, width]', accepts: isSize },
  crop: { expected: 'a length in pixels, or [height, width]', accepts: isSize },
};

/**
 * Checks a preprocessing that comes from outside: a name, or the content of a JSON file.
 * @param where - where it stands, for messages: `in norm.json`
 * @throws CONFIGURATION_INVALID
 */
export function parsePreprocessing(value: unknown, where: string): Preprocessing {
  const fail = (problem: string, help: string): never => {
    throw new PellucidError('CONFIGURATION_INVALID', { where, problem, help });
  };
  if (typeof value === 'string') {
    if (!Object.hasOwn(PREPROCESSINGS, value)) return fail(`there is no preprocessing \`${value}\``, suggestNames(value, Object.keys(PREPROCESSINGS)));
    return PREPROCESSINGS[value as PreprocessingName];
  }
  const names = Object.keys(FIELDS);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return fail('a preprocessing is a name or an object', `The object may hold ${names.join(', ')}.`);
  }
  for (const [field, content] of Object.entries(value)) {
    if (!Object.hasOwn(FIELDS, field)) return fail(`there is no field \`${field}\``, suggestNames(field, names));
    const { expected, accepts } = FIELDS[field as keyof Preprocessing];
    if (content !== undefined && !accepts(content)) return fail(`\`${field}\` is ${JSON.stringify(content)}`, `Expected ${expected}.`);
  }
  return value;
}
