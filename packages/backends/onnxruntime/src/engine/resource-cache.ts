/** Keeps the resources used last, and releases the others once nobody uses them. */
export interface ResourceCache<Resource> {
  /** Does something with the resource of this key. It is made once, even when several first calls come together. */
  readonly use: <Result>(key: string, make: () => Promise<Resource>, task: (resource: Resource) => Promise<Result>) => Promise<Result>;
  /** Waits for running tasks and releases everything. */
  readonly dispose: () => Promise<void>;
}

interface Entry<Resource> {
  readonly resource: Promise<Resource>;
  users: number;
  /** Set when the entry left the cache while in use: called by the last user. */
  leave: (() => void) | null;
}

/** A cache of at most `capacity` resources, and those still in use. */
export function resourceCache<Resource>(capacity: number, release: (resource: Resource) => Promise<void>): ResourceCache<Resource> {
  // A Map keeps the order of insertion: the first entry is the one used longest ago.
  const entries = new Map<string, Entry<Resource>>();

  const evict = async (key: string, entry: Entry<Resource>): Promise<void> => {
    entries.delete(key);
    if (entry.users > 0) {
      await new Promise<void>((resolve) => {
        entry.leave = resolve;
      });
    }
    // Who asked for it was told why it could not be made: nothing is left to release.
    const resource = await entry.resource.catch(() => null);
    if (resource !== null) await release(resource);
  };

  const open = (key: string, make: () => Promise<Resource>): Entry<Resource> => {
    const known = entries.get(key);
    const entry = known ?? { resource: make(), users: 0, leave: null };
    entries.delete(key);
    entries.set(key, entry);
    if (known === undefined) {
      entry.resource.catch(() => {
        if (entries.get(key) === entry) entries.delete(key);
      });
    }
    return entry;
  };

  const trim = (): void => {
    for (const [key, entry] of [...entries]) if (entries.size > capacity) void evict(key, entry);
  };

  return {
    async use(key, make, task) {
      const entry = open(key, make);
      entry.users++;
      trim();
      try {
        return await task(await entry.resource);
      } finally {
        entry.users--;
        if (entry.users === 0) entry.leave?.();
      }
    },
    async dispose() {
      await Promise.all([...entries].map(([key, entry]) => evict(key, entry)));
    },
  };
}
