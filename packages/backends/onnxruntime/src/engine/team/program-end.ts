import process from 'node:process';

/** Whether a member is at work, and whether it is to stop: two integers for each that lives. */
const states = new Set<Int32Array>();

/** What a run may take that the end of the program waits for, in milliseconds. */
const PATIENCE = 10_000;

/**
 * Lets members finish what they are at, and start no more. A program that ends while a thread is within the runtime's code would be aborted instead
 * (`terminate called after throwing an instance of 'Napi::Error'`).
 */
export function stopMembers(): void {
  for (const state of states) Atomics.store(state, 1, 1);
  for (const state of states) Atomics.wait(state, 0, 1, PATIENCE);
}

/** The state of a new member, which the end of the program looks at until it is forgotten. */
export function watchedState(): Int32Array {
  const state = new Int32Array(new SharedArrayBuffer(8));
  if (states.size === 0) process.once('exit', stopMembers);
  states.add(state);
  return state;
}

/** Leaves a member that has ended out. */
export function forgetState(state: Int32Array): void {
  states.delete(state);
  if (states.size === 0) process.off('exit', stopMembers);
}
