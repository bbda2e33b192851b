import { html, type Html, ours } from './escape.ts';
import type { Mark } from './view.ts';

/*
 * The shapes of states. Each can be told without its colour.
 */

/** Drawings of 14 by 14, referred to by `glyph`. */
export const glyphs: Html = ours(`<svg width="0" height="0" class="hidden" aria-hidden="true"><defs>
<symbol id="g-landed" viewBox="0 0 14 14"><circle cx="7" cy="7" r="6.2" class="gf"/><path d="M4.2 7.2l2 2 3.7-4.2" class="gi"/></symbol>
<symbol id="g-failed" viewBox="0 0 14 14"><rect x="1" y="1" width="12" height="12" rx="2" class="gf"/><path d="M4.6 4.6l4.8 4.8M9.4 4.6l-4.8 4.8" class="gi"/></symbol>
<symbol id="g-question" viewBox="0 0 14 14"><path d="M7 .3L13.7 7 7 13.7.3 7z" class="gf"/><path d="M7 3.9v3.6M7 9.6v.4" class="gi"/></symbol>
<symbol id="g-approval" viewBox="0 0 14 14"><circle cx="7" cy="7" r="5.9" class="go"/><path d="M5.2 5.6c0-2.3 3.6-2.3 3.6 0 0 1.5-1.8 1.3-1.8 2.7M7 10.2v.3" class="go"/></symbol>
<symbol id="g-waiting" viewBox="0 0 14 14"><circle cx="7" cy="7" r="5.6" class="go gd"/></symbol>
</defs></svg>`);

const names: Readonly<Record<Mark, string>> = {
  landed: 'landed',
  failed: 'failed',
  question: 'question',
  approval: 'approval',
  waiting: 'waiting',
};

/** The name of a mark in words. */
export function markName(mark: Mark): string {
  return names[mark];
}

/**
 * A mark, drawn by the style, since a page may have thousands. Its name is read by screen readers unless the words beside
 * it say it.
 */
export function glyph(mark: Mark | 'flaky' | 'met' | 'none', label: string | null = null): Html {
  return label === null
    ? html`<i class="g ${mark}" aria-hidden="true"></i>`
    : html`<i class="g ${mark}" role="img" aria-label="${label}"></i>`;
}

/** A mark within a drawing. */
export function glyphAt(mark: Mark, x: string, y: string): Html {
  return html`<svg x="${x}" y="${y}" width="13" height="13" class="gs ${mark}">${uses[mark]}</svg>`;
}

const uses: Readonly<Record<Mark, Html>> = {
  landed: ours('<use href="#g-landed"/>'),
  failed: ours('<use href="#g-failed"/>'),
  question: ours('<use href="#g-question"/>'),
  approval: ours('<use href="#g-approval"/>'),
  waiting: ours('<use href="#g-waiting"/>'),
};
