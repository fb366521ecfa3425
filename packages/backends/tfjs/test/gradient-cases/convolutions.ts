import * as tf from '@tensorflow/tfjs-core';

import { filter, images, on, portable, weights, type GradientCase } from './gradient-case.ts';

const filter3 = (...shape: [number, number, number, number, number]): tf.Tensor5D => weights(...shape) as tf.Tensor5D;
const volumes = (compute: (x: tf.Tensor5D) => tf.Tensor): GradientCase => on([1, 4, 4, 3, 2], compute);

/** Convolutions in one, two and three dimensions. */
export const CONVOLUTIONS: Readonly<Record<string, GradientCase>> = {
  convolution: images((x) => tf.conv2d(x, filter(3, 3, 2, 3), 1, 'same')),
  'convolution, stride 2': images((x) => tf.conv2d(x, filter(3, 3, 2, 3), 2, 'same')),
  'convolution, unpadded, strides 2 and 1': images((x) => tf.conv2d(x, filter(2, 3, 2, 3), [2, 1], 'valid')),
  'convolution, 1x1, stride 2': images((x) => tf.conv2d(x, filter(1, 1, 2, 3), 2, 'same')),
  'convolution, dilated': on<tf.Tensor4D>([2, 6, 7, 2], (x) => tf.conv2d(x, filter(3, 3, 2, 3), 1, 'same', 'NHWC', 2)),
  'convolution, fused': images((x) => tf.fused.conv2d({ x, filter: filter(3, 3, 2, 3), strides: 1, pad: 'same', bias: weights(3) })),
  'convolution, fused, stride 2, no bias': images((x) => tf.fused.conv2d({ x, filter: filter(3, 3, 2, 3), strides: 2, pad: 'same' })),
  'convolution, fused with rectifier': images((x) =>
    tf.fused.conv2d({ x, filter: filter(1, 1, 2, 2), strides: 1, pad: 'same', bias: tf.tensor1d([0.013, -0.017]), activation: 'relu' }),
  ),
  'convolution, fused, dilated': on<tf.Tensor4D>([2, 6, 6, 2], (x) =>
    tf.fused.conv2d({ x, filter: filter(3, 3, 2, 3), strides: 1, pad: 'same', dilations: 2, bias: weights(3) }),
  ),
  'convolution, transposed': on<tf.Tensor4D>([2, 3, 3, 2], (x) => tf.conv2dTranspose(x, filter(3, 3, 4, 2), [2, 6, 6, 4], 2, 'same')),
  'convolution in one dimension': on<tf.Tensor3D>([2, 7, 2], (x) => tf.conv1d(x, weights(3, 2, 3) as tf.Tensor3D, 1, 'same')),
  'depthwise convolution': images((x) => tf.depthwiseConv2d(x, filter(3, 3, 2, 2), 1, 'same')),
  'depthwise convolution, stride 2': images((x) => tf.depthwiseConv2d(x, filter(3, 3, 2, 1), 2, 'same')),
  'depthwise convolution, dilated': on<tf.Tensor4D>([2, 6, 6, 2], (x) => tf.depthwiseConv2d(x, filter(3, 3, 2, 1), 1, 'same', 'NHWC', 2)),
  'depthwise convolution, fused': images((x) =>
    tf.fused.depthwiseConv2d({ x, filter: filter(3, 3, 2, 1), strides: 1, pad: 'same', bias: weights(2) }),
  ),
  'depthwise convolution, fused, dilated': on<tf.Tensor4D>([2, 6, 6, 2], (x) =>
    tf.fused.depthwiseConv2d({ x, filter: filter(3, 3, 2, 1), strides: 1, pad: 'same', dilations: 2, bias: weights(2) }),
  ),
  'separable convolution': images((x) => tf.separableConv2d(x, filter(3, 3, 2, 1), filter(1, 1, 2, 3), 1, 'same')),
  'convolution, 1x1': images((x) => tf.conv2d(x, filter(1, 1, 2, 3), 1, 'same')),
  'convolution, 1x1, padded': portable(images((x) => tf.conv2d(x, filter(1, 1, 2, 3), 1, 1))),
  'convolution, even filter': images((x) => tf.conv2d(x, filter(2, 2, 2, 3), 1, 'same')),
  'convolution, 5x5, stride 2': images((x) => tf.conv2d(x, filter(5, 5, 2, 2), 2, 'same')),
  'convolution, stride 3': on<tf.Tensor4D>([1, 7, 8, 2], (x) => tf.conv2d(x, filter(3, 3, 2, 2), 3, 'same')),
  'convolution, stride beyond the filter': on<tf.Tensor4D>([1, 7, 8, 2], (x) => tf.conv2d(x, filter(2, 2, 2, 2), [3, 4], 'valid')),
  'convolution, padded by numbers': portable(images((x) => tf.conv2d(x, filter(3, 3, 2, 3), 1, 1))),
  'convolution, padded by numbers, stride 2': portable(images((x) => tf.conv2d(x, filter(3, 3, 2, 3), 2, [[0, 0], [1, 2], [0, 1], [0, 0]]))),
  'convolution, padded by more than the filter': portable(images((x) => tf.conv2d(x, filter(2, 2, 2, 3), 1, 3))),
  'convolution, dilated along one axis': on<tf.Tensor4D>([2, 6, 7, 2], (x) => tf.conv2d(x, filter(3, 3, 2, 3), 1, 'valid', 'NHWC', [1, 2])),
  'convolution, fused, padded by numbers': portable(images((x) => tf.fused.conv2d({ x, filter: filter(3, 3, 2, 3), strides: 2, pad: 1, bias: weights(3) }))),
  'convolution, channels first': { ...on<tf.Tensor4D>([2, 2, 4, 5], (x) => tf.conv2d(x, filter(3, 3, 2, 3), 1, 'same', 'NCHW')), engines: ['cpu'] },
  'convolution, transposed, unpadded': on<tf.Tensor4D>([1, 3, 4, 2], (x) => tf.conv2dTranspose(x, filter(2, 3, 3, 2), [1, 6, 9, 3], 2, 'valid')),
  'convolution, transposed, stride 1': on<tf.Tensor4D>([2, 3, 4, 2], (x) => tf.conv2dTranspose(x, filter(3, 3, 3, 2), [2, 3, 4, 3], 1, 'same')),
  'convolution in one dimension, stride 2': on<tf.Tensor3D>([2, 8, 2], (x) => tf.conv1d(x, weights(3, 2, 3) as tf.Tensor3D, 2, 'valid')),
  'convolution in one dimension, dilated': on<tf.Tensor3D>([2, 9, 2], (x) => tf.conv1d(x, weights(3, 2, 3) as tf.Tensor3D, 1, 'same', 'NWC', 2)),
  'depthwise convolution, stride 2, two outputs each': images((x) => tf.depthwiseConv2d(x, filter(3, 3, 2, 2), 2, 'valid')),
  'depthwise convolution, dilated, two outputs each': on<tf.Tensor4D>([2, 6, 6, 2], (x) => tf.depthwiseConv2d(x, filter(3, 3, 2, 2), 1, 'same', 'NHWC', 2)),
  'depthwise convolution, padded by numbers': portable(images((x) => tf.depthwiseConv2d(x, filter(3, 3, 2, 1), 1, 1))),
  'depthwise convolution, padded by a number for each side': images((x) => tf.depthwiseConv2d(x, filter(3, 3, 2, 2), 1, [[0, 0], [1, 2], [0, 3], [0, 0]])),
  'depthwise convolution, fused, stride 2': images((x) =>
    tf.fused.depthwiseConv2d({ x, filter: filter(3, 3, 2, 1), strides: 2, pad: 'same', bias: weights(2) }),
  ),
  'depthwise convolution, fused with a clipped rectifier': images((x) =>
    tf.fused.depthwiseConv2d({ x, filter: filter(1, 1, 2, 1), strides: 1, pad: 'valid', bias: tf.tensor1d([0.013, -0.017]), activation: 'relu6' }),
  ),
  'convolution in three dimensions': volumes((x) => tf.conv3d(x, filter3(2, 3, 3, 2, 2), 1, 'same')),
  'convolution in three dimensions, stride 2': volumes((x) => tf.conv3d(x, filter3(3, 3, 2, 2, 2), [1, 2, 2], 'same')),
  'convolution in three dimensions, unpadded, stride 2': volumes((x) => tf.conv3d(x, filter3(2, 2, 3, 2, 2), 2, 'valid')),
  'convolution in three dimensions, dilated': portable(on<tf.Tensor5D>([1, 5, 5, 4, 1], (x) => tf.conv3d(x, filter3(2, 3, 2, 1, 2), 1, 'same', 'NDHWC', 2))),
  'convolution in three dimensions, transposed': on<tf.Tensor5D>([1, 2, 3, 2, 2], (x) =>
    tf.conv3dTranspose(x, filter3(3, 3, 2, 2, 2), [1, 4, 6, 4, 2], 2, 'same'),
  ),
};
