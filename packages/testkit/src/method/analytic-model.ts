import {
  convertLayout, findLayer, INPUT, sampleData, throwIfAborted, validateBatch, validateGradient, validateIntervention,
  type Capability, type GradientPoint, type GradientQuery, type Intervention, type LayerInfo, type LayerName, type Layout, type ModelAdapter, type OpKind, type Query, type Tensor,
} from '@pellucid/core';
import { asBatch, objectiveCotangent } from './cotangent.ts';

/** One sample's way through an analytic network, in float64, channels first. */
export interface AnalyticPass {
  readonly logits: Float64Array;
  readonly activations: ReadonlyMap<LayerName, Float64Array>;
  /** The gradient at the input and at every layer, for weights of the logits. */
  readonly backward: (cotangent: Float64Array) => ReadonlyMap<GradientPoint, Float64Array>;
  /** As `backward`, for weights of the values of one layer, channels first. @defaultValue layers have no gradients of their own */
  readonly backwardFrom?: ((layer: LayerName, cotangent: Float64Array) => ReadonlyMap<GradientPoint, Float64Array>) | undefined;
}

/** A network given by formulas: values and derivatives are written by hand, so that a method's answer can be known exactly. */
export interface AnalyticNetwork {
  readonly name: string;
  /** Shape of one sample: [channels, height, width] or [features]. */
  readonly shape: readonly number[];
  readonly classes: number;
  /** In the order of execution; shapes of one sample, channels first. */
  readonly layers: readonly { readonly name: LayerName; readonly kind: OpKind; readonly shape: readonly number[] }[];
  /** One sample through the network, values channels first. */
  readonly pass: (values: Float64Array) => AnalyticPass;
  /** What layers add to a linear function of their input, a value per channel. @defaultValue none */
  readonly biases?: ReadonlyMap<LayerName, ArrayLike<number>> | undefined;
  /** As `pass`, with the values of one layer given, channels first. @defaultValue no values can be given */
  readonly resume?: ((values: Float64Array, layer: LayerName, given: Float64Array) => AnalyticPass) | undefined;
}

/** How an analytic network appears to a method. */
export interface AnalyticModelSettings {
  /** Layout of images, input and layers alike. @defaultValue 'NCHW' */
  readonly layout?: Extract<Layout, 'NCHW' | 'NHWC'> | undefined;
  /** What the model offers; asking for more is an error. @defaultValue activations and gradients */
  readonly capabilities?: readonly Capability[] | undefined;
}

const GRADIENT_BYTES = 8;

/** Turns values that are channels first into the model's layout; anything but images stays as it is. */
const toLayout = (values: Tensor, layout: Layout): Tensor => (values.shape.length === 4 ? convertLayout(values, 'NCHW', layout) : values);
const fromLayout = (values: Tensor, layout: Layout): Tensor => (values.shape.length === 4 ? convertLayout(values, layout, 'NCHW') : values);

function describeTensor(shape: readonly number[], layout: Layout): { readonly shape: readonly (number | null)[]; readonly layout: Layout } {
  const [channels, height, width] = shape;
  if (channels === undefined || height === undefined || width === undefined) return { shape: [null, ...shape], layout: 'NC' };
  return { shape: layout === 'NHWC' ? [null, height, width, channels] : [null, channels, height, width], layout };
}

function refuseUndeclared(query: Query, offers: ReadonlySet<Capability>): void {
  const asked: Capability[] = [];
  if (query.activations !== undefined) asked.push('activations');
  if (query.gradient !== undefined) asked.push('gradient');
  if (query.gradient?.rules !== undefined) asked.push('backward-rules');
  if (query.intervention !== undefined) asked.push('intervention');
  const missing = asked.filter((capability) => !offers.has(capability));
  if (missing.length > 0) throw new Error(`the method asks for ${missing.join(', ')}, which its \`needs\` do not name`);
}

/** One sample through a network, from given values of a layer on where there are any. */
function passOf(network: AnalyticNetwork, batch: Tensor, sample: number, given: Intervention | undefined): AnalyticPass {
  const values = Float64Array.from(sampleData(batch, sample));
  if (given === undefined) return network.pass(values);
  if (network.resume === undefined) throw new Error(`no values can be given for the layers of \`${network.name}\``);
  return network.resume(values, given.layer, Float64Array.from(sampleData(given.values, sample)));
}

/** What a gradient weights, that of a layer channels first. */
function cotangentOf({ of, from }: GradientQuery, layout: Layout): GradientQuery['of'] {
  return from === undefined || of.kind !== 'cotangent' ? of : { kind: 'cotangent', cotangent: fromLayout(of.cotangent, layout) };
}

/** The gradient of a layer's values. */
function startAt({ backwardFrom }: AnalyticPass, layer: LayerName, cotangent: Float64Array): ReadonlyMap<GradientPoint, Float64Array> {
  if (backwardFrom === undefined) throw new Error(`the formula has no gradient of layer \`${layer}\``);
  return backwardFrom(layer, cotangent);
}

/** A network of formulas as a model on an engine of its own: small, exact, without dependencies. */
export function analyticModel(network: AnalyticNetwork, settings: AnalyticModelSettings = {}): ModelAdapter {
  const { layout = 'NCHW', capabilities = ['activations', 'gradient'] } = settings;
  const offers = new Set(capabilities);
  const input = { name: 'input', ...describeTensor(network.shape, layout) };
  const layers = network.layers.map(({ name, kind, shape }): LayerInfo => ({
    name, kind, aliases: [], operator: kind, ...describeTensor(shape, layout),
  }));
  const shapes = new Map<GradientPoint, readonly number[]>([[INPUT, network.shape], ...network.layers.map(({ name, shape }) => [name, shape] as const)]);
  const collect = <Point extends GradientPoint>(points: readonly Point[], answers: readonly ReadonlyMap<GradientPoint, Float64Array>[]): Map<Point, Tensor> =>
    new Map(points.map((point) => {
      const shape = shapes.get(point) ?? [];
      return [point, toLayout(asBatch(answers.map((answer) => answer.get(point) ?? new Float64Array(0)), shape), layout)];
    }));
  const checkedName = <Point extends GradientPoint>(point: Point): Point => {
    if (point !== INPUT) findLayer({ name: network.name, layers }, String(point));
    return point;
  };

  const biases = (): Map<LayerName, Tensor> => new Map([...(network.biases ?? [])].map(([name, values]) => {
    const rank = shapes.get(name)?.length ?? 1;
    const shape = [values.length, ...new Array<number>(rank - 1).fill(1)];
    return [name, toLayout(asBatch([Float64Array.from(values)], shape), layout)];
  }));

  return {
    name: network.name,
    hash: `analytic:${network.name}`,
    backend: { name: 'analytic', engine: 'formulas', device: 'cpu', versions: {} },
    input,
    output: { name: 'logits', shape: [null, network.classes], layout: 'NC' },
    classes: network.classes,
    layers,
    capabilities: offers,
    ...(offers.has('biases') && { biases: () => Promise.resolve(biases()) }),
    bytesPerSample: GRADIENT_BYTES * network.shape.reduce((product, length) => product * length, 1),
    evaluate: async (query, options) => {
      throwIfAborted(options?.signal, `a pass of \`${network.name}\``);
      refuseUndeclared(query, offers);
      validateBatch(query.input, input, 'input');
      const batch = fromLayout(query.input, layout);
      const { intervention } = query;
      if (intervention !== undefined) validateIntervention(intervention, batch.shape[0]!, { name: network.name, layers });
      const given = intervention && { ...intervention, values: fromLayout(intervention.values, layout) };
      const passes = Array.from({ length: batch.shape[0]! }, (_, sample) => passOf(network, batch, sample, given));
      const logits = asBatch(passes.map((pass) => pass.logits), [network.classes]);
      const { gradient, activations = [] } = query;
      const from = gradient && validateGradient(gradient, batch.shape[0]!, { name: network.name, layers, classes: network.classes });
      const weights = gradient && cotangentOf(gradient, layout);
      const gradients = gradient === undefined || weights === undefined ? [] : passes.map((pass, sample) => {
        const cotangent = objectiveCotangent(weights, sampleData(logits, sample), sample);
        return from === undefined ? pass.backward(cotangent) : startAt(pass, from.name, cotangent);
      });
      // A turn of the event loop, as on a real engine, so that an abort can arrive while it works.
      await Promise.resolve();
      throwIfAborted(options?.signal, `a pass of \`${network.name}\``);
      return {
        output: logits,
        logits,
        activations: collect(activations.map(checkedName), passes.map((pass) => pass.activations)),
        gradients: collect((gradient?.at ?? []).map(checkedName), gradients),
        // Its derivatives are written by hand: rules replace none of them.
        uncovered: gradient?.rules === undefined ? [] : network.layers.map(({ name }) => name),
      };
    },
    dispose: () => Promise.resolve(),
  };
}
