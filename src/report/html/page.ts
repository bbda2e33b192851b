import { createHash } from 'node:crypto';
import path from 'node:path';
import type { Report } from '../../model/report.ts';
import { html, type Html, ours } from './escape.ts';
import { failures } from './failures.ts';
import { glyphs } from './glyphs.ts';
import { graph } from './graph.ts';
import { followups, historySection } from './history.ts';
import { overview } from './overview.ts';
import { script } from './script.ts';
import { style } from './style.ts';
import { timeline } from './timeline.ts';
import { unitsSection } from './units.ts';
import { needsPerson, viewOf, type View } from './view.ts';

/*
 * The report as one HTML file. It reads without its script, and asks nobody for anything: its policy allows exactly the one
 * style and the one script of this program, and no request.
 */

const hash = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
const policy = `default-src 'none'; style-src ${hash(style)}; script-src ${hash(script)}; base-uri 'none'; form-action 'none'`;

/** Exactly what the policy allows: nothing may stand around the text. */
const styled = ours(`<style>${style}</style>`);
const scripted = ours(`<script>${script}</script>`);

/** Hatchings, which tell repairs and limits apart without colour. */
const patterns: Html = ours(`<svg width="0" height="0" class="hidden" aria-hidden="true"><defs>
<pattern id="p-repair" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect width="3" height="5" class="bar-agent"/></pattern>
<pattern id="p-repair-crit" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect width="3" height="5" class="bar-agent crit"/></pattern>
<pattern id="p-limit" width="4" height="4" patternUnits="userSpaceOnUse"><rect width="1" height="4" class="bar-checks"/></pattern>
</defs></svg>`);

const keys: readonly (readonly [string, string])[] = [
  ['1 to 6', 'sections'],
  ['/', 'find a unit, file, criterion or output'],
  ['j, k', 'next and previous unit'],
  ['n', 'next unit that needs you'],
  ['o', 'fold or unfold its criteria'],
  ['y', 'copy its command'],
  ['c', 'the graph with the critical path'],
  ['t', 'light or dark'],
  ['esc', 'back'],
];

/** The report as an HTML file in `folder`, from where outputs are linked; in no folder, they are only named. */
export function reportHtml(report: Report, folder: string | null = null): string {
  const view = viewOf(report, pathFrom(folder));
  const { run } = report;
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${policy}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="referrer" content="no-referrer" />
        <meta name="color-scheme" content="light dark" />
        <title>${title(view)}</title>
        ${styled}${scripted}
      </head>
      <body>
        ${glyphs}${patterns}${header(view)}
        <main>
          ${overview(view)}${timeline(view)}${graph(view)}${unitsSection(view)}${failures(view)}${historySection(report)}${followups(report)}
        </main>
        <dialog class="keys" aria-label="Keys">
          <dl>
            ${keys.map(
              ([key, what]) =>
                html`<dt><b>${key}</b></dt>
                  <dd>${what}</dd>`,
            )}
          </dl>
        </dialog>
        <footer class="reader">Run ${run.id}, agent ${run.agent}, sandbox ${run.tier}</footer>
      </body>
    </html> `;
  return page.text;
}

function title({ report, units }: View): string {
  const done = units.filter(({ state }) => state === 'done').length;
  return `${done} of ${units.length} landed, run ${report.run.id}`;
}

function header({ report, units }: View): Html {
  const failed = units.filter(({ state }) => state === 'failed' || state === 'quarantined').length;
  const open = units.filter(needsPerson).length;
  const runs = report.history?.runs.length ?? 0;
  const count = (value: number): Html | null => (value === 0 ? null : html` <span class="dim">${value}</span>`);
  return html`<header class="top">
      <b>backlog</b>
      <nav aria-label="Sections">
        <a href="#overview">Overview</a><a href="#timeline">Timeline</a><a href="#graph">Graph</a
        ><a href="#units">Units${count(units.length)}</a><a href="#failures">Failures${count(failed)}</a
        ><a href="#history">History${count(runs)}</a>
      </nav>
      <span class="run">${report.run.id}</span
      ><input
        type="search"
        class="find"
        placeholder="Find unit, file, criterion"
        aria-label="Find unit, file, criterion"
        hidden
      /><button type="button" class="help" aria-label="Keys">?</button>
    </header>
    <nav class="tabs" aria-label="Parts">
      <a href="#needs-you">Needs you${count(open)}</a><a href="#landed">Landed</a><a href="#timeline">Time</a
      ><a href="#units">Units</a>
    </nav>`;
}

/** Paths of files from a folder, as links need them. Only what lies where this run put its files is linked. */
function pathFrom(folder: string | null): View['pathTo'] {
  return (target) => {
    if (folder === null || !path.isAbsolute(target) || !/[\\/]runs[\\/]/.test(target)) return null;
    return path.relative(folder, target).split(path.sep).join('/');
  };
}
