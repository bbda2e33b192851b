import { z } from 'zod';

/*
 * The most tokens that a prompt can be, going by what is sent. A token stands for a byte of text at least; an image is as
 * large as its pixels; and of a document nobody here knows the pages, only that it has to fit into the model's window.
 */

/** Tokens of what a provider adds by itself: how tools are used, where messages begin. */
const addedTokens = 2000;
/** Pixels of an image that are one token. */
const pixelsEach = 750;
/** Pixels of the largest image that a provider takes: 8000 by 8000. */
const mostPixels = 64_000_000;
/** The largest window that any model has. */
const widestWindow = 1_000_000;

/** Tokens that a request's prompt can be at most; `window` is what fits into the model's context, null for nobody knows. */
export function promptTokens(request: Readonly<Record<string, unknown>>, window: number | null): number {
  const text = JSON.stringify(request);
  const media = mediaIn(request['messages']);
  const fits = window ?? widestWindow;
  if (media.documents > 0) return fits;
  // Where a tool is named, its definition is read again.
  const named = text.split('"type":"tool_reference"').length - 1;
  const tools: readonly unknown[] = Array.isArray(request['tools']) ? request['tools'] : [];
  const largest = named === 0 ? 0 : Math.max(0, ...tools.map((tool) => byteLength(JSON.stringify(tool))));
  const bytes = byteLength(text) - media.imageBytes + named * largest;
  const tokens = bytes + Math.ceil(media.pixels / pixelsEach) + addedTokens;
  return window === null ? tokens : Math.min(tokens, fits);
}

const countedSchema = z.object({ input_tokens: z.int().min(1).max(1_000_000_000) });

/**
 * Tokens to reckon with by what a provider says that it counted, and a little more, since it promises an estimate; null
 * where it says no number that a prompt can have.
 */
export function tokensCounted(said: unknown): number | null {
  const { data } = countedSchema.safeParse(said);
  return data === undefined ? null : Math.ceil(data.input_tokens * 1.05) + 200;
}

/** Bytes of a text, or of what it is brought into before it is cut into tokens: a single sign may stand for a sentence. */
function byteLength(text: string): number {
  const bytes = Buffer.byteLength(text);
  return bytes === text.length ? bytes : Math.max(bytes, Buffer.byteLength(text.normalize('NFKC')));
}

interface Media {
  readonly pixels: number;
  /** Of the images, as they are sent. */
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

/** Images and documents among blocks, and among the blocks within them. */
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

/** Pixels of a PNG or JPEG in base64; as many as an image can have where that cannot be seen. */
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

/** The largest frame that it announces. */
function sizeOfJpeg(bytes: Buffer): number | null {
  if (bytes.length < 4 || bytes.readUInt16BE(0) !== 0xffd8) return null;
  let largest = 0;
  for (let at = 2; at + 9 < bytes.length && bytes[at] === 0xff;) {
    const marker = bytes[at + 1] ?? 0;
    if (marker === 0xff) {
      at++; // fill
      continue;
    }
    if (marker === 0xda) break; // the picture itself
    const isFrame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
    if (isFrame) largest = Math.max(largest, bytes.readUInt16BE(at + 5) * bytes.readUInt16BE(at + 7));
    at += 2 + bytes.readUInt16BE(at + 2);
  }
  return largest === 0 ? null : largest;
}
