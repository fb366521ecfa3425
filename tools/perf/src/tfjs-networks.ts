import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { randomStream } from '@pellucid/core';

interface Layer {
  readonly name: string;
  readonly class_name: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly inbound_nodes: readonly (readonly (readonly [name: string, node: number, tensor: number, options: object])[])[];
}

interface Weight {
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/** A value inside a network: the layer that gives it, and its channels. */
interface Value {
  readonly layer: string;
  readonly channels: number;
}

/** Collects the layers and seeded weights of a network as Keras describes them. */
class Sketch {
  readonly layers: Layer[] = [];
  readonly weights: Weight[] = [];

  add(class_name: string, config: Readonly<Record<string, unknown>>, inputs: readonly Value[], channels: number): Value {
    const name = `${class_name.toLowerCase()}_${this.layers.length}`;
    const nodes = inputs.map(({ layer }) => [layer, 0, 0, {}] as const);
    this.layers.push({ name, class_name, config: { name, ...config }, inbound_nodes: nodes.length === 0 ? [] : [nodes] });
    return { layer: name, channels };
  }

  /** Weights of a scale that keeps the size of values behind rectifiers. */
  random({ layer }: Value, part: string, shape: readonly number[], deviation: number): void {
    const stream = randomStream(1, layer, part);
    const values = Float32Array.from({ length: shape.reduce((product, length) => product * length, 1) }, () => deviation * stream.normal());
    this.weights.push({ name: `${layer}/${part}`, shape, values });
  }

  constant({ layer }: Value, part: string, length: number, value: number): void {
    this.weights.push({ name: `${layer}/${part}`, shape: [length], values: new Float32Array(length).fill(value) });
  }

  image(): Value {
    return this.add('InputLayer', { batch_input_shape: [null, 224, 224, 3] }, [], 3);
  }

  pad(x: Value, before: number, after: number): Value {
    return this.add('ZeroPadding2D', { padding: [[before, after], [before, after]] }, [x], x.channels);
  }

  conv(x: Value, filters: number, size: number, strides: number, padding: 'same' | 'valid', more: Readonly<Record<string, unknown>> = { use_bias: false }): Value {
    const y = this.add('Conv2D', { filters, kernel_size: [size, size], strides: [strides, strides], padding, ...more }, [x], filters);
    this.random(y, 'kernel', [size, size, x.channels, filters], Math.sqrt(2 / (size * size * x.channels)));
    if (more['use_bias'] !== false) this.constant(y, 'bias', filters, 0);
    return y;
  }

  depthwise(x: Value, strides: number): Value {
    const config = { kernel_size: [3, 3], strides: [strides, strides], padding: strides === 1 ? 'same' : 'valid', use_bias: false };
    const y = this.add('DepthwiseConv2D', config, [strides === 1 ? x : this.pad(x, 0, 1)], x.channels);
    this.random(y, 'depthwise_kernel', [3, 3, x.channels, 1], Math.sqrt(2 / 9));
    return y;
  }

  normalize(x: Value): Value {
    const y = this.add('BatchNormalization', { epsilon: 1e-5 }, [x], x.channels);
    for (const [part, value] of [['gamma', 1], ['beta', 0], ['moving_mean', 0], ['moving_variance', 1]] as const) this.constant(y, part, x.channels, value);
    return y;
  }

  rectify(x: Value, max_value: number | null = null): Value {
    return this.add('ReLU', { max_value }, [x], x.channels);
  }

  dense(x: Value, units: number, activation: string): Value {
    const y = this.add('Dense', { units, activation }, [x], units);
    this.random(y, 'kernel', [x.channels, units], Math.sqrt(2 / x.channels));
    this.constant(y, 'bias', units, 0);
    return y;
  }
}

function resnet18(net: Sketch): void {
  let x = net.rectify(net.normalize(net.conv(net.pad(net.image(), 3, 3), 64, 7, 2, 'valid')));
  x = net.add('MaxPooling2D', { pool_size: [3, 3], strides: [2, 2], padding: 'valid' }, [net.pad(x, 1, 1)], 64);
  for (const filters of [64, 64, 128, 128, 256, 256, 512, 512]) {
    const strides = filters === x.channels ? 1 : 2;
    const first = strides === 1 ? net.conv(x, filters, 3, 1, 'same') : net.conv(net.pad(x, 1, 1), filters, 3, 2, 'valid');
    const y = net.normalize(net.conv(net.rectify(net.normalize(first)), filters, 3, 1, 'same'));
    const skip = strides === 1 ? x : net.normalize(net.conv(x, filters, 1, 2, 'valid'));
    x = net.rectify(net.add('Add', {}, [y, skip], filters));
  }
  net.dense(net.add('GlobalAveragePooling2D', {}, [x], 512), 1000, 'linear');
}

function mobilenetV2(net: Sketch): void {
  let x = net.rectify(net.normalize(net.conv(net.pad(net.image(), 0, 1), 32, 3, 2, 'valid')), 6);
  for (const [expansion, filters, repeats, strides] of [[1, 16, 1, 1], [6, 24, 2, 2], [6, 32, 3, 2], [6, 64, 4, 2], [6, 96, 3, 1], [6, 160, 3, 2], [6, 320, 1, 1]] as const) {
    for (let i = 0; i < repeats; i++) {
      const step = i === 0 ? strides : 1;
      const wide = expansion === 1 ? x : net.rectify(net.normalize(net.conv(x, x.channels * expansion, 1, 1, 'same')), 6);
      const y = net.normalize(net.conv(net.rectify(net.normalize(net.depthwise(wide, step)), 6), filters, 1, 1, 'same'));
      x = step === 1 && x.channels === filters ? net.add('Add', {}, [x, y], filters) : y;
    }
  }
  x = net.rectify(net.normalize(net.conv(x, 1280, 1, 1, 'same')), 6);
  net.dense(net.add('GlobalAveragePooling2D', {}, [x], 1280), 1000, 'linear');
}

function vgg16(net: Sketch): void {
  let x = net.image();
  for (const [filters, repeats] of [[64, 2], [128, 2], [256, 3], [512, 3], [512, 3]] as const) {
    for (let i = 0; i < repeats; i++) x = net.conv(x, filters, 3, 1, 'same', { activation: 'relu' });
    x = net.add('MaxPooling2D', { pool_size: [2, 2], strides: [2, 2], padding: 'valid' }, [x], filters);
  }
  const flat = net.add('Flatten', {}, [x], 512 * 7 * 7);
  net.dense(net.dense(net.dense(flat, 4096, 'relu'), 4096, 'relu'), 1000, 'linear');
}

/** The networks that are there as models of TensorFlow.js, with the architectures of those that PyTorch exports and weights of their own. */
const SKETCHES: Readonly<Record<string, (net: Sketch) => void>> = { resnet18, mobilenet_v2: mobilenetV2, vgg16 };

/** Whether a network is there as a model of TensorFlow.js. */
export function hasTfjsForm(name: string): boolean {
  return name in SKETCHES;
}

/** Where the model of a network is written to. */
export function tfjsPath(folder: string, name: string): string {
  return join(folder, `${name}-tfjs`, 'model.json');
}

/** Writes a network as a layers model of TensorFlow.js. */
export function writeTfjsNetwork(folder: string, name: string): void {
  const sketch = SKETCHES[name];
  if (sketch === undefined) throw new Error(`internal: ${name} has no form for TensorFlow.js`);
  const net = new Sketch();
  sketch(net);
  const [first, last] = [net.layers[0]?.name, net.layers[net.layers.length - 1]?.name];
  const modelTopology = { class_name: 'Model', config: { name, layers: net.layers, input_layers: [[first, 0, 0]], output_layers: [[last, 0, 0]] } };
  const weights = net.weights.map((weight) => ({ name: weight.name, shape: weight.shape, dtype: 'float32' }));
  const path = tfjsPath(folder, name);
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(join(path, '../weights.bin'), Buffer.concat(net.weights.map(({ values }) => Buffer.from(values.buffer))));
  writeFileSync(path, JSON.stringify({ format: 'layers-model', modelTopology, weightsManifest: [{ paths: ['weights.bin'], weights }] }));
}
