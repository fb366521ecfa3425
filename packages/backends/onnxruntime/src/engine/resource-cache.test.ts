import { expect, test } from '@jest/globals';
import { resourceCache } from './resource-cache.ts';

function setUp(capacity: number): { readonly log: string[]; readonly make: (key: string) => () => Promise<string>; readonly cache: ReturnType<typeof resourceCache<string>> } {
  const log: string[] = [];
  const cache = resourceCache<string>(capacity, async (resource) => {
    await Promise.resolve();
    log.push(`release ${resource}`);
  });
  const make = (key: string) => async (): Promise<string> => {
    log.push(`make ${key}`);
    await Promise.resolve();
    return key;
  };
  return { log, make, cache };
}

const use = (resource: string): Promise<string> => Promise.resolve(resource);

test('first calls that come together make a resource once', async () => {
  const { log, make, cache } = setUp(2);
  await expect(Promise.all([cache.use('a', make('a'), use), cache.use('a', make('a'), use)])).resolves.toEqual(['a', 'a']);
  expect(log).toEqual(['make a']);
});

test('the resource that was used longest ago makes room', async () => {
  const { log, make, cache } = setUp(2);
  for (const key of ['a', 'b', 'a', 'c', 'a']) await cache.use(key, make(key), use);
  await cache.dispose();
  expect(log).toEqual(['make a', 'make b', 'make c', 'release b', 'release c', 'release a']);
});

test('a resource in use is released only when its last user is done', async () => {
  const { log, make, cache } = setUp(1);
  let finish = (): void => undefined;
  const busy = cache.use('a', make('a'), () => new Promise<void>((resolve) => (finish = resolve)));
  await cache.use('b', make('b'), use);
  const disposed = cache.dispose();
  await Promise.resolve();
  expect(log).not.toContain('release a');
  finish();
  await Promise.all([busy, disposed]);
  await new Promise((resolve) => setImmediate(resolve));
  expect(log).toContain('release a');
});

test('a resource that could not be made is tried again', async () => {
  const { make, cache } = setUp(1);
  await expect(cache.use('a', () => Promise.reject(new Error('no')), use)).rejects.toThrow('no');
  await expect(cache.use('a', make('a'), use)).resolves.toBe('a');
});
