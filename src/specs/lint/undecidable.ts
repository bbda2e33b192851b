import { withoutCode } from '../text/code.ts';
import type { Rule } from './rule.ts';

/** Words that leave it to the reader whether a criterion holds. */
const vague = new RegExp(
  [
    String.raw`\b(?:works?|behaves?|functions?|runs?|looks?|performs?|renders?|displays?)\s+(?:(?:very|really|just)\s+)?(?:well|fine|nicely|properly|correctly|appropriately|as (?:expected|intended|desired|it should))\b`,
    String.raw`\b(?:properly|appropriately|adequately|sufficiently|reasonably|satisfactorily|gracefully|seamlessly|intuitively|efficiently)\b`,
    String.raw`\b(?:user[- ]friendly|intuitive|performant|state[- ]of[- ]the[- ]art|high[- ]quality|production[- ]ready|easy to (?:use|read|understand|maintain)|clean code|best practices|good (?:performance|quality|ux))\b`,
    String.raw`\b(?:as (?:needed|necessary|appropriate)|if (?:necessary|appropriate)|where appropriate|and so (?:on|forth))\b`,
    String.raw`\betc\b\.?`,
    String.raw`\b(?:TBD|TBC|to be (?:decided|determined|defined))\b`,
    String.raw`\?\?\?`,
  ].join('|'),
  'i',
);

/** Finds claims that two readers could judge differently. Code, quotations, and claims with a measure are left alone. */
export const undecidable: Rule = {
  name: 'undecidable-criterion',
  severity: 'warning',
  about: 'criteria with words such as "works well", "properly" or "etc.", which no one can decide',
  find: ({ open }) =>
    open.flatMap((unit) =>
      unit.criteria.flatMap((criterion) => {
        if (criterion.kind !== 'claim') return [];
        const text = criterion.text.slice(0, 5000);
        const said = vague.test(text) ? withoutQuotations(text) : '';
        const [phrase] = vague.exec(said) ?? [];
        if (phrase === undefined || /\d\s*(?:%|ms|s\b|sec|min|kb|mb|px|fps|x\b)/i.test(said)) return [];
        const hint = 'Say what is seen when it holds: an output, a number, a file, or a command that passes.';
        return [{ unit, criterion, phrase, message: `"${phrase}" leaves open when this holds`, hint }];
      }),
    ),
};

/** Finds claims with several demands, of which one may hold and another not. */
export const severalDemands: Rule = {
  name: 'several-demands',
  severity: 'warning',
  about: 'criteria that demand several things, of which one may hold and another not',
  find: ({ open }) =>
    open.flatMap((unit) =>
      unit.criteria.flatMap((criterion) => {
        if (criterion.kind !== 'claim' || criterion.text.length > 5000) return [];
        if (/\b(?:given|when|scenario)\b/i.test(criterion.text)) return []; // a scenario has steps
        const said = withoutQuotations(criterion.text);
        const sentences = said.split(/(?<=[.;])\s+(?=[\p{Lu}]|and\b)/u).map(demandsIn);
        const demands = sentences.reduce((sum, count) => sum + count, 0);
        if (demands < 3) return [];
        const hint = 'Write an item for each, so that each is judged on its own.';
        return [{ unit, criterion, message: `this criterion demands ${demands} things at once`, hint }];
      }),
    ),
};

/** The demands of a sentence: its predicates if it lists several, each with an object, as in "prints x, writes y, and sends z". */
function demandsIn(sentence: string): number {
  if (!isDemand(sentence) && !verb.test(sentence)) return 0;
  const parts = sentence.slice(0, 1000).split(/(?:,|;)\s+(?:and\s+(?:then\s+)?)?|\s+and\s+(?=then\b)/);
  const listed = parts.slice(1).filter((part) => predicate.test(part)).length;
  return Math.max(isDemand(sentence) ? 1 : 0, listed >= 2 && verb.test(parts[0] ?? '') ? listed + 1 : 0);
}

/** Verbs of what a program does. */
const verbs =
  'prints?|writes?|sends?|deletes?|removes?|creates?|updates?|saves?|stores?|loads?|reads?|returns?|shows?|displays?|logs?|exits?|opens?|closes?|emits?|throws?|rejects?|accepts?|adds?|renames?|copies|copy|moves?|uploads?|downloads?|redirects?|notifies|notify|starts?|stops?|restarts?|registers?|validates?|sorts?|filters?|renders?|clears?|resets?|retries|retry|caches?|publishes|publish';
const verb = new RegExp(String.raw`\b(?:${verbs})\b`, 'i');
/** A part of a list that begins with one, and has an object. */
const predicate = new RegExp(String.raw`^(?:(?:it|also|then|must|shall|should)\s+){0,2}(?:${verbs})\s+\S`, 'i');

function isDemand(part: string): boolean {
  return /\b(?:must|shall|should|is|are|has|have|can|cannot|returns?|shows?|contains?|exists?|passes?)\b/i.test(part);
}

function withoutQuotations(text: string): string {
  return withoutCode(text).replace(/"[^"]*"|“[^”]*”/g, (quotation) => ' '.repeat(quotation.length));
}
