import { describeEnd } from '../../model/describe-failure.ts';
import type { ReportUnit } from '../../model/report.ts';
import { plural } from '../../util/text/plural.ts';
import { assertionLines, runOn } from './assertion.ts';
import { file, html, type Html } from './escape.ts';
import { glyph } from './glyphs.ts';
import { clock, type View } from './view.ts';

type Criterion = ReportUnit['criteria'][number];
type Run = NonNullable<ReturnType<typeof runOn>>;

const verdicts = { met: 'met', unmet: 'not met', awaiting: 'you decide', 'not-judged': 'not judged' } as const;
const kinds = { check: 'check', claim: 'claim', human: 'human', 'project-check': 'project', review: 'review' } as const;

/** The mark of a criterion. */
export function criterionMark({ verdict }: Pick<Criterion, 'verdict'>): 'landed' | 'failed' | 'approval' | 'waiting' {
  return ({ met: 'landed', unmet: 'failed', awaiting: 'approval', 'not-judged': 'waiting' } as const)[verdict];
}

/** A criterion with what was seen before the work and after it; one that is not met is open. `room`: characters of output. */
export function criterionRow(view: View, id: string, criterion: Criterion, room: number): Html {
  const { text, kind, verdict, role, note } = criterion;
  const [before, after] = [runOn(criterion, 'base'), runOn(criterion, 'candidate')];
  const command = (after ?? before)?.command ?? null;
  const mark = criterionMark(criterion);
  const others = criterion.evidence.filter((one) => one.kind !== 'command');
  const told = verdict === 'met' ? html`${verdicts.met}${role === null ? '' : `, ${role}`}` : verdicts[verdict];
  if (view.isLarge && verdict === 'met') return briefRow(id, criterion);
  const head = html`${glyph(mark)}<span class="what"
      >${text}${command === null ? null : html`<code class="dim">${command}</code>`}</span
    ><span class="dim aside">${kinds[kind]}</span><span class="aside">${before === null ? '' : endText(before)}</span
    ><span class="aside${verdict === 'unmet' ? ' bad' : ''}"
      >${after === null ? reviewText(others.length) : endText(after)}</span
    ><b class="verdict-${mark}">${told}</b>`;
  const isShown = verdict === 'unmet' || verdict === 'awaiting';
  const panes = isShown
    ? html`<div class="panes">
        ${before === null ? null : pane(view, 'Before', before, room / 3, false)}${after === null ? null : pane(view, 'After', after, room, verdict === 'unmet')}
      </div>`
    : null;
  const notes = [...others.map(otherText), ...(note === null ? [] : [html`<p class="dim">${note}</p>`])];
  if (panes === null && notes.length === 0)
    return html`<div class="criterion" id="${id}"><div class="head">${head}</div></div>`;
  return html`<details class="criterion" id="${id}" ${isShown ? OPEN : null}>
    <summary class="head">${head}</summary>
    ${panes}${notes}
  </details>`;
}

const OPEN = html` open`;

/** The same in a line. */
function briefRow(id: string, criterion: Criterion): Html {
  const { text, kind, role, evidence } = criterion;
  const seen = evidence.flatMap((one) =>
    one.kind === 'review' ? one.quotes.slice(0, 3).map(({ file: path, line }) => `${path}:${line}`) : [],
  );
  const [before, after] = [runOn(criterion, 'base'), runOn(criterion, 'candidate')];
  const told = [
    ...[after?.command ?? kinds[kind], before === null ? '' : `before: ${endText(before)}`],
    ...[after === null ? '' : `after: ${endText(after)}`, seen.join(', '), `met${role === null ? '' : `, ${role}`}`],
  ];
  return html`<p class="criterion" id="${id}">
    ${glyph('landed')} ${text} <span class="dim">${told.filter((one) => one !== '').join(' · ')}</span>
  </p>`;
}

function endText(run: Run): string {
  const tests = run.testsRun === null ? '' : `, ${testsText(run.testsRun, run.assertions?.length ?? 0)}`;
  return `${describeEnd(run)}${tests}`;
}

function testsText(ran: number, failed: number): string {
  return failed > 0 && failed <= ran ? `${ran - failed} of ${plural(ran, 'test')}` : plural(ran, 'test');
}

function reviewText(count: number): string {
  return count === 0 ? '' : plural(count, 'review');
}

/** The end of a run, its failed tests, and the end of its output with a link to the whole. */
function pane(view: View, name: string, run: Run, room: number, isBad: boolean): Html {
  const path = run.output === undefined ? null : view.pathTo(run.output);
  const excerpt = run.excerpt.trimEnd();
  const cut = excerpt.length > room ? `…${excerpt.slice(-Math.max(200, Math.floor(room)))}` : excerpt;
  const whole = path === null ? (run.output ?? null) : html`<a href="${file(path)}">whole output</a>`;
  return html`<div class="pane${isBad ? ' bad-pane' : ''}">
    <div class="pane-head">
      <span>${name} <code>${run.tree.slice(0, 8)}</code></span
      ><span>${describeEnd(run)}, ${clock(run.durationMs)}</span>
    </div>
    ${
      run.assertions === undefined ? null : assertionLines(run.assertions)
    }${cut === '' ? null : html`<pre tabindex="0">${cut}</pre>`}${whole === null ? null : html`<p class="pane-foot dim">${whole}</p>`}
  </div>`;
}

function otherText(evidence: Criterion['evidence'][number]): Html {
  switch (evidence.kind) {
    case 'command':
      return html``;
    case 'canary':
      return html`<p class="dim">
        ${evidence.verdict === 'none' ? `no canary: ${evidence.why ?? ''}` : `canary ${evidence.verdict}: ${evidence.file ?? '?'}:${evidence.line ?? 0}`}
      </p>`;
    case 'review':
      return html`<p class="detail">
        <b>${evidence.verdict}</b> ${evidence.reason}
        ${evidence.quotes.map((quote) => html`<code class="dim">${quote.file}:${quote.line}</code> `)}
      </p>`;
    case 'person':
      return html`<p class="detail">
        <b>${evidence.verdict}</b> by ${evidence.by}${evidence.message === '' ? '' : `: ${evidence.message}`}
      </p>`;
  }
}
