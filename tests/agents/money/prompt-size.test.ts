import { expect, test } from 'vitest';
import { pixelsOf, promptTokens, tokensCounted } from '../../../src/agents/money/prompt-size.ts';

function png(width: number, height: number): string {
  const bytes = Buffer.alloc(33);
  bytes.writeUInt32BE(0x89504e47, 0);
  bytes.write('IHDR', 12, 'latin1');
  bytes.writeUInt32BE(width, 16);
  bytes.writeUInt32BE(height, 20);
  return bytes.toString('base64');
}

function jpeg(...frames: readonly (readonly [number, number])[]): string {
  const segments = frames.map(([width, height]) => {
    const bytes = Buffer.alloc(19);
    bytes.writeUInt16BE(0xffc0, 0);
    bytes.writeUInt16BE(17, 2);
    bytes.writeUInt16BE(height, 5);
    bytes.writeUInt16BE(width, 7);
    return bytes;
  });
  const comment = Buffer.from([0xff, 0xfe, 0, 4, 0xff, 0xd8]);
  return Buffer.concat([Buffer.from([0xff, 0xd8]), comment, ...segments, Buffer.alloc(12, 0xff)]).toString('base64');
}

const largest = 64_000_000;

test('an image counts by the pixels it declares, or by the most that any can have', () => {
  expect(pixelsOf(png(1000, 750))).toBe(750_000);
  expect(pixelsOf(jpeg([30, 20]))).toBe(600);
  expect(pixelsOf(jpeg([1, 1], [4000, 3000]))).toBe(12_000_000); // whichever of them is shown
  expect(pixelsOf(png(0, 5))).toBe(largest);
  expect(pixelsOf(png(1e6, 1e6))).toBe(largest);
  expect(pixelsOf(Buffer.from('GIF89a').toString('base64'))).toBe(largest);
});

const image = (data: string): object => ({ type: 'image', source: { type: 'base64', media_type: 'image/png', data } });
const document = (source: object): object => ({ type: 'document', source });
const nested = (block: object): object => ({ type: 'tool_result', tool_use_id: 't', content: [block] });
const pdf = document({ type: 'base64', media_type: 'application/pdf', data: 'JVBERi0=' });
const tokens = (content: unknown, window: number | null = null, more: object = {}): number =>
  promptTokens({ messages: [{ role: 'user', content }], ...more }, window);
const plain = tokens('');

test('a token is a byte at least, of what a text is brought into', () => {
  expect(tokens('x'.repeat(1000)) - plain).toBe(1000);
  expect(tokens('語'.repeat(1000)) - plain).toBe(3000);
  expect(tokens('\u{FDFA}'.repeat(1000)) - plain).toBeGreaterThan(30_000); // one sign that stands for a sentence
  expect(tokens('x'.repeat(300_000), 200_000)).toBe(200_000); // more than the window is never read
});

test('an image is its pixels wherever it is sent, and what only looks like one is text', () => {
  const big = png(4000, 3000);
  for (const block of [image(big), nested(image(big)), document({ type: 'content', content: [image(big)] })]) {
    expect(tokens([block]) - plain).toBeGreaterThanOrEqual(16_000);
    expect(tokens([block]) - plain).toBeLessThan(16_300);
  }
  const padded = `${png(10, 10)}${'A'.repeat(90_000)}`;
  expect(tokens([image(padded)]) - plain).toBeLessThan(300);
  const called = { type: 'tool_use', id: 't', name: 'x', input: image(padded) };
  expect(tokens([called]) - plain).toBeGreaterThan(90_000);
});

test('a document may fill the window: nobody here knows its pages', () => {
  for (const block of [pdf, nested(pdf)])
    expect([tokens([block], 200_000), tokens([block])]).toEqual([200_000, 1_000_000]);
  const text = document({ type: 'text', media_type: 'text/plain', data: 'x'.repeat(5000) });
  expect(tokens([text]) - plain).toBeLessThan(5200);
});

test('a tool that is named is read again', () => {
  const tools = [{ name: 'x', description: 'y'.repeat(10_000), input_schema: {} }];
  const named = Array.from({ length: 5 }, () => ({ type: 'tool_reference', tool_name: 'x' }));
  const once = tokens('', null, { tools });
  expect(tokens([nested(named[0] ?? {})], null, { tools }) - once).toBeGreaterThan(10_000);
  expect(tokens([{ type: 'tool_result', tool_use_id: 't', content: named }], null, { tools }) - once).toBeGreaterThan(
    50_000,
  );
});

test('a count is a number that a prompt can have, with a margin; all else that a host says counts nothing', () => {
  const counts = [1, 3000, 1_000_000].map((input_tokens) => tokensCounted({ input_tokens, more: true }));
  expect(counts).toEqual([202, 3350, 1_050_200]);
  const numbers = [0, -1, 1.5, 1e300, Number.NaN, Number.MAX_SAFE_INTEGER, '3000', null, {}, [3000]];
  const said = [null, undefined, 7, 'x', '', [], {}, { error: { message: 'no such endpoint' } }];
  const odd = [...said, ...numbers.map((input_tokens) => ({ input_tokens }))];
  expect(odd.map(tokensCounted)).toEqual(odd.map(() => null));
});
