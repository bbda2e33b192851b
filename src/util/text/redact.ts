/** Shorter values may occur in a text by chance. */
const minLength = 8;

/** Removes known secrets from texts. */
export interface Redactor {
  /** Replaces each known value with `[secret]`. */
  text(text: string): string;
  /** True if the bytes contain a known value. */
  isIn(bytes: Uint8Array): boolean;
}

/** A redactor for these values; ignores empty and very short ones. */
export function createRedactor(secrets: readonly (string | undefined)[]): Redactor {
  const known = [...new Set(secrets)].filter((secret): secret is string => (secret?.length ?? 0) >= minLength);
  return {
    text: (text) => known.reduce((result, secret) => result.replaceAll(secret, '[secret]'), text),
    isIn: (bytes) =>
      known.some((secret) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).includes(secret)),
  };
}
