/** Shorter values are too likely to stand in a text by chance. */
const minLength = 8;

/** Takes known secrets out of texts. */
export interface Redactor {
  /** The text with `[secret]` in place of each known value. */
  text(text: string): string;
  /** True when some known value stands in the bytes. */
  isIn(bytes: Uint8Array): boolean;
}

/** A redactor for these values; empty and very short ones are left alone. */
export function createRedactor(secrets: readonly (string | undefined)[]): Redactor {
  const known = [...new Set(secrets)].filter((secret): secret is string => (secret?.length ?? 0) >= minLength);
  return {
    text: (text) => known.reduce((result, secret) => result.replaceAll(secret, '[secret]'), text),
    isIn: (bytes) =>
      known.some((secret) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).includes(secret)),
  };
}
