import { z } from 'zod';
import { hostSchema } from '../../model/config.ts';
import { keyProblem } from '../../model/ids.ts';
import { patternProblem } from '../../model/path-pattern.ts';

/** A list in YAML, or one string with commas. */
const list = z
  .union([z.array(z.string()), z.string(), z.null()])
  .transform((value) =>
    (Array.isArray(value) ? value : splitList(value ?? '')).map((s) => s.trim()).filter((s) => s !== ''),
  );

/** Splits a text at its commas, except those in braces, as in `{a,b}`. */
export function splitList(text: string): string[] {
  const parts: string[] = [];
  let start = 0;
  const lastClose = text.lastIndexOf('}');
  for (let at = 0; at < text.length; at++) {
    if (text[at] === '{' && at < lastClose) at = text.indexOf('}', at);
    else if (text[at] === ',') {
      parts.push(text.slice(start, at));
      start = at + 1;
    }
  }
  return [...parts, text.slice(start)];
}

const key = z.union([z.string(), z.number()]).transform((value, context) => {
  const text = String(value);
  const problem = keyProblem(text);
  if (problem !== null)
    context.addIssue({ code: 'custom', message: `${JSON.stringify(text)} is not an id: ${problem}` });
  return text;
});

/** A list in which `problem` is null for each value; otherwise it completes the sentence "<value> is not …". */
function listOf(problem: (value: string) => string | null) {
  return list.superRefine((values, context) => {
    for (const [index, value] of values.entries()) {
      const is = problem(value);
      if (is !== null)
        context.addIssue({ code: 'custom', path: [index], message: `${JSON.stringify(value)} is not ${is}` });
    }
  });
}

const keys = listOf((value) => {
  const problem = keyProblem(value);
  return problem === null ? null : `an id: ${problem}`;
});

const patterns = listOf((value) => {
  const problem = patternProblem(value);
  return problem === null ? null : `a valid pattern: ${problem}`;
});

const repositoryPath = z.string().refine((value) => patternProblem(value) === null && !/[*?{}]/.test(value), {
  message: 'it must be a path in the repository, relative to its root',
});

const paths = listOf((value) => (repositoryPath.safeParse(value).success ? null : 'a path inside the repository'));

const hosts = listOf((value) =>
  hostSchema.safeParse(value).success ? null : 'a host: write "example.org", "*.example.org" or "example.org:8443"',
);

const name = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, 'a name consists of letters, digits, dots, dashes and underscores');

const names = listOf((value) => (name.safeParse(value).success ? null : 'a name'));

/** As YAML reads it, or as text. */
const yesOrNo = z
  .union([z.boolean(), z.enum(['true', 'false', 'yes', 'no'])], { error: 'write "true" or "false"' })
  .transform((value) => value === true || value === 'true' || value === 'yes');

/** The keys of a unit, in front matter or in the `yaml` block below a `## Unit:` heading. */
export const unitKeysSchema = z.strictObject({
  id: key.optional(),
  title: z.string().min(1).optional(),
  kind: z.enum(['change', 'research']).optional(),
  depends: keys.optional(),
  touches: patterns.optional(),
  contracts: paths.optional(),
  exclusive: name.optional(),
  cwd: repositoryPath.optional(),
  network: hosts.optional(),
  phase: name.optional(),
  draft: yesOrNo.optional(),
  priority: z.coerce.number().int().min(-1000).max(1000).optional(),
  labels: list.optional(),
  recipe: name.optional(),
  skills: names.optional(),
  agent: name.optional(),
  prompt: z.string().min(1).optional(),
  answer: repositoryPath.optional(),
  'for-each': patterns.optional(),
});
/** Validated keys of a unit. */
export type UnitKeys = z.infer<typeof unitKeysSchema>;

export const knownUnitKeys = Object.keys(unitKeysSchema.shape);

/** True for a key that takes a list. */
export function isListKey(key: string): boolean {
  const schema = new Map<string, z.ZodType>(Object.entries(unitKeysSchema.shape)).get(key);
  return schema?.safeParse([]).success === true;
}
