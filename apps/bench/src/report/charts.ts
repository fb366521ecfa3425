import * as echarts from 'echarts';
import { html, type Markup } from './markup.ts';

/** The library wants colours that it can read; on the page they follow the style, light or dark. */
const INK = '#0a0b0c';
const LINE = '#0d0e0f';
const FAINT = '#0f1a1b';
const SERIES = ['#a00001', '#a00002', '#a00003', '#a00004', '#a00005', '#a00006', '#a00007', '#a00008'] as const;
const VARIABLES: ReadonlyMap<string, string> = new Map([
  [INK, 'var(--quiet)'], [LINE, 'var(--line)'], [FAINT, 'var(--faint)'], ...SERIES.map((colour, i) => [colour, `var(--s${i})`] as const),
]);

const WIDTH = 900;

function draw(height: number, option: Parameters<echarts.ECharts['setOption']>[0], name: string): Markup {
  const chart = echarts.init(null, null, { renderer: 'svg', ssr: true, width: WIDTH, height });
  chart.setOption({ animation: false, backgroundColor: 'transparent', textStyle: { fontFamily: 'system-ui, sans-serif' }, ...option });
  let svg = chart.renderToSVGString();
  chart.dispose();
  for (const [colour, variable] of VARIABLES) svg = svg.replaceAll(new RegExp(`${colour}|rgb\\(${[1, 3, 5].map((i) => parseInt(colour.slice(i, i + 2), 16)).join(',')}\\)`, 'gi'), variable);
  const label = html`role="img" aria-label="${name}"`.html;
  return { html: svg.replace('<svg ', () => `<svg ${label} `).replace(/(<svg [^>]*?) width="\d+" height="\d+"/, '$1') };
}

const axis = (name: string, more: object = {}): object => ({
  name, nameLocation: 'middle', nameGap: 34, nameTextStyle: { color: INK, fontSize: 13 }, axisLabel: { color: INK, fontSize: 12 },
  axisLine: { lineStyle: { color: INK } }, axisTick: { lineStyle: { color: INK } }, splitLine: { lineStyle: { color: LINE } }, ...more,
});

/** A line with its interval at every point. */
export interface Band {
  readonly name: string;
  readonly at: readonly number[];
  readonly mean: readonly number[];
  readonly low: readonly number[];
  readonly high: readonly number[];
  readonly dashed: boolean;
}

/** Values at the same places, none where there is none. */
export interface Line {
  readonly name: string;
  readonly values: readonly (number | null)[];
}

/** Lines over named places. */
export function lineChart(lines: readonly Line[], places: readonly string[], axes: { readonly horizontal: string; readonly vertical: string }, name: string): Markup {
  return draw(340, {
    grid: { left: 62, right: 170, top: 16, bottom: 54 },
    legend: { orient: 'vertical', left: 742, top: 10, itemWidth: 28, textStyle: { color: INK, fontSize: 12 } },
    xAxis: axis(axes.horizontal, { type: 'category', data: [...places] }), yAxis: axis(axes.vertical, { type: 'value', scale: true, nameGap: 44 }),
    series: lines.map((line, i) => ({
      type: 'line', name: line.name, data: [...line.values], color: SERIES[i % SERIES.length], lineStyle: { width: 2, color: SERIES[i % SERIES.length] },
    })),
  }, name);
}

/** Lines with bands: those named, before thin grey ones. */
export function bandChart(bands: readonly Band[], others: readonly Omit<Band, 'dashed'>[], axes: { readonly horizontal: string; readonly vertical: string }, name: string): Markup {
  const points = (at: readonly number[], values: readonly number[]): number[][] => at.map((x, i) => [x, values[i]!]);
  const grey = others.map((line) => ({
    type: 'line', name: '', data: points(line.at, line.mean), symbol: 'none', silent: true, lineStyle: { color: FAINT, width: 1, opacity: 0.55 }, z: 1,
  }));
  const shades = bands.map((band, i) => ({
    type: 'custom', name: '', silent: true, z: 2, data: [[band.at[0] ?? 0, band.low[0] ?? 0]],
    renderItem: (_: unknown, api: { coord: (point: number[]) => number[] }) => ({
      type: 'polygon', style: { fill: SERIES[i % SERIES.length], opacity: 0.13 },
      shape: { points: [...points(band.at, band.high), ...points(band.at, band.low).reverse()].map((point) => api.coord(point)) },
    }),
  }));
  const lines = bands.map((band, i) => ({
    type: 'line', name: band.name, data: points(band.at, band.mean), symbol: 'none', z: 3, color: SERIES[i % SERIES.length],
    lineStyle: { width: 2, type: band.dashed ? 'dashed' : 'solid', color: SERIES[i % SERIES.length] },
  }));
  return draw(400, {
    grid: { left: 62, right: 250, top: 16, bottom: 54 },
    legend: {
      orient: 'vertical', left: 662, top: 10, itemWidth: 28, textStyle: { color: INK, fontSize: 12, width: 195, overflow: 'truncate' },
      data: bands.map((band) => ({ name: band.name, icon: 'rect' })), itemHeight: 3,
    },
    xAxis: axis(axes.horizontal, { type: 'value', min: 0, max: 1 }),
    yAxis: axis(axes.vertical.split(',')[0] ?? '', { type: 'value', nameGap: 36 }),
    series: [...grey, ...shades, ...lines],
  }, name);
}

/** A point with its name. */
export interface Point {
  readonly name: string;
  readonly x: number;
  readonly y: number;
  readonly control: boolean;
}

/** Named points; the horizontal axis is logarithmic, the vertical one has its best at the top. */
export function scatterChart(points: readonly Point[], axes: { readonly horizontal: string; readonly vertical: string }, name: string): Markup {
  const series = (control: boolean): object => ({
    type: 'scatter', symbol: control ? 'diamond' : 'circle', symbolSize: control ? 11 : 9, itemStyle: { opacity: 1 }, color: SERIES[control ? 1 : 0],
    data: points.filter((point) => point.control === control).map((point) => ({ name: point.name, value: [point.x, point.y] })),
    label: { show: true, formatter: '{b}', position: 'right', fontSize: 10, color: INK }, labelLayout: { hideOverlap: true },
  });
  return draw(520, {
    grid: { left: 62, right: 190, top: 16, bottom: 54 },
    xAxis: axis(axes.horizontal, { type: 'log', axisLabel: { color: INK, fontSize: 12, formatter: (value: number) => Number(value.toPrecision(3)).toString() } }),
    yAxis: axis(axes.vertical, { type: 'value', inverse: true, nameGap: 42 }),
    series: [series(false), series(true)],
  }, name);
}
