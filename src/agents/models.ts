/** Tokens that fit into the context of a model, as published on 2026-11-20; null for one that is not known. */
export function contextWindow(model: string): number | null {
  if (/^claude-(?:haiku-4-5|opus-4-5|sonnet-4-5)/.test(model)) return 200_000;
  return /^claude-(?:fable|mythos|opus|sonnet|haiku)-/.test(model) ? 1_000_000 : null;
}
