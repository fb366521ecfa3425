/** A stored file. */
export interface ZooFile {
  /** Absolute path. */
  readonly path: string;
  /** SHA-256, hexadecimal. */
  readonly sha256: string;
}

/** A trained network and how it was made. Both formats hold the same network: unscaled images from 0 to 1 in, logits out. */
export interface ZooEntry {
  /** Kebab case: `plain-cnn`. */
  readonly name: string;
  /** In words. */
  readonly architecture: string;
  /** Height, width and channels of an image. */
  readonly input: readonly [height: number, width: number, channels: number];
  readonly classNames: readonly string[];
  /** What it was trained and tested on. */
  readonly data: { readonly name: string; readonly trainingImages: number; readonly testImages: number; readonly seed: number };
  /** How it was trained: Adam from scratch. */
  readonly training: {
    readonly seed: number; readonly epochs: number; readonly batchSize: number; readonly learningRate: number; readonly engine: string;
  };
  /** Share of the test images whose highest logit is their class, 0 to 1. */
  readonly accuracy: number;
  /** Number of trained values. */
  readonly parameters: number;
  /** ONNX, opset 17: `input` [batch, channels, height, width]. */
  readonly onnx: ZooFile;
  /** A LayersModel of TensorFlow.js, by its `model.json`: `input` [batch, height, width, channels]. */
  readonly tfjs: ZooFile & { readonly weights: ZooFile };
}
