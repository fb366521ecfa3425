import { expect, test } from '@jest/globals';
import sharp from 'sharp';
import { encodeAnimation, encodePng, scaleToWidth, type RgbaPixels } from './encode-image.ts';

const plain = (width: number, height: number, colour: readonly number[]): RgbaPixels =>
  ({ width, height, data: Uint8ClampedArray.from({ length: width * height * 4 }, (_, i) => colour[i % 4]!) });
const FRAMES = [plain(6, 4, [255, 0, 0, 255]), plain(6, 4, [0, 0, 255, 255]), plain(6, 4, [0, 128, 0, 255])];

test('a PNG file holds the pixels as they are, or over a background', async () => {
  const picture = plain(3, 2, [200, 100, 50, 128]);
  const kept = await sharp(await encodePng(picture)).raw().toBuffer({ resolveWithObject: true });
  expect([kept.info.width, kept.info.height, kept.info.channels]).toEqual([3, 2, 4]);
  expect([...kept.data]).toEqual([...picture.data]);
  const opaque = await sharp(await encodePng(picture, { background: 'white' })).raw().toBuffer({ resolveWithObject: true });
  expect(opaque.info.channels).toBe(3);
  // Half of the colour and half of white.
  [227, 177, 152].forEach((level, channel) => { expect(Math.abs(opaque.data[channel]! - level)).toBeLessThanOrEqual(1); });
});

test('a scaled picture keeps its aspect', async () => {
  const { width, height, data } = await scaleToWidth(plain(40, 20, [10, 20, 30, 255]), 10);
  expect([width, height, data.length, ...data.subarray(0, 4)]).toEqual([10, 5, 200, 10, 20, 30, 255]);
});

test.each(['webp', 'gif'] as const)('an animation (%s) has every frame for its time, and runs forever', async (format) => {
  const bytes = await encodeAnimation(FRAMES, [100, 200, 600], format);
  expect(await sharp(bytes, { animated: true }).metadata()).toMatchObject({ format, pages: 3, delay: [100, 200, 600], loop: 0, width: 6, pageHeight: 4 });
  for (const [page, { data }] of FRAMES.entries()) {
    const decoded = await sharp(bytes, { page }).removeAlpha().raw().toBuffer();
    expect([...decoded.subarray(0, 3)]).toEqual([...data.subarray(0, 3)]);
  }
});

test('frames that do not go together are refused', () => {
  const refused = (frames: readonly RgbaPixels[], delays: readonly number[], message: RegExp): void =>
    { expect(() => encodeAnimation(frames, delays, 'gif')).toThrow(expect.objectContaining({ code: 'REQUEST_INVALID', message: expect.stringMatching(message) })); };
  refused([], [], /no frame/);
  refused([...FRAMES, plain(4, 6, [0, 0, 0, 255])], [1, 1, 1, 1], /frame 3 has 4 x 6 pixels, frame 0 6 x 4/);
  refused(FRAMES, [100], /1 delays for 3 frames/);
});
