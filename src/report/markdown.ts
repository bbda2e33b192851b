import { describeEnd } from '../model/describe-failure.ts';
import { describeJoined } from '../model/joined.ts';
import { listSome } from '../model/list-some.ts';
import { formatUsd, fromUsd, possiblyMore } from '../model/money.ts';
import type { Report, ReportUnit } from '../model/report.ts';
import { plural } from '../util/text/plural.ts';
import { formatDuration } from './duration.ts';
import { integrationSentences } from './integration.ts';
import { limitSentence } from './limiting.ts';
import { code, fenced, inline } from './markdown-text.ts';

const marks: Readonly<Record<string, string>> = { met: '✓', unmet: '✗', awaiting: '…', 'not-judged': '·' };

/** Advice for a check that fails on the base commit. */
export const environmentHint =
  'Checks run in a fresh checkout of the branch, without installed packages and with a cleared environment; name what installs them under "setup" in backlog.config.json ("npm ci --ignore-scripts").';

/** The report as Markdown. Foreign text is escaped. */
export function reportMarkdown(report: Report): string {
  return markdownParts(report).join('\n');
}

/** As much of the same as fits into this many bytes; what is cut ends with `rest`. */
export function markdownWithin(report: Report, bytes: number, rest: string): string {
  const parts = markdownParts(report);
  let left = bytes - Buffer.byteLength(rest) - 1;
  const shown: string[] = [];
  for (const part of parts) {
    left -= Buffer.byteLength(part) + 1;
    if (left < 0) return [...shown, rest].join('\n');
    shown.push(part);
  }
  return shown.join('\n');
}

/** The report as lines and code blocks, none of which goes on in the next one. What did not get done comes first. */
function markdownParts(report: Report): string[] {
  const { run, totals } = report;
  const done = report.units.filter((unit) => unit.state === 'done');
  const landedNow = done.filter((unit) => unit.attempts > 0);
  const open = report.units.filter((unit) => unit.state !== 'done');
  const lines = [
    `# Run ${inline(run.id)}: ${headline(report)}`,
    '',
    `${inline(run.startedAt.replace('T', ' ').slice(0, 19))} UTC · branch ${code(run.branch)} · agent ${code(run.agent)} · sandbox ${code(run.tier)}`,
    '',
    '| | |',
    '|---|---|',
    `| Units done | ${done.length} of ${report.units.length}${landedNow.length < done.length ? `, ${landedNow.length} in this run` : ''} |`,
    `| Time | ${formatDuration(totals.durationMs)}; one at a time: ${formatDuration(totals.sequentialMs)}${totals.sequentialMs === 0 ? '' : ` (${busyText(totals.busy)})`} |`,
    ...row('Waiting', waitsText(totals)),
    `| At the same time | ${totals.peakParallel} at most, ${totals.averageParallel.toFixed(1)} on average |`,
    ...row('Conflicts', conflictsText(totals.bets)),
    ...row('Side by side', betsText(totals.bets)),
    `| Cost | ${formatUsd(totals.costUsd === null ? null : fromUsd(totals.costUsd))} |`,
    ...(totals.possibleUsd > 0
      ? [`| Possibly more, still reserved | ${formatUsd(fromUsd(totals.possibleUsd))} |`]
      : []),
    ...(totals.notionalUsd > 0
      ? [`| Notional cost, paid by subscriptions | ${formatUsd(fromUsd(totals.notionalUsd))} |`]
      : []),
    `| Tokens | ${totals.inputTokens + totals.cacheReadTokens + totals.cacheWriteTokens} in (${totals.cacheReadTokens} from cache), ${totals.outputTokens} out |`,
    `| Changed | ${plural(totals.filesChanged, 'file')}, +${totals.linesAdded} −${totals.linesRemoved} lines${totals.testsAdded === null ? '' : `, ${totals.testsAdded} more tests run`} |`,
    '',
  ];
  const limit = limitSentence(report);
  const path = pathText(report);
  if (path !== '') lines.push(`Critical path: ${path}.${limit === null ? '' : ` ${limit}`}`, '');
  if (report.environment) {
    lines.push(
      `## No agent was started`,
      '',
      `${code(report.environment.command)} fails on the base commit. ${environmentHint}`,
      '',
    );
    lines.push(fenced(report.environment.excerpt), '');
  }
  for (const notice of report.notices) lines.push(`> ${inline(notice)}`, '');
  if (open.length > 0) lines.push('## Not done', '', ...open.flatMap(openUnit), '');
  if (done.length > 0) lines.push('## Done', '', ...done.flatMap(doneUnit), '');
  if (report.followups.length > 0) {
    lines.push(
      '## Proposed by agents',
      '',
      'Proposals run only after you accept them: `backlog inbox` lists them.',
      '',
    );
    lines.push(...report.followups.map((followup) => `- ${inline(followup.title)} (${code(followup.id)})`), '');
  }
  if (report.account !== null)
    lines.push(
      '## Account of a model',
      '',
      `Written by ${code(report.account.agent)}; figures and verdicts are above.`,
      '',
      fenced(report.account.text),
      '',
    );
  if (report.integration.length > 0)
    lines.push(
      '## Integration checks',
      '',
      ...report.integration.map(
        (one) => `- ${code(one.commit.slice(0, 10))}: ${integrationSentences(one, one.units).map(inline).join('. ')}`,
      ),
      '',
    );
  const notes = report.handOff?.notes ?? [];
  if (notes.length > 0)
    lines.push('## Notes of agents', '', ...notes.map(({ key, text }) => `- ${code(key)}: ${inline(text)}`), '');
  const answers = report.units.filter((unit) => unit.answer !== null);
  for (const unit of answers) lines.push(`## Answer: ${inline(unit.title)}`, '', fenced(unit.answer ?? ''), '');
  if (report.next.length > 0)
    lines.push('## What to do next', '', ...report.next.map((step) => `- ${inline(step)}`), '');
  return lines;
}

/** A row of the table; none without a text. */
function row(name: string, text: string): string[] {
  return text === '' ? [] : [`| ${name} | ${text} |`];
}

function busyText({ agentsMs, checksMs }: Report['totals']['busy']): string {
  const named = [
    ['agents', agentsMs],
    ['checks', checksMs],
  ] as const;
  return named.flatMap(([what, ms]) => (ms === 0 ? [] : [`${what} ${formatDuration(ms)}`])).join(', ');
}

/** The least share of a run's time that a wait is shown for. */
const shownShare = 0.01;

function waitsText({ waits, durationMs }: Report['totals']): string {
  const named = [
    ['a free agent', waits.placesMs],
    ['cores', waits.coresMs],
    ['limits of providers', waits.limitsMs],
    ['the merge queue', waits.mergeQueueMs],
    ['people', waits.peopleMs],
  ] as const;
  return named
    .flatMap(([what, ms]) => (ms < durationMs * shownShare || ms === 0 ? [] : [`for ${what} ${formatDuration(ms)}`]))
    .join(', ');
}

function conflictsText({ made, lost, redoneUsd }: Report['totals']['bets']): string {
  if (made === 0) return '';
  const redone = redoneUsd > 0 ? `; work done again: ${formatUsd(fromUsd(redoneUsd))}` : '';
  return `${lost} of ${plural(made, 'landing')} (${Math.round((lost / made) * 100)} %)${redone}`;
}

/** What running side by side saved, and the work that would not have been done otherwise. */
function betsText({ savedMs, agentsMs, checksMs }: Report['totals']['bets']): string {
  return [
    ...(savedMs === null || savedMs === 0 ? [] : [`about ${formatDuration(savedMs)} sooner than "careful"`]),
    ...(agentsMs + checksMs === 0 ? [] : [`work that only this needed: ${busyText({ agentsMs, checksMs })}`]),
  ].join('; ');
}

/** Units of the critical path that are shown, from its end. */
const shownLegs = 8;

function pathText({ criticalPath, units }: Report): string {
  const keys = new Map(units.map(({ id, key }) => [id, key]));
  const shown = criticalPath.slice(-shownLegs);
  const texts = shown.map(
    ({ unit, startMs, endMs }) => `${inline(keys.get(unit) ?? unit)} ${formatDuration(endMs - startMs)}`,
  );
  return [...(shown.length < criticalPath.length ? ['…'] : []), ...texts].join(' → ');
}

/** One sentence on how the run ended. */
export function headline(report: Report): string {
  const count = (state: ReportUnit['state']): number => report.units.filter((unit) => unit.state === state).length;
  const parts = [`${count('done')} of ${report.units.length} done`];
  for (const state of [
    'failed',
    'blocked',
    'quarantined',
    'not-runnable',
    'awaiting',
    'parked',
    'waiting',
    'ready',
    'cancelled',
  ] as const) {
    if (count(state) > 0) parts.push(`${count(state)} ${state}`);
  }
  return parts.join(', ');
}

function openUnit(unit: ReportUnit): string[] {
  const lines = [`### ${inline(unit.title)} (${inline(unit.key)}): ${unit.state}`, ''];
  const why = unit.failure?.sentence ?? unit.why;
  if (why !== null) lines.push(inline(why), '');
  if (unit.attempts > 0)
    lines.push(`${plural(unit.attempts, 'attempt')}, ${plural(unit.repairs, 'repair')}, ${cost(unit)}.`, '');
  lines.push(...criteria(unit));
  const red = unit.criteria.find((criterion) => criterion.verdict === 'unmet');
  const output = red?.evidence.find((evidence) => evidence.kind === 'command' && evidence.on === 'candidate');
  if (output?.kind === 'command' && output.excerpt.trim() !== '')
    lines.push(
      `Output of ${code(output.command)}${output.output === undefined ? '' : ` (the whole of it: ${code(output.output)})`}:`,
      '',
      fenced(output.excerpt.slice(-1500)),
      '',
    );
  return lines;
}

function doneUnit(unit: ReportUnit): string[] {
  const lines = [`### ${inline(unit.title)} (${inline(unit.key)})`, ''];
  if (unit.attempts === 0 || unit.commit === null)
    lines.push(
      `${inline(sentence(unit.why ?? 'it was done before this run'))}${unit.commit === null ? '' : `, commit ${code(unit.commit.slice(0, 10))}`}.`,
      '',
    );
  else {
    const tries =
      unit.attempts > 1 || unit.repairs > 0
        ? `, ${plural(unit.attempts, 'attempt')} and ${plural(unit.repairs, 'repair')}`
        : '';
    lines.push(
      `Commit ${code(unit.commit?.slice(0, 10) ?? '?')}, ${plural(unit.files.length, 'file')}, +${unit.linesAdded} −${unit.linesRemoved}${tries}, ${cost(unit)}.`,
      '',
    );
  }
  if (unit.restored.length > 0)
    lines.push(
      `Restored, because the agent must not change what judges its work: ${unit.restored.map(code).join(', ')}.`,
      '',
    );
  if (unit.joined !== null) lines.push(`${inline(sentence(describeJoined(unit.joined)))}.`, '');
  for (const { with: other, files } of unit.overlaps)
    lines.push(`Conflicted with ${inline(other)} in ${listSome(files.map(code), 5)} while both agents worked.`, '');
  if (unit.isRestored)
    lines.push('This evidence was restored from git. It is shown only; nothing is judged by it.', '');
  const unreviewed =
    unit.kind === 'change' && unit.attempts > 0 && unit.files.length > 0 && !unit.isReviewed
      ? ['Not reviewed for hard-coded or special-cased behaviour.', '']
      : [];
  return [...lines, ...criteria(unit), ...unproven(unit), ...unreviewed];
}

/** Hunks whose removal no check noticed. */
function unproven(unit: ReportUnit): string[] {
  if (unit.unproven === null || unit.unproven.found.length === 0) return [];
  const places = unit.unproven.found.map(({ file, line, lines }) =>
    code(lines > 1 ? `${file}:${line}-${line + lines - 1}` : `${file}:${line}`),
  );
  const part = unit.unproven.tried < unit.unproven.of ? ` (${unit.unproven.tried} of ${unit.unproven.of} tried)` : '';
  return [`Not covered by any check (all pass without it): ${places.join(', ')}${part}.`, ''];
}

/** Capitalizes a text. */
function sentence(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}

function criteria(unit: ReportUnit): string[] {
  if (unit.criteria.every((criterion) => criterion.verdict === 'not-judged')) return [];
  return [
    ...unit.criteria.map(
      (criterion) => `- ${marks[criterion.verdict] ?? '?'} ${inline(criterion.text)}${evidenceText(criterion)}`,
    ),
    '',
  ];
}

function evidenceText(criterion: ReportUnit['criteria'][number]): string {
  const parts: string[] = [];
  if (criterion.role !== null) parts.push(inline(criterion.role));
  for (const evidence of criterion.evidence) {
    switch (evidence.kind) {
      case 'command':
        parts.push(
          `${evidence.on === 'base' ? 'before' : 'now'}: ${inline(describeEnd(evidence))}${evidence.testsRun === null ? '' : `, ${plural(evidence.testsRun, 'test')}`}`,
        );
        break;
      case 'canary':
        parts.push(
          evidence.verdict === 'none'
            ? 'no canary'
            : `canary ${evidence.verdict} (${code(`${evidence.file ?? '?'}:${evidence.line ?? 0}`)})`,
        );
        break;
      case 'review':
        parts.push(
          `${evidence.verdict}: ${inline(evidence.reason)} ${evidence.quotes.map((quote) => code(`${quote.file}:${quote.line}`)).join(', ')}`.trim(),
        );
        break;
      case 'person':
        parts.push(
          `${evidence.verdict} by ${inline(evidence.by)}${evidence.message === '' ? '' : `: ${inline(evidence.message)}`}`,
        );
        break;
    }
  }
  if (criterion.note !== null) parts.push(inline(criterion.note));
  return parts.length === 0 ? '' : ` — ${parts.join('; ')}`;
}

function cost(unit: ReportUnit): string {
  const spent = formatUsd(unit.costUsd === null ? null : fromUsd(unit.costUsd));
  return `cost ${spent}${possiblyMore(fromUsd(unit.possibleUsd))}`;
}
