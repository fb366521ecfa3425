/**
 * Ways to compute the same gradient faster, each of which can be left out to see what it is worth; `docs/speed.md` has the measurements.
 * - `batch-halves`: backward rules over samples and their baselines give both the same gradient: convolutions and dense layers pass it back once, and the
 *   batch is not joined and cut again between two rules
 * - `blocked-masks`: masks of ReLU and ReLU6 as depthwise convolutions of one element, which stay in the blocked layout that ONNX Runtime gives
 *   convolutions on x64 CPUs, where every other operator costs two conversions
 * - `channels-last-pools`: the gradient of a max-pool behind a ReLU, whose windows lie side by side, is interleaved with the channels last, many values at a time
 * - `flipped-computed-weights`: a stride-1 convolution whose weights the model computes is differentiated by one with flipped weights too
 * - `late-interleaving`: the phases of a gradient are masked and passed through a convolution to fewer channels before they are interleaved
 * - `masks-behind-pools`: the mask of a ReLU that only a max-pool reads is applied behind the pool, where there is less to mask
 * - `narrow-transposed`: a stride-1 convolution of few input channels, such as the first of a network, is differentiated by ConvTranspose, since a
 *   convolution of few output channels pays for a whole block of them
 * - `phase-convolutions`: a convolution with strides is differentiated by one convolution per phase, all in the blocked layout, whose results are interleaved
 * - `rectified-masks`: blocked masks of ReLU6 by ReLUs, which convolutions apply while they write, in place of Clip and LeakyReLU
 * - `reference-slopes`: the quotient of changes of a ReLU6 with what the baseline alone decides apart, so that it is computed once for a baseline that is kept
 * - `secant-slopes`: the quotient of changes of a ReLU or ReLU6 between sample and baseline, from what stands before it alone
 * - `shortcut-phases`: the gradient of a convolution by one element with strides, as shortcuts of residual networks have it, is added to the one phase of
 *   the other branch that it reaches
 * - `weight-gradients-by-taps`: the gradient at the weights of a convolution as one matrix product per tap of its kernel
 * - `pool-distances`: where a window of a max-pool behind a ReLU has its maximum is told by two depthwise convolutions in place of a comparison
 * - `pool-phases`: the gradient of a max-pool whose windows lie side by side, behind a convolution of few input channels, passes through that convolution at
 *   the pool's size, and is interleaved behind it
 * - `pool-picks`: what the windows of a max-pool behind a ReLU read at one place is picked by a depthwise convolution instead of a slice with steps
 */
export const OPTIMIZATIONS = ['batch-halves', 'blocked-masks', 'channels-last-pools', 'flipped-computed-weights', 'late-interleaving', 'masks-behind-pools', 'narrow-transposed', 'phase-convolutions', 'pool-distances', 'pool-phases', 'pool-picks', 'rectified-masks', 'reference-slopes', 'secant-slopes', 'shortcut-phases', 'weight-gradients-by-taps'] as const;

/** The name of an optimisation. */
export type Optimization = (typeof OPTIMIZATIONS)[number];
