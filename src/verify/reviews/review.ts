import { z } from 'zod';
import type { Lens } from '../../model/agent.ts';
import type { Evidence, Quote } from '../../model/evidence.ts';
import { describeFailure } from '../../model/describe-failure.ts';
import { type Failure, mayEndDifferently, type NoEvidence } from '../../model/failure.ts';
import { printable } from '../../util/text/printable.ts';
import type { Refutation } from './refutation.ts';

/** A reviewer's answer: a verdict per claim, with a place in the tree that shows it. */
export const reviewSchema = z.object({
  verdicts: z.array(
    z.object({
      claim: z.int().min(1).describe('Number of the claim.'),
      verdict: z.enum(['confirmed', 'refuted']).describe('"refuted" also when you are not sure.'),
      reason: z.string().min(1),
      quotes: z
        .array(
          z.object({
            file: z.string().min(1).describe('Path relative to the root.'),
            line: z.int().min(1),
            text: z.string().min(1).describe('The text of that line, or a part of it, verbatim.'),
          }),
        )
        .describe('Lines that show it. A verdict with neither quote nor command does not count.'),
      command: z
        .string()
        .min(1)
        .optional()
        .describe(
          'For a refutation: a shell command that fails because the claim does not hold. It outweighs other verdicts only if it succeeds on the tree before the change.',
        ),
    }),
  ),
});

/** A claim and a reviewer's answer to it. */
export interface Reviewed {
  /** Null if the answer holds no verifiable evidence. */
  readonly evidence: Extract<Evidence, { kind: 'review' }> | null;
  readonly failure: Failure | null;
  /** True for a refutation whose command failed with the change and passed without it. */
  readonly isReproduced: boolean;
  /** True if asking again would give the same answer. */
  readonly isFinal?: boolean;
}

/** True for an answer without a valid verdict, so that another reviewer may be asked. */
function isSilent({ failure }: Pick<Reviewed, 'failure'>): boolean {
  return failure?.reason === 'no-evidence' && failure.isRefuted !== true;
}

/**
 * Asks about claims, and asks a new session once more about those without a valid answer: a reviewer that crashes, is
 * silent or misquotes must not count against the work.
 */
export async function askAgain(
  claims: readonly string[],
  ask: (claims: readonly string[], isFirst: boolean) => Promise<readonly Reviewed[]>,
): Promise<Reviewed[]> {
  const reviewed = [...(await ask(claims, true))];
  const silent = claims.flatMap((claim, index) => {
    const said = reviewed[index];
    return said && isSilent(said) && said.isFinal !== true ? [{ claim, index }] : [];
  });
  if (silent.length === 0) return reviewed;
  const second = await ask(
    silent.map(({ claim }) => claim),
    false,
  );
  for (const [position, { index }] of silent.entries()) {
    const said = second[position];
    if (said) reviewed[index] = said;
  }
  return reviewed;
}

/**
 * Turns a reviewer's outcome into evidence, claim by claim. A missing, crashed or malformed answer is no evidence, nor is
 * a quote that is not in the file.
 */
export async function readReview(options: {
  readonly outcome:
    | { readonly kind: 'finished'; readonly answer: unknown }
    | { readonly kind: 'blocked' | 'limited'; readonly why: string }
    | { readonly kind: 'failed'; readonly failure: Failure };
  readonly claims: readonly string[];
  readonly tree: string;
  readonly lens: Lens;
  readonly readFile: (path: string) => Promise<Buffer | null>;
  /** Tests what a refuting command shows. */
  readonly tryCommand: (command: string) => Promise<Refutation>;
}): Promise<Reviewed[]> {
  const { outcome, claims, tree } = options;
  const nothing = (claim: string, why: string, more: Pick<NoEvidence, 'isRefuted'> = {}): Reviewed => ({
    evidence: null,
    failure: { reason: 'no-evidence', criterion: claim, why, ...more },
    isReproduced: false,
  });
  if (outcome.kind !== 'finished') {
    const why = outcome.kind === 'failed' ? describeFailure(outcome.failure) : outcome.why;
    const isFinal = outcome.kind === 'failed' && !mayEndDifferently(outcome.failure);
    return claims.map((claim) => ({ ...nothing(claim, `the reviewer gave no verdict (${why})`), isFinal }));
  }
  const parsed = reviewSchema.safeParse(outcome.answer);
  if (!parsed.success) return claims.map((claim) => nothing(claim, "the reviewer's answer has the wrong shape"));
  return Promise.all(
    claims.map(async (claim, index): Promise<Reviewed> => {
      const mine = parsed.data.verdicts.filter((verdict) => verdict.claim === index + 1);
      // With two verdicts on one claim, the refutation counts.
      const said = mine.find((verdict) => verdict.verdict === 'refuted') ?? mine[0];
      if (!said) return nothing(claim, 'the reviewer did not answer');
      const reason = printable(said.reason);
      const quotes: Quote[] = [];
      for (const quote of said.quotes) {
        if (await isThere(quote, options.readFile)) quotes.push({ ...quote, text: printable(quote.text) });
        else if (said.verdict === 'confirmed')
          return nothing(
            claim,
            `the reviewer quoted ${quote.file}:${quote.line}, but that line does not contain the text`,
          );
      }
      if (said.verdict === 'confirmed' && quotes.length === 0)
        return nothing(claim, 'the reviewer confirmed it without quoting a line');
      const command = said.verdict === 'refuted' ? said.command : undefined;
      const shown = command === undefined ? 'nothing' : await options.tryCommand(command);
      const isReproduced = shown === 'shown';
      if (said.verdict === 'refuted' && quotes.length === 0 && shown === 'nothing') {
        const why = said.command === undefined ? 'without a quote' : 'by a command that does not reproduce it';
        return nothing(claim, `the reviewer refuted it ${why}: ${reason}`, { isRefuted: true });
      }
      return {
        evidence: {
          kind: 'review',
          on: 'candidate',
          tree,
          verdict: said.verdict,
          reason,
          quotes,
          lens: options.lens,
          ...(isReproduced && said.command !== undefined ? { command: said.command } : {}),
        },
        failure: said.verdict === 'refuted' ? { reason: 'claim-refuted', criterion: claim, why: reason } : null,
        isReproduced,
      };
    }),
  );
}

/** True if the quoted text is on that line. White space at the ends is ignored; it must contain a letter or digit. */
async function isThere(quote: Quote, readFile: (path: string) => Promise<Buffer | null>): Promise<boolean> {
  const file = quote.file.replace(/^\.\//, '');
  if (file.startsWith('/') || file.split('/').includes('..')) return false;
  const text = (await readFile(file))?.toString('utf8');
  const lines = text?.split(/\r?\n/).slice(quote.line - 1);
  const wanted = quote.text.trim().split(/\r?\n/);
  if (!lines || !/[\p{L}\p{N}]/u.test(quote.text)) return false;
  return wanted.every(
    (line, index) =>
      lines[index] !== undefined &&
      (wanted.length === 1 ? lines[index].includes(line.trim()) : lines[index].trim() === line.trim()),
  );
}
