import type { Report, ReportUnit } from '../model/report.ts';
import { printableLine } from '../util/text/printable.ts';

/** What a host shows beside a line of a spec. */
export interface Mark {
  readonly kind: 'failed' | 'asks';
  /** A file in the repository; null if the specs are elsewhere. */
  readonly path: string | null;
  readonly line: number;
  readonly title: string;
  readonly message: string;
}

/** Characters of a message. */
const shown = 1000;

/**
 * The units that failed or wait for a person, each with the line of the first criterion that is to blame; what failed comes
 * first.
 */
export function marksOf(report: Report): Mark[] {
  return report.units
    .flatMap((unit) => markOf(report, unit) ?? [])
    .toSorted((a, b) => Number(a.kind === 'asks') - Number(b.kind === 'asks'));
}

function markOf({ run: { specs } }: Report, unit: ReportUnit): Mark | null {
  const kind = kinds[unit.state];
  if (kind === undefined) return null;
  const blamed = unit.criteria.find(({ verdict }) => verdict === (kind === 'failed' ? 'unmet' : 'awaiting'));
  const place = blamed?.line === undefined ? unit : blamed;
  const why = unit.failure?.sentence ?? unit.why ?? `it is ${unit.state}`;
  return {
    kind,
    path: pathOf(specs, place.file ?? unit.file),
    line: place.line ?? 1,
    title: printableLine(`${unit.key}: ${unit.state}`, 200),
    message: printableLine([...(blamed ? [blamed.text] : []), why].join(': '), shown),
  };
}

const kinds: Readonly<Partial<Record<ReportUnit['state'], Mark['kind']>>> = {
  ...{ failed: 'failed', quarantined: 'failed', 'not-runnable': 'failed' },
  ...{ blocked: 'asks', awaiting: 'asks' },
};

/** A file of the specs folder as a path in the repository; null if there is none. */
export function pathOf(specs: string | undefined, file: string | undefined): string | null {
  if (specs === undefined || file === undefined) return null;
  return specs === '' ? file : `${specs}/${file}`;
}
