export { colourBar, type ColourBarOptions } from './colour/colour-bar.ts';
export {
  colourScale, DIVERGING_SCALES, SEQUENTIAL_SCALES, type DivergingScale, type ScaleName, type SequentialScale,
} from './colour/scales.ts';
export { grid, type GridPictureOptions } from './grid/grid.ts';
export { labelsSvg } from './grid/labels-svg.ts';
export { layoutGrid, type GridCell, type GridLayout, type GridOptions, type Rectangle } from './grid/layout-grid.ts';
export { normaliseMap, type NormalisedMap, type NormaliseOptions, type Sign } from './map/normalise.ts';
export { heatMap, type HeatMapOptions } from './picture/heat-map.ts';
export { imagePixels, type ImagePixelsOptions } from './picture/image-pixels.ts';
export { maskedImage, type MaskedImageOptions } from './picture/masked-image.ts';
export { overlay, type OverlayOptions } from './picture/overlay.ts';
export { blank, enlarge, type Pixels, type Rgb } from './pixels.ts';
export { describe } from './text/describe.ts';
