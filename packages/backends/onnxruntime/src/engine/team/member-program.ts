// A text, since a file beside this one would have another name in the sources than in the build. The runtime takes no shared memory, so that values are copied
// at both ends, into arrays that stay: new ones cost more than the copies, and bring the garbage collector every few runs. Where the lengths of an output
// depend on values, the runtime refuses the array of the last run, and gets none from then on.
/** The program of a member's thread: CommonJS, given where the runtime lies and the two integers of its state. */
export const MEMBER_PROGRAM = `
  const { parentPort, workerData } = require('node:worker_threads');
  const { runtime, state } = workerData;
  const { InferenceSession, Tensor } = require(runtime);
  const QUIET = { logSeverityLevel: 4 };
  const inputs = {};
  let [session, outputs, reused] = [undefined, undefined, true];
  const take = ([name, { type, data, dims }]) => {
    const held = inputs[name];
    if (held !== undefined && held.type === type && held.dims.join() === dims.join()) return held.data.set(data);
    inputs[name] = new Tensor(type, data.slice(), dims);
    outputs = undefined;
  };
  const compute = async (made) => {
    if (outputs === undefined) {
      const answers = Object.entries(await made.run(inputs, QUIET));
      outputs = Object.fromEntries(answers.map(([name, { type, data, dims }]) => [name, new Tensor(type, data.slice(), dims)]));
    } else await made.run(inputs, outputs, QUIET);
    return Object.entries(outputs);
  };
  const share = (answers, given) => {
    const size = answers.reduce((sum, [, { data }]) => sum + Math.ceil(data.byteLength / 8) * 8, 0);
    const memory = given !== undefined && given.byteLength >= size ? given : new SharedArrayBuffer(size);
    let offset = 0;
    const tensors = answers.map(([name, { type, data, dims }]) => {
      const shared = new data.constructor(memory, offset, data.length);
      shared.set(data);
      offset += Math.ceil(data.byteLength / 8) * 8;
      return [name, { type, dims, data: shared }];
    });
    return { memory, tensors: Object.fromEntries(tensors) };
  };
  const answer = async ({ bytes, options, run, feeds, memory }) => {
    Atomics.store(state, 0, 1);
    try {
      if (Atomics.load(state, 1) === 1) throw new Error('the program ends');
      session ??= InferenceSession.create(bytes, options);
      const made = await session;
      if (run === undefined) return;
      Object.entries(feeds).forEach(take);
      if (!reused) outputs = undefined;
      parentPort.postMessage({ run, ...share(await compute(made), memory) });
    } catch (error) {
      if (outputs !== undefined) reused = false;
      outputs = undefined;
      if (run !== undefined) parentPort.postMessage({ run, failure: String(error) });
    } finally {
      Atomics.store(state, 0, 0);
      Atomics.notify(state, 0);
    }
  };
  let [last, ended] = [Promise.resolve(), false];
  parentPort.on('message', (message) => {
    if (message === 'end') {
      ended = true;
      parentPort.close();
    } else last = last.then(() => (ended ? undefined : answer(message)));
  });
`;
