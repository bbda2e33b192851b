import { z } from 'zod';

/*
 * An upper bound of a prompt's tokens, from the request: a token is at least one byte of text, images count by pixels,
 * and a document counts as the model's whole window, since its pages are unknown.
 */

/** Tokens that a provider adds, such as tool instructions and message boundaries. */
const addedTokens = 2000;
/** Pixels of an image per token. */
const pixelsEach = 750;
/** Pixels of the largest accepted image: 8000 by 8000. */
const mostPixels = 64_000_000;
/** The largest window of any model. */
const widestWindow = 1_000_000;

/** The maximum prompt tokens of a request; `window`: the model's context window, null if unknown. */
export function promptTokens(request: Readonly<Record<string, unknown>>, window: number | null): number {
  const text = JSON.stringify(request);
  const media = mediaIn(request['messages']);
  const fits = window ?? widestWindow;
  if (media.documents > 0) return fits;
  // A reference to a tool repeats its definition.
  const named = text.split('"type":"tool_reference"').length - 1;
  const tools: readonly unknown[] = Array.isArray(request['tools']) ? request['tools'] : [];
  const largest = named === 0 ? 0 : Math.max(0, ...tools.map((tool) => byteLength(JSON.stringify(tool))));
  const bytes = byteLength(text) - media.imageBytes + named * largest;
  const tokens = bytes + Math.ceil(media.pixels / pixelsEach) + addedTokens;
  return window === null ? tokens : Math.min(tokens, fits);
}

const countedSchema = z.object({ input_tokens: z.int().min(1).max(1_000_000_000) });

/** The provider's token count plus a margin, since it is an estimate; null for an invalid count. */
export function tokensCounted(said: unknown): number | null {
  const { data } = countedSchema.safeParse(said);
  return data === undefined ? null : Math.ceil(data.input_tokens * 1.05) + 200;
}

/** Bytes of a text, or of its NFKC form if larger: one character may expand to a phrase. */
function byteLength(text: string): number {
  const bytes = Buffer.byteLength(text);
  return bytes === text.length ? bytes : Math.max(bytes, Buffer.byteLength(text.normalize('NFKC')));
}

interface Media {
  readonly pixels: number;
  /** Bytes of the images as sent. */
  readonly imageBytes: number;
  readonly documents: number;
}

const noMedia: Media = { pixels: 0, imageBytes: 0, documents: 0 };

function add(a: Media, b: Media): Media {
  return {
    pixels: a.pixels + b.pixels,
    imageBytes: a.imageBytes + b.imageBytes,
    documents: a.documents + b.documents,
  };
}

/** The images and documents in blocks, nested ones included. */
function mediaIn(blocks: unknown): Media {
  if (!Array.isArray(blocks)) return noMedia;
  return blocks.map(mediaOf).reduce(add, noMedia);
}

function mediaOf(block: unknown): Media {
  if (typeof block !== 'object' || block === null) return noMedia;
  const { type, source, content } = block as { type?: unknown; source?: unknown; content?: unknown };
  const { type: kind, data, content: inner } = (source ?? {}) as { type?: unknown; data?: unknown; content?: unknown };
  if (type === 'image') {
    const isSent = kind === 'base64' && typeof data === 'string';
    return {
      ...noMedia,
      pixels: isSent ? pixelsOf(data) : mostPixels,
      imageBytes: isSent ? Buffer.byteLength(data) : 0,
    };
  }
  const isText = kind === 'text' || kind === 'content';
  if (type === 'document' && !isText) return { ...noMedia, documents: 1 };
  return add(mediaIn(content), mediaIn(inner));
}

/** Pixels of a base64 PNG or JPEG; the maximum if unreadable. */
export function pixelsOf(base64: string): number {
  const bytes = Buffer.from(base64, 'base64');
  const size = sizeOfPng(bytes) ?? sizeOfJpeg(bytes);
  return size === null || size === 0 ? mostPixels : Math.min(size, mostPixels);
}

function sizeOfPng(bytes: Buffer): number | null {
  const isPng =
    bytes.length >= 24 && bytes.readUInt32BE(0) === 0x89504e47 && bytes.toString('latin1', 12, 16) === 'IHDR';
  return isPng ? bytes.readUInt32BE(16) * bytes.readUInt32BE(20) : null;
}

/** The largest announced frame. */
function sizeOfJpeg(bytes: Buffer): number | null {
  if (bytes.length < 4 || bytes.readUInt16BE(0) !== 0xffd8) return null;
  let largest = 0;
  for (let at = 2; at + 9 < bytes.length && bytes[at] === 0xff;) {
    const marker = bytes[at + 1] ?? 0;
    if (marker === 0xff) {
      at++; // fill byte
      continue;
    }
    if (marker === 0xda) break; // start of image data
    const isFrame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
    if (isFrame) largest = Math.max(largest, bytes.readUInt16BE(at + 5) * bytes.readUInt16BE(at + 7));
    at += 2 + bytes.readUInt16BE(at + 2);
  }
  return largest === 0 ? null : largest;
}
