import type { ReportUnit } from '../../model/report.ts';
import { describeJoined } from '../../model/joined.ts';
import { listSome } from '../../model/list-some.ts';
import { plural } from '../../util/text/plural.ts';
import { shellWord } from '../../util/text/shell-word.ts';
import { criterionMark, criterionRow } from './criterion.ts';
import { html, type Html, type Part, place, px } from './escape.ts';
import { glyph, markName } from './glyphs.ts';
import { copyable } from './overview.ts';
import { clock, dollars, type Mark, markOf, needsPerson, timeOf, type View } from './view.ts';

/** The list of units, and each unit whole. Without a script all units stand below one another. */
export function unitsSection(view: View): Html {
  const units = ordered(view);
  const counts = (of: (unit: ReportUnit) => boolean): number => units.filter(of).length;
  const filters = [
    ['all', 'All', units.length],
    ['landed', 'Landed', counts((unit) => markOf(unit) === 'landed')],
    ['failed', 'Failed', counts((unit) => markOf(unit) === 'failed')],
    ['needs', 'Needs you', counts(needsPerson)],
  ] as const;
  const groups: readonly (readonly [string, (unit: ReportUnit) => boolean])[] = [
    ['Needs you', needsPerson],
    ['Waiting', (unit) => markOf(unit) === 'waiting'],
    ['Landed', (unit) => markOf(unit) === 'landed'],
  ];
  return html`<section id="units" aria-labelledby="units-h">
    <h2 id="units-h" class="reader">Units</h2>
    <div class="master">
      <nav aria-label="Units" class="list">
        <div class="filters" hidden role="group" aria-label="Filter">
          ${filters.map(
            ([name, text, count]) =>
              html`<button type="button" data-filter="${name}" aria-pressed="${name === 'all' ? 'true' : 'false'}">
                ${text} ${count}
              </button>`,
          )}
        </div>
        <p class="no-match dim" hidden>No unit is like that.</p>
        ${groups.map(([name, is]) => group(name, units.filter(is)))}
      </nav>
      <div class="detail-pane">${units.map((unit) => detail(view, unit))}</div>
    </div>
  </section>`;
}

/** What needs a person first; gates last. */
function ordered({ report }: View): ReportUnit[] {
  const rank: readonly Mark[] = ['failed', 'question', 'approval', 'waiting', 'landed'];
  const of = (unit: ReportUnit): number => rank.indexOf(markOf(unit)) + (unit.gate === null ? 0 : 0.5);
  return report.units.toSorted((a, b) => of(a) - of(b));
}

function group(name: string, units: readonly ReportUnit[]): Html | null {
  if (units.length === 0) return null;
  return html`<div class="group">
    <p class="group-head"><span>${name}</span><span class="dim">time</span><span class="dim">cost</span></p>
    <ul>
      ${units.map((unit) => {
        const ms = timeOf(unit);
        const mark = markOf(unit);
        return html`<li data-unit="${unit.id}" data-mark="${mark}">
          <a href="${place(`unit/${unit.id}`)}"
            >${glyph(mark, markName(mark))}<span class="name">${unit.key}</span
            ><span class="r">${ms === 0 ? '' : clock(ms)}</span
            ><span class="r dim">${unit.costUsd === null || unit.costUsd === 0 ? '' : dollars(unit.costUsd)}</span></a
          >
        </li>`;
      })}
    </ul>
  </div>`;
}

function detail(view: View, unit: ReportUnit): Html {
  const mark = markOf(unit);
  const met = unit.criteria.filter(({ verdict }) => verdict === 'met').length;
  const rank = ['failed', 'approval', 'waiting', 'landed'];
  const criteria = unit.criteria.map((criterion, index) => ({
    criterion,
    id: `unit/${unit.id}/criterion/${index + 1}`,
  }));
  const sorted = criteria.toSorted(
    (a, b) => rank.indexOf(criterionMark(a.criterion)) - rank.indexOf(criterionMark(b.criterion)),
  );
  const shown = unit.criteria.filter(({ verdict }) => verdict === 'unmet' || verdict === 'awaiting').length;
  const room = Math.floor(view.room / 2 / Math.max(1, shown));
  const rows = sorted.map(({ criterion, id }) => criterionRow(view, id, criterion, room));
  const isBrief = view.isLarge && mark === 'landed';
  return html`<article class="unit" id="unit/${unit.id}" data-mark="${mark}" tabindex="-1" aria-label="${unit.key}">
    <div class="unit-head">
      ${glyph(mark, markName(mark))}
      <div>
        <h3>${unit.title}</h3>
        <p class="dim"><code>${unit.key}</code>, ${unit.file}${unit.phase === null ? '' : `, phase ${unit.phase}`}</p>
      </div>
      <div>${commands(unit).map(copyable)}</div>
    </div>
    ${said(view, unit)}${facts(unit)}${
      criteria.length === 0 || isBrief
        ? rows
        : html`<h4>Criteria <span class="dim">${met} of ${criteria.length} met</span></h4>
            ${unit.isRestored ? html`<p class="dim">This evidence was restored from git. It is shown only; nothing is judged by it.</p>` : null}
            <div class="criteria">
              <div class="head columns dim">
                <span></span><span>Criterion</span><span class="aside">Kind</span><span class="aside">Before</span
                ><span class="aside">After</span><span>Verdict</span>
              </div>
              ${rows}
            </div>`
    }${isBrief ? briefTries(unit) : tries(unit)}${notes(unit)}${
      unit.answer === null
        ? null
        : html`<h4>Answer</h4>
            <pre tabindex="0">${unit.answer}</pre>`
    }${patch(view, unit)}
  </article>`;
}

/** What can be typed about a unit that is not done. */
function commands({ id, wayOn, digest }: ReportUnit): string[] {
  const unit = shellWord(id);
  switch (wayOn) {
    case 'retry':
      return [`backlog retry ${unit} -m "…"`];
    case 'unblock':
      return [`backlog unblock ${unit} -m "…"`];
    case 'review':
      return [
        digest === null ? `backlog review ${unit}` : `backlog approve ${unit} --digest ${shellWord(digest)}`,
        `backlog reject ${unit} -m "…"`,
      ];
    case 'adopt':
      return [`backlog adopt ${unit}`];
    case 'check':
      return ['backlog check'];
    case 'run':
      return ['backlog run'];
    case null:
      return [];
  }
}

function said({ report, byId }: View, unit: ReportUnit): Html | null {
  const why = unit.failure?.sentence ?? unit.why;
  const waiting = report.units.filter(({ depends, state }) => state === 'waiting' && depends.includes(unit.id));
  const held = unit.state === 'done' ? [] : waiting.map(({ key }) => key);
  const open = unit.depends.flatMap((id) => byId.get(id) ?? []).filter(({ state }) => state !== 'done');
  const parts: Part[] = [
    why === null ? null : html`<p>${why}</p>`,
    held.length === 0 ? null : html`<p><b>${listSome(held, 8)}</b> ${held.length === 1 ? 'waits' : 'wait'} for it.</p>`,
    open.length === 0 || unit.state === 'done'
      ? null
      : html`<p>
          It depends on ${open.slice(0, 8).map((one) => html`<a href="${place(`unit/${one.id}`)}">${one.key}</a> `)}
        </p>`,
  ];
  return parts.every((part) => part === null) ? null : html`<div class="said">${parts}</div>`;
}

/** Facts that need no name. */
const alone: ReadonlySet<string> = new Set(['Time', 'Cost', 'Tries', 'Change']);

function facts(unit: ReportUnit): Html | null {
  const ms = timeOf(unit);
  const calls = unit.tools.reduce((sum, one) => sum + one.calls, 0);
  const reviewers = new Set(unit.criteria.flatMap(({ evidence }) => evidence.filter(({ kind }) => kind === 'review')))
    .size;
  const rows: readonly (readonly [string, string])[] = [
    ['Time', ms === 0 ? '' : clock(ms)],
    ['Cost', unit.costUsd === null ? 'unknown' : unit.attempts === 0 ? '' : dollars(unit.costUsd)],
    ['Tries', unit.attempts === 0 ? '' : `${plural(unit.attempts, 'attempt')}, ${plural(unit.repairs, 'repair')}`],
    [
      'Change',
      unit.files.length === 0 ? '' : `${plural(unit.files.length, 'file')}, +${unit.linesAdded} −${unit.linesRemoved}`,
    ],
    [
      'Tools',
      calls === 0
        ? ''
        : `${plural(calls, 'call')}: ${unit.tools
            .slice(0, 4)
            .map(({ tool, calls: n }) => `${tool} ${n}`)
            .join(', ')}`,
    ],
    ['Reviews', reviewers === 0 ? '' : String(reviewers)],
    ['Commit', unit.commit?.slice(0, 10) ?? ''],
  ];
  const shown = rows.filter(([, value]) => value !== '');
  if (shown.length === 0) return null;
  // Of what landed, a line is enough; a run may have a thousand.
  if (unit.state === 'done')
    return html`<p class="brief">
      ${shown.map(([name, value]) => (alone.has(name) ? value : `${name.toLowerCase()} ${value}`)).join(' · ')}
    </p>`;
  return html`<dl class="facts">
    ${shown.map(
      ([name, value]) =>
        html`<div>
          <dt>${name}</dt>
          <dd>${value}</dd>
        </div>`,
    )}
  </dl>`;
}

/** The tries of a unit that landed, if there was more than one, in a line. */
function briefTries({ tries: all }: ReportUnit): Html | null {
  const told = all.map(({ repair, outcome, tests }) => {
    const count = tests === null ? outcome : `${tests.ran - tests.failed} of ${plural(tests.ran, 'test')}`;
    return `${repair === 0 ? 'built' : `repair ${repair}`}: ${count}`;
  });
  return told.length < 2 ? null : html`<p class="detail">${told.join(' · ')}</p>`;
}

/** Tests that are drawn as a cell each. */
const mostCells = 16;

/** The tests that passed in each try, by attempt. */
function tries({ tries: all }: ReportUnit): Html | null {
  if (all.length < 2 && all.every(({ failure }) => failure === null)) return null;
  const attempts = [...Map.groupBy(all, ({ attempt }) => attempt)];
  return html`<h4>Tries <span class="dim">tests that pass</span></h4>
    <ol class="tries">
      ${attempts.map(
        ([attempt, list]) =>
          html`<li>
            <p class="dim">attempt ${attempt}</p>
            <ol>
              ${list.map((one) => {
                const { repair, outcome, failure, startMs, endMs, costUsd, tests } = one;
                const name = repair === 0 ? 'built' : `repair ${repair}`;
                const count = tests === null ? outcome : `${tests.ran - tests.failed} of ${tests.ran}`;
                return html`<li>
                  ${tests === null ? null : cells(tests)}<b>${name}</b>
                  <span class="dim"
                    >${count},
                    ${clock(endMs - startMs)}${costUsd === null || costUsd === 0 ? '' : `, ${dollars(costUsd)}`}</span
                  >${failure === null ? null : html`<p class="why">${failure.sentence.slice(0, 300)}</p>`}
                </li>`;
              })}
            </ol>
          </li>`,
      )}
    </ol>`;
}

function cells({ ran, failed }: { readonly ran: number; readonly failed: number }): Html {
  if (ran > mostCells || ran === 0) {
    const width = ran === 0 ? 0 : (120 * (ran - failed)) / ran;
    return html`<svg class="cells-bar" viewBox="0 0 120 10" aria-hidden="true">
      <rect x="0.5" y="0.5" width="119" height="9" class="cell-bad" />
      <rect width="${px(width)}" height="10" class="cell-good" />
    </svg>`;
  }
  const drawn = Array.from({ length: ran }, (_, index) =>
    index < ran - failed
      ? html`<rect x="${10 * index}" width="8" height="11" class="cell-good" />`
      : html`<rect x="${px(10 * index + 0.5)}" y="0.5" width="7" height="10" class="cell-bad" />`,
  );
  return html`<svg class="cells-bar" viewBox="0 0 ${10 * mostCells} 11" aria-hidden="true">${drawn}</svg>`;
}

function notes(unit: ReportUnit): Html | null {
  const unproven = (unit.unproven?.found ?? []).map(({ file, line, lines }) =>
    lines > 1 ? `${file}:${line}-${line + lines - 1}` : `${file}:${line}`,
  );
  const texts = [
    ...(unit.restored.length === 0
      ? []
      : [`Restored, because the agent must not change what judges its work: ${listSome(unit.restored, 10)}.`]),
    ...(unit.joined === null ? [] : [describeJoined(unit.joined)]),
    ...unit.overlaps.map((one) => `Conflicted with ${one.with} in ${listSome(one.files, 5)} while both agents worked.`),
    ...(unproven.length === 0 ? [] : [`Not covered by any check (all pass without it): ${listSome(unproven, 20)}.`]),
  ];
  return texts.length === 0 ? null : html`${texts.map((text) => html`<p class="detail">${text}</p>`)}`;
}

/** The change, with added and removed lines told apart by their signs first. */
function patch(view: View, { diff, state }: ReportUnit): Html | null {
  if (diff === null || diff.trim() === '') return null;
  const room = Math.floor(view.room / 2);
  const text =
    diff.length > room
      ? `${diff.slice(0, diff.lastIndexOf('\n', room) + 1)}[… ${diff.length - room} more characters …]`
      : diff;
  if (view.isLarge && state === 'done')
    return html`<details class="patch">
      <summary>Change</summary>
      <pre tabindex="0">${text}</pre>
    </details>`;
  const parts: Part[] = [];
  for (const match of text.matchAll(
    /(?:^\+.*\n?)+|(?:^-.*\n?)+|(?:^(?:@@|diff|index|new|deleted|similarity|rename|old|Binary|---|\+\+\+).*\n?)+|(?:^(?![+-]).*\n?)/gm,
  )) {
    const [block] = match;
    if (block === '') continue;
    const isHead = /^(?:@@|diff|index|new|deleted|similarity|rename|old|Binary|--- |\+\+\+ )/.test(block);
    parts.push(
      isHead
        ? html`<span class="dim">${block}</span>`
        : block.startsWith('+')
          ? html`<ins>${block}</ins>`
          : block.startsWith('-')
            ? html`<del>${block}</del>`
            : block,
    );
  }
  return html`<details class="patch">
    <summary>Change</summary>
    <pre tabindex="0">${parts}</pre>
  </details>`;
}
