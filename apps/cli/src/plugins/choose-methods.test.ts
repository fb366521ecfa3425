import { expect, test } from '@jest/globals';
import { defineMethod, integerOption, layerOption, zeros, type MethodFactory } from '@pellucid/core';
import type { AnyMethodFactory, Discovery } from '@pellucid/plugins';
import { chooseMethods } from './choose-methods.ts';

const paper = { authors: 'Nobody', year: 2026, title: 'Nothing', url: 'https://example.org' };

const flat: MethodFactory<never, { steps: number }> = defineMethod({
  name: 'flat',
  title: 'Flat',
  paper,
  needs: [],
  kind: 'local',
  options: { steps: integerOption(3, 1, 'How many.') },
  explain: (_model, { input }) => Promise.resolve({ values: zeros(input.shape) }),
});

const layered: MethodFactory<never, { layer: string | undefined }> = defineMethod({
  name: 'layered',
  title: 'Layered',
  paper,
  needs: [],
  kind: 'local',
  options: { layer: layerOption('Which.') },
  explain: (_model, { input }) => Promise.resolve({ values: zeros(input.shape) }),
});

const asAny = (factory: unknown): AnyMethodFactory => factory as AnyMethodFactory;
const discovery: Discovery = {
  methods: [
    { packageName: 'my-methods', factory: asAny(flat) },
    { packageName: 'my-methods', factory: asAny(layered) },
    { packageName: 'their-method', factory: asAny(layered) },
  ],
  broken: [{ packageName: 'broken-method', problem: 'no entry' }],
};
const onlyFlat: Discovery = { methods: discovery.methods.slice(0, 2), broken: discovery.broken };

const options = (names: readonly string[], json?: string, layer?: string): unknown[] =>
  chooseMethods(onlyFlat, { names, options: json, layer }).map((method) => method.options);

test('one method takes its options as they are, several by name', () => {
  expect(options(['flat'])).toEqual([{ steps: 3 }]);
  expect(options(['flat'], '{"steps":7}')).toEqual([{ steps: 7 }]);
  expect(options(['flat', 'layered'], '{"flat":{"steps":7}}')).toEqual([{ steps: 7 }, { layer: undefined }]);
  expect(() => options(['flat', 'layered'], '{"steps":7}')).toThrow('none of the methods asked for');
  expect(() => options(['flat', 'layered'], '{"flat":7}')).toThrow('not an object');
});

test('the layer goes to the methods that look at one', () => {
  expect(options(['flat', 'layered'], undefined, 'conv1')).toEqual([{ steps: 3 }, { layer: 'conv1' }]);
  expect(() => options(['flat'], undefined, 'conv1')).toThrow('no `layer` option');
  expect(() => options(['layered'], '{"layer":"conv2"}', 'conv1')).toThrow('names another layer');
});

test('a method is found by its name or its package, and an ambiguous name lists what it could mean', () => {
  expect(chooseMethods(discovery, { names: ['their-method'] })[0]?.description.name).toBe('layered');
  expect(() => chooseMethods(discovery, { names: ['layered'] })).toThrow('`layered` of `my-methods`, `layered` of `their-method`');
  expect(() => chooseMethods(discovery, { names: ['my-methods'] })).toThrow('Use the name of the method');
});

test('unknown names bring the nearest ones, and a broken package its reason', () => {
  expect(() => options(['flatt'])).toThrow('`flat`');
  expect(() => options(['flatt'])).toThrow('lists all. The package `broken-method` is installed but cannot be loaded: no entry.');
  expect(() => options(['flat'], '{"stesp":1}')).toThrow('`steps`');
  expect(() => options(['flat'], '{"steps":0}')).toThrow('integer >= 1');
  expect(() => options(['broken-method'])).toThrow('no entry');
  expect(() => options(['flat', 'flat'])).toThrow('overwrite each other');
});
