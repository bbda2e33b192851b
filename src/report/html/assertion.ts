import type { ReportUnit } from '../../model/report.ts';
import { html, type Html } from './escape.ts';

type Criterion = ReportUnit['criteria'][number];
type Evidence = Extract<Criterion['evidence'][number], { kind: 'command' }>;
export type Assertion = NonNullable<Evidence['assertions']>[number];

/** The last run of a criterion's check on the base or on the candidate; null if there was none. */
export function runOn({ evidence }: Criterion, on: 'base' | 'candidate'): Evidence | null {
  const found = evidence.findLast((one) => one.kind === 'command' && one.on === on);
  return found?.kind === 'command' ? found : null;
}

/** The tests that fail on a unit's candidate. */
export function failedAssertions({ criteria }: ReportUnit): Assertion[] {
  return criteria.flatMap((criterion) =>
    criterion.verdict === 'unmet' ? (runOn(criterion, 'candidate')?.assertions ?? []) : [],
  );
}

/** Each failed test with its place, and what it expected and got. */
export function assertionLines(assertions: readonly Assertion[]): Html {
  return html`<ul class="tests">
    ${assertions.map(
      ({ test, file, line, expected, got }) =>
        html`<li>
          <code class="bad">${test}</code> <code class="dim">${file ?? ''}${line === null ? '' : `:${line}`}</code>${
            expected === null || got === null
              ? null
              : html`<br />expected <code>${expected}</code>, got <code class="bad">${got}</code>`
          }
        </li>`,
    )}
  </ul>`;
}
