import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from '@jest/globals';
import { chromium, type Page } from 'playwright-core';
import { reportPage, type ReportContent } from '../src/report/page.ts';
import type { ResultRow } from '../src/store/result-row.ts';
import { analysisRows, failed, record } from './example-rows.ts';

const BROWSER = [process.env['CHROMIUM'] ?? '', '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) => existsSync(path));
const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];
/** One dark pixel. */
const PIXEL = 'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==';

/** Opens the page in a browser and reports what it asked for and complained about. */
async function openPage(html: string, look: (page: Page) => Promise<void>): Promise<{ readonly requests: string[]; readonly errors: string[] }> {
  const folder = mkdtempSync(join(tmpdir(), 'pellucid-report-'));
  const browser = await chromium.launch({ executablePath: BROWSER ?? '', args: FLAGS });
  try {
    const file = join(folder, 'report.html');
    writeFileSync(file, html);
    const page = await browser.newPage({ viewport: { width: 1400, height: 900 } });
    const requests: string[] = [];
    const errors: string[] = [];
    page.on('request', (request) => requests.push(request.url()));
    page.on('console', (message) => { if (message.type() === 'error') errors.push(message.text()); });
    page.on('pageerror', (error) => errors.push(error.message));
    await page.goto(pathToFileURL(file).href);
    await look(page);
    return { requests: requests.filter((url) => !url.startsWith('data:')), errors };
  } finally {
    await browser.close();
    rmSync(folder, { recursive: true });
  }
}

const withCurve = (row: ResultRow): ResultRow => ({
  ...row, curve: { at: [0, 0.5, 1], mean: [0.9, 0.4, 0.1], low: [0.8, 0.3, 0], high: [1, 0.5, 0.2] },
});
const content: ReportContent = {
  record,
  rows: [...analysisRows().map(withCurve), ...analysisRows('insertion').map((row) => ({ ...row, backend: 'tfjs' })), failed({ method: 'grad-cam' }, 'LAYER_UNSUITABLE', 'no layer <b>fits</b>')],
  pruning: [],
  examples: [{ dataset: 'shapes', model: 'plain', backend: 'onnxruntime', methods: ['good'], examples: [{ className: 'disc', image: PIXEL, maps: [PIXEL] }] }],
  records: [{ title: 'Evolution', url: PIXEL, animation: null }],
};

/** The least contrast of any text with what is behind it, and where: WCAG 2.2, 1.4.3. */
const LEAST_CONTRAST = `(() => {
  for (const details of document.querySelectorAll('details')) details.open = true;
  const parse = (text) => { const [r, g, b, a = 1] = text.match(/[0-9.]+/g).map(Number); return { rgb: [r, g, b], a }; };
  const luminance = (rgb) => { const [r, g, b] = rgb.map((part) => (part / 255 <= 0.04045 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4)); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
  let least = { ratio: 99, text: '' };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (walker.currentNode.data.trim() === '' || element.closest('style')) continue;
    const style = getComputedStyle(element);
    let behind = element;
    while (behind && parse(getComputedStyle(behind).backgroundColor).a === 0) behind = behind.parentElement;
    const paper = behind ? parse(getComputedStyle(behind).backgroundColor).rgb : [255, 255, 255];
    const [a, b] = [luminance(parse(element.closest('svg') ? style.fill : style.color).rgb), luminance(paper)];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < least.ratio) least = { ratio, text: walker.currentNode.data };
  }
  return least;
})()`;

/** What a screen reader would miss. */
const UNNAMED = `(() => {
  const found = [];
  for (const image of document.querySelectorAll('img:not([alt]), svg:not([aria-label])')) found.push(image.outerHTML.slice(0, 80));
  for (const table of document.querySelectorAll('table')) {
    if (!table.caption?.textContent.trim()) found.push('table without a caption');
    if (table.querySelector('th:not([scope])')) found.push('head without a scope');
  }
  const levels = [...document.querySelectorAll('h1,h2,h3,h4')].map((heading) => Number(heading.tagName[1]));
  levels.forEach((level, i) => { if (level > (levels[i - 1] ?? 0) + 1) found.push('heading ' + level + ' after ' + levels[i - 1]); });
  const ids = [...document.querySelectorAll('[id]')].map(({ id }) => id);
  if (new Set(ids).size < ids.length) found.push('an id twice');
  for (const link of document.querySelectorAll('a[href^="#"]')) if (!document.getElementById(link.getAttribute('href').slice(1))) found.push('link to nothing: ' + link.href);
  for (const region of document.querySelectorAll('[role=region], nav')) if (!region.getAttribute('aria-label')) found.push('region without a name');
  return found;
})()`;

// Skipped where no Chromium is installed: set CHROMIUM to the path of one.
const inBrowser = BROWSER === undefined ? test.skip : test;

inBrowser.each([['light', 1400], ['dark', 1400], ['light', 390], ['dark', 390]] as const)('in %s, %s pixels wide, everything can be read, named and reached, without a request or a complaint', async (colorScheme, width) => {
  const { requests, errors } = await openPage(reportPage(content), async (page) => {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize({ width, height: 900 });
    expect(await page.getByText('no layer <b>fits</b>').isVisible()).toBe(true);
    const { ratio, text } = await page.evaluate<{ ratio: number; text: string }>(LEAST_CONTRAST);
    expect([text, ratio >= 4.5]).toEqual([text, true]);
    expect(await page.evaluate<string[]>(UNNAMED)).toEqual([]);
    const loaded = await page.locator('img').evaluateAll((images) => images.map((image) => 'naturalWidth' in image && image.naturalWidth === 1));
    expect(loaded).toEqual(new Array(loaded.length).fill(true));
    const [across, window] = await page.evaluate<[number, number]>('[document.documentElement.scrollWidth, window.innerWidth]');
    expect(across).toBeLessThanOrEqual(window);
    await page.evaluate('window.scrollTo(0, 0)');
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Skip to the results');
    await page.keyboard.press('Enter');
    expect(await page.evaluate('location.hash')).toBe('#content');
  });
  expect(requests.map((url) => url.replace(/.*\//, ''))).toEqual(['report.html']);
  expect(errors).toEqual([]);
}, 60_000);

inBrowser('it prints, and hostile names do nothing', async () => {
  const hostile = '<script>document.title="taken"</script><img src=x onerror="document.title=1">';
  const rows = content.rows.map((row) => (row.method === 'good' ? { ...row, method: hostile } : row));
  const { errors } = await openPage(reportPage({ ...content, rows }), async (page) => {
    expect(await page.title()).toBe('Pellucid bench');
    expect(await page.locator('svg').first().textContent()).toContain('<script>');
    const pdf = await page.pdf({ preferCSSPageSize: true });
    expect(pdf.subarray(0, 5).toString('latin1')).toBe('%PDF-');
    expect(pdf.length).toBeGreaterThan(10_000);
  });
  expect(errors).toEqual([]);
}, 60_000);
