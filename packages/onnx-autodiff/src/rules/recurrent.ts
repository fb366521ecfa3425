import { attributeFloat, attributeInt, attributeString, intAttribute, intsAttribute } from '@pellucid/onnx-graph';
import { knownShape, squeeze, unsqueeze, type Emitter } from '../engine/emitter.ts';
import type { Composition, CompositionSite } from './composition.ts';

/** Longer sequences would make more nodes than a runtime loads in reasonable time. */
const LONGEST = 512;

/** The states of a cell: hidden, and for LSTM the cell's own; `null` for one that starts at zero. */
interface State {
  readonly h: string | null;
  readonly c: string | null;
}

/** One direction of a recurrent operator. */
interface Direction {
  /** Recurrent weights as [H, gates H], of all gates. */
  readonly recurrent: string;
  /** Bias of the recurrent product. */
  readonly bias: string | null;
  readonly peepholes: readonly string[] | null;
  readonly hidden: number;
  /** The activations of this direction, in the order of the operator. */
  readonly activations: readonly string[];
}

/** How a cell goes from one state to the next, given the projected input [B, gates H] of a step. */
type Step = (emit: Emitter, x: string, state: State, direction: Direction, site: CompositionSite) => State;

const PLAIN: ReadonlySet<string> = new Set(['Relu', 'Sigmoid', 'Softsign', 'Tanh']);

/** Equal parts along an axis. */
function parts(emit: Emitter, x: string, axis: number, count: number, length: number): readonly string[] {
  if (count === 1) return [x];
  const lengths = Array.from({ length: count }, () => length);
  const along = intAttribute('axis', axis);
  return emit.opset >= 13
    ? emit.opMany('Split', [x, emit.integers(lengths)], count, [along])
    : emit.opMany('Split', [x], count, [along, intsAttribute('split', lengths)]);
}

const plus = (emit: Emitter, a: string, b: string | null): string => (b === null ? a : emit.op('Add', [a, b]));
const times = (emit: Emitter, a: string, b: string | null): string | null => (b === null ? null : emit.op('Mul', [a, b]));

/** h R + bias, of which a state of zero leaves the bias. */
const recur = (emit: Emitter, h: string | null, recurrent: string, bias: string | null): string | null =>
  (h === null ? bias : plus(emit, emit.op('MatMul', [h, recurrent]), bias));

/** C = f C + i g, h = o act(C), with gates in the order i, o, f, g (Hochreiter and Schmidhuber 1997; Gers et al. 2000). */
const lstmStep: Step = (emit, x, { h, c }, { recurrent, bias, peepholes, hidden, activations: [gate = '', candidate = '', output = ''] }, { node }) => {
  const [i = '', o = '', f = '', g = ''] = parts(emit, plus(emit, x, recur(emit, h, recurrent, bias)), 1, 4, hidden);
  const peep = (value: string, at: number, cell: string | null): string => plus(emit, value, peepholes && times(emit, peepholes[at]!, cell));
  const input = emit.op(gate, [peep(i, 0, c)]);
  const forget = attributeInt(node, 'input_forget', 0) === 1 ? emit.op('Sub', [emit.scalar(1, x), input]) : emit.op(gate, [peep(f, 2, c)]);
  const cell = plus(emit, emit.op('Mul', [input, emit.op(candidate, [g])]), times(emit, forget, c));
  return { h: emit.op('Mul', [emit.op(gate, [peep(o, 1, cell)]), emit.op(output, [cell])]), c: cell };
};

/** h = (1 - z) g + z h, with gates in the order z, r, g (Cho et al. 2014). */
const gruStep: Step = (emit, x, { h }, { recurrent, bias, hidden, activations: [gate = '', candidate = ''] }, { node }) => {
  const [xz = '', xr = '', xg = ''] = parts(emit, x, 1, 3, hidden);
  const weights = parts(emit, recurrent, 1, 3, hidden);
  const biases = bias === null ? [null, null, null] : parts(emit, bias, 0, 3, hidden);
  const own = (at: number, state: string | null): string | null => recur(emit, state, weights[at]!, biases[at] ?? null);
  const z = emit.op(gate, [plus(emit, xz, own(0, h))]);
  const r = emit.op(gate, [plus(emit, xr, own(1, h))]);
  const resetsAfter = attributeInt(node, 'linear_before_reset', 0) !== 0;
  const memory = resetsAfter ? times(emit, r, own(2, h)) : own(2, times(emit, r, h));
  const g = emit.op(candidate, [plus(emit, xg, memory)]);
  const fresh = emit.op('Mul', [emit.op('Sub', [emit.scalar(1, x), z]), g]);
  return { h: plus(emit, fresh, times(emit, z, h)), c: null };
};

/** h = act(x W + h R + b) */
const rnnStep: Step = (emit, x, { h }, { recurrent, bias, activations: [activation = ''] }) =>
  ({ h: emit.op(activation, [plus(emit, x, recur(emit, h, recurrent, bias))]), c: null });

/** The part of a tensor that belongs to a direction, without that axis; `null` where it is left out. */
function ofDirection(emit: Emitter, x: string | undefined, direction: number, directions: number): string | null {
  if (x === undefined || x === '') return null;
  if (directions === 1) return squeeze(emit, x, [0]);
  return squeeze(emit, parts(emit, x, 0, directions, 1)[direction]!, [0]);
}

/** What keeps a node from being written out step by step. */
function checkForm(emit: Emitter, { node, inputs }: CompositionSite, steps: number): void {
  if (attributeInt(node, 'layout', 0) !== 0) emit.fail('its batch comes before its time (`layout = 1`)', 'Export the model with time first.');
  if (attributeFloat(node, 'clip', null) !== null) emit.fail('it clips its gates');
  if (node.attribute.some(({ name, floats }) => (name === 'activation_alpha' || name === 'activation_beta') && floats.length > 0)) emit.fail('its activations have parameters');
  if (steps > LONGEST) emit.fail(`its sequences have ${steps} steps, more than ${LONGEST}`, 'Explain shorter sequences.');
  const lengths = inputs[4] ?? '';
  const known = lengths === '' ? [] : (emit.typeOf(lengths).values ?? [null]);
  if (known.some((length) => length !== steps)) emit.fail('its sequences have lengths of their own', 'Give sequences of one length.');
}

function activationsOf(emit: Emitter, { node }: CompositionSite, direction: number, defaults: readonly string[]): readonly string[] {
  const given = node.attribute.find(({ name }) => name === 'activations')?.strings.map((text) => new TextDecoder().decode(text)) ?? [];
  const names = given.length === 0 ? defaults : given.slice(direction * defaults.length, (direction + 1) * defaults.length);
  const unknown = names.find((name) => !PLAIN.has(name));
  return unknown === undefined && names.length === defaults.length ? names : emit.fail(`its activation \`${unknown ?? ''}\` has no rule`);
}

/** A recurrent operator, written out step by step: Y [T, D, B, H], then the last states [D, B, H]. */
const recurrent = (step: Step, gates: number, defaults: readonly string[]): Composition => (emit, site) => {
  const { node, inputs: [x = '', w = '', r = '', b, , h0, c0, p], outputs } = site;
  const [steps, hidden] = [knownShape(emit, x)[0], knownShape(emit, r)[2]];
  if (typeof steps !== 'number' || typeof hidden !== 'number') return emit.fail('the length of its sequences is not known', 'Export the model with a fixed number of steps.');
  checkForm(emit, site, steps);
  const way = attributeString(node, 'direction', 'forward');
  const directions = way === 'bidirectional' ? 2 : 1;
  const transposed = (weights: string | null): string => emit.op('Transpose', [weights ?? ''], [intsAttribute('perm', [1, 0])]);
  const runs = Array.from({ length: directions }, (_, at) => {
    const own = (name: string | undefined): string | null => ofDirection(emit, name, at, directions);
    const bias = own(b);
    const [inputBias = null, recurrentBias = null] = bias === null ? [] : parts(emit, bias, 0, 2, gates * hidden);
    const peepholes = own(p);
    const projected = plus(emit, emit.op('MatMul', [x, transposed(own(w))]), inputBias);
    const direction: Direction = {
      recurrent: transposed(own(r)), bias: recurrentBias, hidden, peepholes: peepholes === null ? null : parts(emit, peepholes, 0, 3, hidden),
      activations: activationsOf(emit, site, at, defaults),
    };
    const reversed = way === 'reverse' || at === 1;
    const projections = parts(emit, projected, 0, steps, 1).map((part) => squeeze(emit, part, [0]));
    let state: State = { h: own(h0), c: own(c0) };
    const states = (reversed ? projections.toReversed() : projections).map((part) => {
      state = step(emit, part, state, direction, site);
      return state.h ?? '';
    });
    return { states: reversed ? states.toReversed() : states, last: state };
  });
  const join = (names: readonly (string | null)[], axis: number): string => {
    const apart = names.map((name) => unsqueeze(emit, name ?? '', [axis]));
    return apart.length === 1 ? apart[0]! : emit.op('Concat', apart, [intAttribute('axis', axis)]);
  };
  const asked = (i: number, make: () => string): string | null => ((outputs[i] ?? '') === '' ? null : make());
  return [
    asked(0, () => join(runs.map(({ states }) => join(states, 0)), 1)),
    asked(1, () => join(runs.map(({ last }) => last.h), 0)),
    asked(2, () => join(runs.map(({ last }) => last.c), 0)),
  ];
};

/** Long short-term memory. */
export const lstm: Composition = recurrent(lstmStep, 4, ['Sigmoid', 'Tanh', 'Tanh']);

/** Gated recurrent units. */
export const gru: Composition = recurrent(gruStep, 3, ['Sigmoid', 'Tanh']);

/** The plain recurrent network. */
export const rnn: Composition = recurrent(rnnStep, 1, ['Tanh']);
