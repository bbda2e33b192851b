import { shortened } from './passage.ts';

/** What a failed assertion expected and got, each on one line; null if its message compares nothing. */
export interface Compared {
  readonly expected: string | null;
  readonly got: string | null;
}

type Form = (text: string) => Compared | null;

/** Two lines, one for each side, in any order. */
function labelled(expected: RegExp, got: RegExp): Form {
  return (text) => {
    const [wanted, had] = [expected.exec(text)?.[1], got.exec(text)?.[1]];
    return wanted === undefined || had === undefined ? null : { expected: wanted, got: had };
  };
}

/** A heading that says which sign stands for which side, and the lines below it with those signs. */
function diff(heading: RegExp, expected: '+' | '-'): Form {
  return (text) => {
    const head = heading.exec(text);
    if (head === null) return null;
    const below = text.slice(head.index + head[0].length).split(/^ *(?:at |❯ |\d+ \||> \d+ \||code: )/m)[0] ?? '';
    const side = (sign: string): string =>
      [...below.matchAll(/^ *([+-])(?![+-]) ?(.*)$/gm)]
        .flatMap(([, own, said = '']) => (own === sign ? [said.trim().replace(/,$/, '')] : []))
        .join(' ');
    const [wanted, had] = expected === '+' ? [side('+'), side('-')] : [side('-'), side('+')];
    return wanted === '' && had === '' ? null : { expected: wanted, got: had };
  };
}

/** A sentence with groups `expected` and `got`. */
function sentence(form: RegExp): Form {
  return (text) => {
    const { expected, got } = form.exec(text)?.groups ?? {};
    return expected === undefined || got === undefined ? null : { expected, got };
  };
}

/** A value that YAML writes in one line, or as a block of lines. */
function yaml(name: string): RegExp {
  return new RegExp(`^( *)${name}: *(?:\\|-?\\n((?:\\1 +.*\\n?)+)|(?![|])(\\S.*))$`, 'm');
}

const tapDetails: Form = (text) => {
  const value = (name: string): string | undefined => {
    const match = yaml(name).exec(text);
    return match?.[3] ?? match?.[2]?.trim().replace(/\n\s*/g, '\\n');
  };
  const [expected, got] = [value('expected'), value('actual') ?? value('found') ?? value('got')];
  return expected === undefined || got === undefined ? null : { expected, got };
};

/** In order of precedence. */
const forms: readonly Form[] = [
  // node:assert's own fields, where they stand on one line
  labelled(/^ {4}expected: (.*[^[{(,]),?$/m, /^ {4}actual: (.*[^[{(,]),?$/m),
  tapDetails,
  diff(/^ *\+ expected - actual$/m, '+'),
  diff(/^ *\+ actual - expected\b.*$/m, '-'),
  labelled(
    /^ *(?:- )?(?:Expected|expected)(?: value| result)? *: *(\S.*)$/m,
    /^ *(?:\+ )?(?:Received|Actual|actual|got|Got)(?: value| result)? *: *(\S.*)$/m,
  ),
  diff(/^ *- Expected\b.*\n *\+ Received\b.*$/m, '-'),
  labelled(/^ *right: *(.*)$/m, /^ *left: *(.*)$/m),
  // pytest: the line with values, not the one of the source
  sentence(/^E .*\bassert (?<got>\S.*?) == (?<expected>\S.*)$/m),
  sentence(/\bexpected:? <(?<expected>.*)> but was:? <(?<got>.*)>/m),
  sentence(/(?:\bgot:?|=) (?<got>\S.*?)[,;]? (?:but )?(?:want(?:ed)?|expected):? (?<expected>\S.*)$/m),
  sentence(/\b(?:want(?:ed)?|expected):? (?<expected>\S.*?)[,;]? (?:but )?got:? (?<got>\S.*)$/m),
  sentence(/\bexpected (?<got>\S.*?) to (?:be|equal|deeply equal|strictly equal) (?<expected>\S.*?)(?: \/\/ .*)?$/m),
  sentence(/^ *(?<got>\S.*?) !==? (?<expected>\S.*)$/m),
];

/** Reads what a message compares. */
export function compared(text: string): Compared {
  for (const form of forms) {
    const told = form(text);
    if (told !== null) return { expected: shortened(told.expected ?? ''), got: shortened(told.got ?? '') };
  }
  return { expected: null, got: null };
}
