import type { Diagnostic } from './diagnostic.ts';

/**
 * The names of all that can be wrong with specs: the codes of their diagnostics, and the rules of `backlog check`.
 * `docs/specs.md` describes each.
 */
export const specRules = [
  ...(['no-folder', 'no-specs', 'name-not-utf8'] as const),
  ...(['spec-unreadable', 'spec-not-utf8', 'spec-has-nul', 'spec-is-link', 'spec-not-a-file', 'spec-outside'] as const),
  ...(['spec-too-large', 'spec-too-deep', 'spec-too-costly', 'shared-too-large', 'feature-too-long'] as const),
  ...(['conflict-markers'] as const),
  ...(['spec-json', 'feature-syntax', 'no-steps', 'no-examples', 'unit-in-todo'] as const),
  ...(['front-matter-yaml', 'front-matter-open', 'front-matter-language'] as const),
  ...(['unknown-key', 'bad-value', 'key-twice', 'foreign-key', 'not-a-key'] as const),
  ...(['unknown-phase', 'unknown-agent', 'unknown-recipe', 'recipe-of-kind', 'answer-of-change'] as const),
  ...(['no-prompt', 'bad-prompt', 'host-not-allowed', 'for-each-empty', 'no-title'] as const),
  ...(['no-criteria', 'empty-criterion', 'empty-check', 'check-without-backticks', 'check-of-lines'] as const),
  ...(['unclear-check'] as const),
  ...(['unknown-dependency', 'dependency-cycle', 'retired-dependency', 'depends-on-later-phase'] as const),
  ...(['cancelled-dependency', 'dropped-dependency'] as const),
  ...(['unknown-requirement', 'unknown-story', 'unknown-criterion', 'unknown-status'] as const),
  ...(['duplicate-key', 'key-case', 'needs-clarification', 'unread-criterion'] as const),
  ...(['undecidable-criterion', 'several-demands', 'guard-without-check', 'hidden-exit', 'green-at-base'] as const),
  ...(['missing-contract', 'missing-file', 'not-committed', 'overlap', 'near-duplicate', 'too-large'] as const),
  ...(['box-in-code', 'half-done'] as const),
] as const;
/** The name of a rule of `backlog check`. */
export type SpecRule = (typeof specRules)[number];

/** An error or warning about specs. */
export type SpecDiagnostic = Diagnostic<SpecRule>;
