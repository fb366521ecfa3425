/** What every layer has. */
interface LayerBase {
  /** Unique in the network; the name of the layer's value in every exported format, such as `block1/conv1`. */
  readonly name: string;
  /** The layer whose value it takes; `input` for the image. @defaultValue the layer before it in the list */
  readonly from?: string | undefined;
}

/** A two-dimensional convolution with bias and a square kernel, without activation. */
export interface ConvLayer extends LayerBase {
  readonly kind: 'conv';
  readonly filters: number;
  /** Height and width of the kernel. */
  readonly kernel: number;
  /** @defaultValue 1 */
  readonly stride?: number | undefined;
  /** `same`: the output has ceil(length / stride) rows and columns, any odd zero goes to the end. @defaultValue 'same' */
  readonly padding?: 'same' | 'valid' | undefined;
}

/** Mean over square windows that lie wholly inside the image. */
export interface AveragePoolLayer extends LayerBase {
  readonly kind: 'average-pool';
  /** Height and width of the window. */
  readonly size: number;
  /** @defaultValue the size */
  readonly stride?: number | undefined;
}

/** Maximum over square windows. */
export interface MaxPoolLayer extends LayerBase {
  readonly kind: 'max-pool';
  /** Height and width of the window. */
  readonly size: number;
  /** @defaultValue the size */
  readonly stride?: number | undefined;
  /** As of a convolution; what lies outside is never the maximum. @defaultValue 'valid' */
  readonly padding?: 'same' | 'valid' | undefined;
}

/** A pooling layer. */
export type PoolLayer = AveragePoolLayer | MaxPoolLayer;

/**
 * Batch normalisation of an image, with a scale and an offset per channel that are learned. In training each batch is normalised by its own
 * mean and variance, of which running means (a tenth of each batch's) are kept for afterwards.
 * @see {@link https://arxiv.org/abs/1502.03167 | Ioffe and Szegedy 2015}
 */
export interface BatchNormLayer extends LayerBase {
  readonly kind: 'batch-norm';
}

/** A layer without settings. */
export interface SimpleLayer extends LayerBase {
  readonly kind: 'relu' | 'global-average-pool' | 'flatten';
}

/** A matrix product with bias, without activation. */
export interface DenseLayer extends LayerBase {
  readonly kind: 'dense';
  readonly units: number;
}

/** The sum of two values of the same shape: where a skip connection ends. */
export interface AddLayer extends LayerBase {
  readonly kind: 'add';
  /** The layer whose value is added. */
  readonly with: string;
}

/** One layer of a network, as data. */
export type LayerDefinition = ConvLayer | BatchNormLayer | PoolLayer | SimpleLayer | DenseLayer | AddLayer;

/** A network as data: layers in the order of execution. The last one gives the logits, [N, classes]. */
export interface NetworkDefinition {
  readonly name: string;
  /** Height, width and channels of an image. */
  readonly input: readonly [height: number, width: number, channels: number];
  readonly classes: number;
  readonly layers: readonly LayerDefinition[];
}

/** What the parameterised networks take. */
export interface NetworkSize {
  /** Height, width and channels of an image. */
  readonly input: readonly [height: number, width: number, channels: number];
  readonly classes: number;
  /** Channels of the first convolution. */
  readonly width?: number | undefined;
}
