/**
 * A fast fingerprint (64 bits and a length) to detect changes; not collision-resistant against an attacker. Loading
 * node:crypto would take a quick command a tenth of its time.
 */
export class Fingerprint {
  #a = 0xdeadbeef;
  #b = 0x41c6ce57;
  #length = 0;

  add(text: string): this {
    let a = this.#a;
    let b = this.#b;
    for (let index = 0; index < text.length; index++) {
      const code = text.charCodeAt(index);
      a = Math.imul(a ^ code, 2_654_435_761);
      b = Math.imul(b ^ code, 1_597_334_677);
      a = (a << 13) | (a >>> 19);
    }
    this.#a = Math.imul(a ^ (a >>> 16), 2_246_822_507) ^ (b >>> 13);
    this.#b = Math.imul(b ^ (b >>> 16), 3_266_489_909) ^ (a >>> 13);
    this.#length += text.length;
    return this;
  }

  toString(): string {
    return [this.#a >>> 0, this.#b >>> 0, this.#length].map((part) => part.toString(36)).join('.');
  }
}
