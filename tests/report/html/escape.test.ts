import { expect, test } from 'vitest';
import { file, html, type Html, ours, place } from '../../../src/report/html/escape.ts';

test('text becomes no markup, no attribute, no escape sequence and no hidden order', () => {
  const text = `<script>alert("1")</script> & 'x' \u001b[31mred\u202e\u0000 \ud800`;
  const shown = '&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; &amp; &#39;x&#39; red&lt;U+202E&gt; \ufffd';
  expect(html`<p title="${text}">${text}${[1, null, html`<b>${'<'}</b>`]}</p>`.text).toBe(
    `<p title="${shown}">${shown}1<b>&lt;</b></p>`,
  );
});

test('an address is a place of the page or a relative path, whatever it is made of', () => {
  const targets = ['javascript:alert(1)', '//evil.example/x', 'a b/"c', '../up/x.log', "it's", 'https://evil.example'];
  expect(targets.map((target) => html`<a href="${file(target)}">x</a>`.text)).toEqual([
    '<a href="./javascript%3Aalert(1)">x</a>',
    '<a href=".///evil.example/x">x</a>',
    '<a href="./a%20b/%22c">x</a>',
    '<a href="./../up/x.log">x</a>',
    '<a href="./it%27s">x</a>',
    '<a href="./https%3A//evil.example">x</a>',
  ]);
  expect(html`<a href="${place('unit/a b/criterion/1')}">x</a>`.text).toBe('<a href="#unit/a%20b/criterion/1">x</a>');
});

const x = 'x';
// prettier-ignore: it would mend what is wrong here
const wrong: readonly (readonly [string, () => Html])[] = [
  ['text as an address', () => html`<a href="${x}">x</a>`],
  ['text as an address after another part', () => html`<a class="${x}" href="${x}">x</a>`],
  ['an address as text', () => html`<p>${place('x')}</p>`],
  ['text in a handler', () => html`<p onclick="${x}">x</p>`],
  ['text in a handler, later', () => html`<p class="a" onclick="a(${x})">x</p>`],
  ['text in a style', () => html`<p style="color: ${x}">x</p>`],
  ['text as a source', () => html`<img src="${x}" />`],
  ['text in an attribute without quotes', () => html`<p class=${x}>x</p>`],
  ['text as an attribute', () => html`<p ${x}>x</p>`],
  ['text as the name of an element', () => html`<${x}></${x}>`],
  [
    'text in a script',
    () =>
      html`<script>
        ${x};
      </script>`,
  ],
  [
    'text in a style sheet',
    () =>
      html`<style>
        ${x}
      </style>`,
  ],
  ['markup in an attribute', () => html`<p class="${html`<b></b>`}">x</p>`],
];
test.each(wrong)('a template refuses %s', (_name, make) => {
  expect(make).toThrow('Internal error: this may not stand after');
});

test('its own constants may stand where text may not', () => {
  expect(html`<details${ours(' open')}><style>${ours('a{}')}</style></details>`.text).toBe(
    '<details open><style>a{}</style></details>',
  );
});
