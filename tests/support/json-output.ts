import { Ajv, type ValidateFunction } from 'ajv';
import { execFileSync } from 'node:child_process';
import path from 'node:path';

const main = path.join(import.meta.dirname, '../../src/cli/main.ts');
const compiled = new Map<string, ValidateFunction>();

/** Checks documents of a kind, or events, against the schema that the program prints. */
function validator(kind: string): ValidateFunction {
  const known = compiled.get(kind);
  if (known !== undefined) return known;
  const schema = JSON.parse(execFileSync(process.execPath, [main, 'schema', kind], { encoding: 'utf8' })) as object;
  const made = new Ajv({ strict: false, formats: { 'date-time': /^\d{4}-\d\d-\d\dT[\d:.]+Z$/ } }).compile(schema);
  compiled.set(kind, made);
  return made;
}

/** What of the output of a command with `--json` is not as its schema says; reports have their own tests. */
export function wrongOutput(stdout: string): string[] {
  return documents(stdout).flatMap((document) => {
    const { kind = 'event' } = document;
    if (kind === 'report') return [];
    const validate = validator(kind);
    if (validate(document)) return [];
    return (validate.errors ?? []).map(({ instancePath, message }) => `${kind}${instancePath} ${message}`);
  });
}

interface Document {
  readonly kind?: string;
}

/** One document on several lines, or one on each; none where output was cut. */
function documents(text: string): Document[] {
  if (!text.startsWith('{')) return [];
  try {
    return [JSON.parse(text) as Document];
  } catch {
    const lines = text.split('\n').slice(0, -1);
    return lines.every((line) => line.startsWith('{"id":')) ? lines.map((line) => JSON.parse(line) as Document) : [];
  }
}
