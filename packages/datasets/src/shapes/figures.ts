/**
 * The classes: an outline and a texture each. Only comparisons, products and sums, which IEEE 754 rounds alike everywhere, so that every
 * platform draws the same bits.
 */
export interface Figure {
  readonly name: string;
  /** Whether a point of the object's own frame (centre 0, scale 1) lies inside. Every outline has the area of the unit disc. */
  readonly contains: (u: number, v: number) => boolean;
  /** Which of the two tones a point has; (x, y) is in texture periods from the centre. About half of the points have each. */
  readonly dark: (x: number, y: number) => boolean;
}

// Bound once: millions of points are asked, and a global may be looked up slowly (as in the contexts of test runners).
const { abs, floor, max, min } = Math;

const isOdd = (x: number): boolean => floor(x) % 2 !== 0;

// Lengths that give every outline the area pi: neither size nor brightness tells the class.
const SQUARE_HALF_SIDE = 0.886226925452758; // sqrt(pi) / 2
const DIAMOND_HALF_DIAGONAL = 1.2533141373155; // sqrt(pi / 2)
const TRIANGLE_HEIGHT = 2.33267511535761; // sqrt(pi sqrt(3)), equilateral
const TRIANGLE_SLOPE = 0.577350269189626; // 1 / sqrt(3)
const CROSS_HALF_WIDTH = 0.42;
const CROSS_HALF_SPAN = 1.14499781; // (pi + 4 w^2) / (8 w)
const RING_INNER_SQUARED = 0.45;
const RING_OUTER_SQUARED = 1.45;
const DOT_RADIUS_SQUARED = 0.16; // dots of 0.4 periods cover half of the plane

const insideTriangle = (u: number, v: number): boolean => {
  const fromApex = v + (TRIANGLE_HEIGHT * 2) / 3;
  return fromApex > 0 && fromApex < TRIANGLE_HEIGHT && abs(u) < fromApex * TRIANGLE_SLOPE;
};

const insideCross = (u: number, v: number): boolean => {
  const short = min(abs(u), abs(v));
  const long = max(abs(u), abs(v));
  return short < CROSS_HALF_WIDTH && long < CROSS_HALF_SPAN;
};

const insideRing = (u: number, v: number): boolean => {
  const squared = u * u + v * v;
  return squared > RING_INNER_SQUARED && squared < RING_OUTER_SQUARED;
};

const insideDot = (x: number, y: number): boolean => {
  const dx = x - floor(x) - 0.5;
  const dy = y - floor(y) - 0.5;
  return dx * dx + dy * dy < DOT_RADIUS_SQUARED;
};

/** The figures in the order of their class index. */
export const FIGURES: readonly Figure[] = [
  { name: 'striped disc', contains: (u, v) => u * u + v * v < 1, dark: (x) => isOdd(2 * x) },
  {
    name: 'checked square',
    contains: (u, v) => abs(u) < SQUARE_HALF_SIDE && abs(v) < SQUARE_HALF_SIDE,
    dark: (x, y) => isOdd(2 * x) !== isOdd(2 * y),
  },
  { name: 'dotted triangle', contains: insideTriangle, dark: insideDot },
  {
    name: 'nested diamond',
    contains: (u, v) => abs(u) + abs(v) < DIAMOND_HALF_DIAGONAL,
    dark: (x, y) => isOdd(1.5 * (abs(x) + abs(y))),
  },
  { name: 'quartered cross', contains: insideCross, dark: (x, y) => x * y > 0 },
  { name: 'spoked ring', contains: insideRing, dark: (x, y) => x * y * (x * x - y * y) > 0 },
];
