import type { Pixels, Point, Rgb } from '../pixels.ts';

/** A picture at a place of a figure: `x` and `y` of its upper left corner. */
export interface FigurePicture {
  readonly kind: 'picture';
  readonly x: number;
  readonly y: number;
  readonly picture: Pixels;
}

/** A line of text that stands on the height `y`, and begins, has its middle or ends at `x`. */
export interface FigureText {
  readonly kind: 'text';
  readonly x: number;
  readonly y: number;
  readonly text: string;
  readonly fontSize: number;
  readonly anchor: 'start' | 'middle' | 'end';
}

/** Lines from point to point. */
export interface FigureLines {
  readonly kind: 'lines';
  readonly lines: readonly (readonly Point[])[];
  readonly colour: Rgb;
  /** In pixels. */
  readonly width: number;
}

/** A figure before it is drawn: `figurePixels` and `figureSvg` make the same of it. */
export interface Figure {
  readonly width: number;
  readonly height: number;
  readonly background: Rgb;
  /** Of all text. */
  readonly ink: Rgb;
  /** From the lowest to the uppermost. */
  readonly items: readonly (FigurePicture | FigureText | FigureLines)[];
  /** What is seen, for those who cannot see it. */
  readonly alternativeText: string;
}
