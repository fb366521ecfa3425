import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from '@jest/globals';
import { chromium, type Page } from 'playwright-core';
import { reportPage } from '../src/report/page.ts';
import { failed, ok, record } from './example-rows.ts';

const BROWSER = [process.env['CHROMIUM'] ?? '', '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) => existsSync(path));
const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];
/** One dark pixel. */
const PIXEL = 'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==';

const rows = [ok({}, 0.25), ok({ metric: 'insertion' }, 0.5), failed({ method: 'grad-cam' }, 'LAYER_UNSUITABLE', 'no layer <b>fits</b>')];

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

// Skipped where no Chromium is installed: set CHROMIUM to the path of one.
(BROWSER === undefined ? test.skip : test)('a browser shows the whole report from the one file, without a request or a complaint', async () => {
  const html = reportPage({ record, rows, pruning: [], examples: [], records: [{ title: 'Evolution', url: PIXEL }] });
  const { requests, errors } = await openPage(html, async (page) => {
    expect(await page.locator('table').first().locator('tbody tr').count()).toBe(2);
    expect(await page.getByText('no layer <b>fits</b>').isVisible()).toBe(true);
    const loaded = await page.locator('img').evaluateAll((images) => images.map((image) => 'naturalWidth' in image && image.naturalWidth === 1));
    expect(loaded).toEqual([true]);
    const [content, window] = await page.evaluate('[document.documentElement.scrollWidth, window.innerWidth]') as [number, number];
    expect(content).toBeLessThanOrEqual(window);
  });
  expect(requests).toHaveLength(1);
  expect(errors).toEqual([]);
});
