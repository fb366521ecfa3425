/** What the sessions of one model may hold together: 2 GiB. */
const ALL_SESSIONS = 2 ** 31;

/** What a session holds beside weights, where a sample does not take more. */
const WORKING_MEMORY = 2 ** 28;

/** A method needs two or three kinds of query. */
const FEWEST = 3;

/** Compiled queries that are kept for a model. Each holds rearranged copies of weights, and the memory of its largest execution. */
export function keptSessions({ weightBytes, bytesPerSample }: { readonly weightBytes: number; readonly bytesPerSample: number }): number {
  return Math.max(FEWEST, Math.floor(ALL_SESSIONS / (weightBytes + Math.max(WORKING_MEMORY, bytesPerSample))));
}
