export { evolution, type Evolution, type EvolutionOptions, type Moment } from './animation/evolution.ts';
export { colourBar, type ColourBarOptions } from './colour/colour-bar.ts';
export {
  colourScale, DIVERGING_SCALES, SEQUENTIAL_SCALES, type DivergingScale, type ScaleName, type SequentialScale,
} from './colour/scales.ts';
export type { ColourLegend } from './figure/colour-legend.ts';
export { composeFigure, type FigureOptions, type Panel } from './figure/compose.ts';
export type { Figure, FigureLines, FigurePicture, FigureText } from './figure/figure.ts';
export { figurePixels, type FigurePixelsOptions } from './figure/figure-pixels.ts';
export { figureSvg } from './figure/figure-svg.ts';
export { grid, type GridPictureOptions } from './grid/grid.ts';
export { layoutGrid, type GridLayout, type GridOptions, type Rectangle } from './grid/layout-grid.ts';
export { contourLines, type Contour, type ContourOptions } from './map/contours.ts';
export { areFarFromZero, farEnds, type FarEnds, type FarEndsOptions } from './map/far-ends.ts';
export {
  isCut, normaliseMap, sharedRange, type ColourEnds, type MapSample, type NormalisedMap, type NormaliseOptions, type Sign,
} from './map/normalise.ts';
export { colourField } from './picture/colour-field.ts';
export { greyscale, type GreyscaleOptions } from './picture/greyscale.ts';
export { heatMap, type HeatMapOptions } from './picture/heat-map.ts';
export { imagePixels, type ImagePixelsOptions } from './picture/image-pixels.ts';
export { alphaScaledImage, maskedImage, type MaskedImageOptions } from './picture/masked-image.ts';
export { overlay, type OverlayOptions } from './picture/overlay.ts';
export { visualise, VIEWS, type View, type VisualiseOptions } from './picture/visualise.ts';
export { blank, enlarge, type Pixels, type Point, type Rgb } from './pixels.ts';
export { describe, type DescribeOptions } from './text/describe.ts';
