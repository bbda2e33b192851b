import type { Browser } from 'playwright-core';
import remarkGfm from 'remark-gfm';
import remarkParse from 'remark-parse';
import { SaxesParser } from 'saxes';
import { unified } from 'unified';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { reporters } from '../../src/report/reporters.ts';
import { openBrowser, openText } from '../support/browser.ts';
import { foreignTexts } from '../support/foreign-text.ts';
import { madeReport } from '../support/made-report.ts';

const small = { units: 24, agents: 6 };
const asHtml = reporters.ofReports('html');
let browser: Browser;
beforeAll(async () => {
  browser = await openBrowser();
});
afterAll(async () => browser.close());

/** Texts that have become more than text in the pages and logs of others. */
const payloads: readonly string[] = [
  '<script>alert(1)</script>',
  '</script><script>alert(1)</script>',
  '</style><style>*{display:none}</style>',
  '</title><img src=x onerror=alert(1)>',
  '"><img src=x onerror=alert(1)>',
  "' autofocus onfocus='alert(1)",
  '" onmouseover="alert(1)" style="position:fixed;inset:0" x="',
  '<svg onload=alert(1)><animate onbegin=alert(1) attributeName=x dur=1s>',
  '</svg><iframe src="javascript:alert(1)"></iframe>',
  '<base href="https://evil.example/"><a href=x>',
  '<meta http-equiv="refresh" content="0;url=https://evil.example/">',
  '<link rel=stylesheet href=//evil.example/x.css>',
  '<form action=https://evil.example><button>x</button></form>',
  '<math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>',
  '<!--><img src=x onerror=alert(1)>-->',
  ']]><script>alert(1)</script><![CDATA[',
  '&lt;script&gt;alert(1)&lt;/script&gt; &#60;b&#62; &unknown;',
  'javascript:alert(1)',
  'data:text/html,<script>alert(1)</script>',
  'https://evil.example/x?a=b&c=d',
  '[x](javascript:alert(1)) ![x](https://evil.example/i.png)',
  '${alert(1)} {{7*7}} <%= 7 %> #{7}',
  '\u001b[2J\u001b]8;;https://evil.example\u0007link\u001b]8;;\u0007 \u009b31m',
  '\u202egnp.exe\u202c \u2066x\u2069 \u200f \ufff9',
  '\u0000\u0001\u0008\u000b\u000c\u000e\u001f\u007f\u0085',
  '\ud800 \udfff lone \ufffe\uffff',
  'a\r\nb\u2028c\u2029d\n::error::x\n##vso[task.setvariable]x\n::add-mask::x',
  '\n+++ b/x\n--- a/x\n@@ -1 +1 @@\n+<b>x</b>\n-<i>y</i>',
  `unit/../../x?y#z%00%2e%2e/"'<>`,
  '𝕏'.repeat(300),
  'x'.repeat(5000),
];
const corpus = [...payloads, ...foreignTexts(30, 7)];

/** A report with a payload wherever an agent, a spec, a program or a host could have written. */
const hostile = (payload: string) => madeReport({ ...small, text: (what) => `${payload}${what}${payload}` });

/** What no format may hold: characters that move, colour, hide or reorder what a person reads. */
const unsafe = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/;

describe('a payload in every text of a report', () => {
  interface Census {
    readonly kinds: readonly string[];
    readonly links: readonly string[];
    readonly wrong: readonly string[];
    readonly text: string;
  }
  /** Kinds of elements with the names of their attributes, where links lead to, and attributes that could act. */
  const census = String.raw`(() => {
    const all = [...document.querySelectorAll('*')];
    const kinds = all.map((one) => [one.localName, ...[...one.attributes].map(({ name }) => name).sort()].join(' '));
    const links = all.flatMap((one) => one.getAttribute('href') ?? []);
    const acts = (one) => [...one.attributes].some(({ name }) => /^on|^style$|^src|^action$/.test(name));
    const isOurs = (link) => /^#[\w./%!~*()-]*$|^\.\/[\w./%!~*()-]+$/.test(link);
    return {
      kinds: [...new Set(kinds)],
      links: [...new Set(links.map((link) => (isOurs(link) ? link[0] : link)))].sort(),
      wrong: all.filter(acts).map(({ outerHTML }) => outerHTML.slice(0, 200)),
      text: document.documentElement.textContent,
    };
  })()`;
  test('stays text in the browser: no element, attribute or link of its own, no dialog, request or error', async () => {
    const harmless = await openText(browser, asHtml(madeReport(small), '/state/runs/x'));
    const known = await harmless.page.evaluate<Census>(census);
    expect([harmless.did, known.wrong, known.links]).toEqual([[], [], ['#', '.']]);
    await harmless.close();
    for (const payload of corpus) {
      const { page, did, close } = await openText(browser, asHtml(hostile(payload), '/state/runs/x'));
      await page.mouse.move(300, 300);
      await page.keyboard.press('j');
      const { kinds, links, wrong, text } = await page.evaluate<Census>(census);
      const others = kinds.filter((kind) => !known.kinds.includes(kind));
      const found = { payload, did, others, wrong, links: links.filter((link) => link !== '#' && link !== '.') };
      expect(found).toEqual({ payload, did: [], others: [], wrong: [], links: [] });
      expect([payload, unsafe.exec(text)]).toEqual([payload, null]);
      await close();
    }
  }, 900_000);

  test('stays text in Markdown, JSON, JUnit, and what GitHub and GitLab read', () => {
    const parser = unified().use(remarkParse).use(remarkGfm);
    for (const payload of corpus) {
      const report = hostile(payload);
      for (const format of ['md', 'github']) {
        const kinds = new Set<string>();
        const walk = (node: { type: string; children?: unknown[] }): void => {
          kinds.add(node.type);
          for (const child of node.children ?? []) walk(child as typeof node);
        };
        walk(parser.parse(reporters.ofReports(format)(report)));
        const live = ['html', 'link', 'linkReference', 'image', 'imageReference', 'definition', 'footnoteReference'];
        const allowed = format === 'github' ? ['html'] : []; // its own details, tested with its format
        expect([payload, format, live.filter((kind) => kinds.has(kind) && !allowed.includes(kind))]).toEqual([
          payload,
          format,
          [],
        ]);
      }
      const xml = new SaxesParser();
      const elements = new Set<string>();
      xml.on('opentag', ({ name }) => void elements.add(name));
      xml.on('error', (error) => {
        throw error;
      });
      xml.write(reporters.ofReports('junit')(report)).close();
      const ours = ['testsuites', 'testsuite', 'testcase', 'failure', 'error', 'skipped', 'system-out'];
      expect([payload, [...elements].filter((name) => !ours.includes(name))]).toEqual([payload, []]);
      const json = reporters.ofReports('json')(report);
      expect(JSON.parse(json)).toEqual(JSON.parse(JSON.stringify(report)));
      for (const format of ['md', 'github', 'gitlab', 'junit', 'json', 'html'])
        expect([payload, format, unsafe.exec(reporters.ofReports(format)(report))]).toEqual([payload, format, null]);
    }
  });
});

describe('the page', () => {
  test('reads whole without its script', async () => {
    const report = madeReport(small);
    const { page, did, close } = await openText(browser, asHtml(report), { javaScriptEnabled: false });
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('21 of 24 landed, 3 need you');
    const titles = await page.locator('.unit h3').allTextContents();
    expect(titles.toSorted()).toEqual(report.units.map(({ title }) => title).toSorted());
    const hidden: string[] = [];
    for (const heading of await page.locator('.unit h3').all())
      if (!(await heading.isVisible())) hidden.push((await heading.textContent()) ?? '');
    expect([hidden, did]).toEqual([[], []]);
    expect(await page.locator('button:visible').count()).toBe(1); // the one for keys, of which all others are a part
    await close();
  });

  test('shows one unit at a time: by link, by key, by filter, and by what is searched', async () => {
    const { page, did, close } = await openText(browser, asHtml(madeReport(small)), {}, '#unit/storage-6/criterion/1');
    const shown = () =>
      page.evaluate<string[]>(
        `[...document.querySelectorAll('.unit')].filter((one) => one.checkVisibility()).map(({ id }) => id)`,
      );
    const listed = () => page.locator('.list li:visible').count();
    expect(await shown()).toEqual(['unit/storage-6']);
    await page.keyboard.press('j');
    const [next = ''] = await shown();
    expect([next === 'unit/storage-6', new URL(page.url()).hash]).toEqual([false, `#${next}`]);
    await page.keyboard.press('k');
    expect(await shown()).toEqual(['unit/storage-6']);

    await page.getByRole('button', { name: 'Needs you 3' }).click();
    expect(await listed()).toBe(3);
    await page.getByRole('button', { name: /^All / }).click();
    await page.keyboard.press('/');
    await page.keyboard.type('hmac-sha256');
    await expect.poll(listed).toBe(1);
    await page.keyboard.press('Escape');
    expect(await listed()).toBe(26);

    const theme = () => page.evaluate<string>('getComputedStyle(document.body).backgroundColor');
    const light = await theme();
    await page.keyboard.press('t');
    expect([light, await theme()]).toEqual(['rgb(255, 255, 255)', 'rgb(16, 18, 21)']);
    expect(did).toEqual([]);
    await close();
  });

  test.each([
    ['a desk', { width: 1440, height: 900 }],
    ['a phone', { width: 390, height: 844 }],
  ])('fits on %s, and its parts have names', async (_name, viewport) => {
    const { page, close } = await openText(browser, asHtml(madeReport(small)), { viewport });
    const wide = await page.evaluate<number>('document.documentElement.scrollWidth - innerWidth');
    expect(await page.evaluate('scrollY')).toBe(0); // it begins with its first screen
    const names = await page.evaluate<string[]>(
      `[...document.querySelectorAll('main section')].map((one) => document.getElementById(one.getAttribute('aria-labelledby')).textContent)`,
    );
    const unnamed = await page.evaluate<string[]>(
      `[...document.querySelectorAll('a, button, input')].filter((one) => (one.textContent + (one.getAttribute('aria-label') ?? '')).trim() === '').map(({ outerHTML }) => outerHTML)`,
    );
    const ids = await page.evaluate<string[]>(`[...document.querySelectorAll('[id]')].map(({ id }) => id)`);
    expect({ wide: Math.max(0, wide), unnamed, twice: ids.filter((id, index) => ids.indexOf(id) !== index) }).toEqual({
      ...{ wide: 0, unnamed: [], twice: [] },
    });
    expect(names).toEqual([
      ...[
        '21 of 24 landed, 3 need you',
        'Timeline',
        'Graph',
        'Units',
        'Failures by cause',
        'History',
        'Proposed by agents',
      ],
    ]);
    await close();
  });

  test('is written to paper with all that failed open', async () => {
    const { page, close } = await openText(browser, asHtml(madeReport(small)));
    await page.emulateMedia({ media: 'print' });
    expect(await page.locator('.unit[data-mark=failed] .pane:visible').count()).toBeGreaterThan(0);
    expect([await page.locator('.top').isVisible(), await page.locator('.tabs').isVisible()]).toEqual([false, false]);
    await close();
  });

  test('of 1,000 units is under 5 MB, and takes the browser under 2 s of work to show', async () => {
    const text = asHtml(madeReport({ units: 1000, agents: 50 }), '/state/runs/x');
    expect(Buffer.byteLength(text)).toBeLessThan(5_000_000);
    const took: number[] = [];
    for (let round = 0; round < 3; round++) {
      const { page, did, close } = await openText(browser, '<!doctype html>');
      const session = await page.context().newCDPSession(page);
      // Its own work, so that other programs of this machine do not count.
      await session.send('Performance.enable', { timeDomain: 'threadTicks' });
      await page.setContent(text, { waitUntil: 'load' });
      await page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))');
      const { metrics } = await session.send('Performance.getMetrics');
      took.push(metrics.find(({ name }) => name === 'TaskDuration')?.value ?? Infinity);
      expect(did).toEqual([]);
      await close();
    }
    expect(Math.min(...took)).toBeLessThan(2);
  }, 120_000);
});
