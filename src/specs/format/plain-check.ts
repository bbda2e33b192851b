import type { Nodes } from 'mdast';
import { parseMarkdown } from '../text/markdown.ts';
import { isNonGoal } from './region-names.ts';
import { holdAs, titleState } from './title-says.ts';

/*
 * Commands that a criterion plainly asks to pass, though nobody wrote "check:": "`cargo build` exits 0", "All tests pass
 * (`npm test`)". What a user does in a scenario, or what must fail, is no check.
 */

const script = String.raw`(?:test|lint|type-?check|types|check|build|compile|verify|validate|ci|e2e|unit|integration|coverage)(?![\w])[\w:.-]*`;
const node = String.raw`(?:vitest|jest|mocha|ava|tap|eslint|oxlint|biome (?:check|ci|lint)|prettier (?:--check|-c)\b|tsc|vue-tsc|playwright test|cypress run|markdownlint|knip)`;
const python = String.raw`(?:pytest|unittest|mypy|pyright|tox|nox|ruff (?:check|format --check)|black --check|isort --check|flake8|coverage (?:run|report)|compileall|pre_commit run)`;

/** Commands that build, test or inspect a project, and change nothing that counts. */
const verifying = new RegExp(
  '^(?:' +
    [
      String.raw`(?:npm|pnpm|yarn|bun)(?: run)? (?:--silent |-s )?${script}`,
      String.raw`(?:npx|bunx|pnpm exec|pnpm dlx|yarn exec)(?: --no-install| --no| -y)? ${node}`,
      node,
      String.raw`node (?:--\S+ )*--test\b`,
      String.raw`deno (?:test|lint|check|fmt --check|task ${script})`,
      String.raw`(?:\.venv/bin/)?python3? -m ${python}`,
      String.raw`(?:uv run |poetry run |hatch run |pipenv run |\.venv/bin/)?${python}`,
      String.raw`hatch test|pre-commit run`,
      String.raw`cargo (?:\+\w+ )?(?:build|check|test|clippy|nextest run|doc|fmt (?:-- |--all -- |--all )?--check)`,
      String.raw`go (?:build|test|vet)|golangci-lint run|staticcheck`,
      String.raw`(?:make|just|task)(?: -\S+)* (?:all|${script})|cmake --build|ctest|ninja test|meson (?:test|compile)|bazel (?:test|build)`,
      String.raw`(?:mvn|\./mvnw)(?: -\S+)* (?:test|verify|package|compile)|(?:gradle|\./gradlew)(?: -\S+)* (?:[\w:]*:)?(?:test|check|build|assemble)`,
      String.raw`dotnet (?:build|test|format --verify-no-changes)|swift (?:build|test)|flutter (?:test|analyze)|dart (?:test|analyze)`,
      String.raw`(?:bundle exec )?(?:rspec|rubocop|rake (?:test|spec))|composer (?:test|validate)|(?:\./)?(?:vendor/bin/)?(?:phpunit|phpstan analy[sz]e)`,
      String.raw`mix (?:test|compile|format --check-formatted|credo|dialyzer)|(?:stack|cabal) (?:build|test)|zig build|nix (?:flake check|build)`,
      String.raw`shellcheck|shfmt -d|hadolint|terraform (?:validate|fmt -check)|tflint|ansible-lint|yamllint|actionlint|helm lint|buf (?:lint|build)|openspec validate`,
      String.raw`\./(?:[\w.-]+/)*(?:[\w.-]*[._-])?(?:test|tests|check|checks|verify|lint|build|ci)(?:[._-][\w.-]*)?`,
    ].join('|') +
    ')(?=\\s|$)',
);
/** Options by which such a command changes files, waits, or passes without a test. */
const changing = new RegExp(
  '^(?:-[wuih]|--?(?:' +
    [
      'fix(?:-\\S+)?|write|update\\S*|snapshot-update|bless|accept|apply|in-place|generate\\S*|save\\S*|record|init|install',
      'watch\\S*|ui|interactive|debug|inspect\\S*|deploy|push|publish|release-to\\S*|upload',
      'pass-?with-?no-?tests|allow-empty\\S*|if-present|exit-zero|no-error-on-unmatched-pattern|warn-only|no-fail\\S*',
      'collect-only|co|list\\S*|showConfig|print-config|help|version|dry-?run|just-print|recon',
    ].join('|') +
    '))$',
  'i',
);
/** Words of a script's name that say that it does more than to verify. */
const acting = new Set([
  ...['fix', 'watch', 'update', 'write', 'deploy', 'push', 'publish', 'release', 'install', 'upload', 'serve', 'start'],
  ...['dev', 'clean', 'reset', 'migrate', 'seed', 'generate', 'gen', 'save', 'tag', 'bump', 'commit', 'send', 'sync'],
  ...['apply', 'approve', 'accept', 'bless', 'record', 'delete', 'destroy', 'drop', 'purge', 'remove', 'ship'],
  ...['promote', 'rollout', 'run', 'open', 'ui', 'debug', 'interactive', 'autofix', 'lintfix', 'u'],
]);
const judging = /^(?:check|checks|verify|validate|lint)$/;
/** Programs whose words are all names of what they do. */
const runners = /^(?:make|just|task|gradle|\.\/gradlew|mvn|\.\/mvnw|rake|\.\/\S+)$/;
/** Variables by which tests write what they should compare. */
const writingVariable = /^\w*(?:UPDATE|BLESS|RECORD|WRITE|FIX|WATCH|ACCEPT)\w*=(?!0\s|false\s|no\s|\s)/;

const zero = String.raw`(?:0|zero)`;
/** What is said of a command that has to pass, up to the end of the criterion or a remark. */
const passes = new RegExp(
  String.raw`^\s*(?:(?:must|should|shall|will|all|both|still|always|also|now)\s+){0,3}` +
    String.raw`(?:exits?(?:\s+with)?(?:\s+(?:an?\s+)?(?:exit\s+)?(?:code|status)(?:\s+of)?)?\s+${zero}|exits?\s+(?:cleanly|successfully)` +
    String.raw`|returns?\s+(?:(?:exit\s+)?(?:code|status)\s+)?${zero}|→\s*exit\s+${zero}|passe?s?|pass(?:es)?\s+cleanly|succeeds?|(?:is|are|stays?|remains?)\s+(?:green|clean)|green` +
    String.raw`|(?:runs?|completes?|finish(?:es)?|builds?|compiles?)\s+(?:cleanly|successfully|without\s+(?:any\s+)?(?:errors?|failures?|warnings?)))` +
    String.raw`(?:\s+(?:cleanly|successfully|locally|in\s+ci|with(?:out|\s+(?:no|zero|0))\s+(?:any\s+)?(?:errors?|failures?|warnings?|issues?)(?:\s+(?:and|or)\s+(?:errors?|failures?|warnings?))?))?\s*(?:[.;!]?$|\()`,
  'i',
);
/** What must pass, before the command that shows it. */
const subject =
  /^(?:(?:all|the|every|existing|full|whole|project|unit|integration|new|and|strict)\s+){0,4}(?:tests?(?:\s+suites?)?|test\s+suites?|builds?|lint(?:s|er|ing)?|type[- ]?checks?(?:ing)?|types|typescript|code|compilation|formatting|format|checks?|project|workspace)\s+(?:(?:must|should|still|all)\s+)?(?:pass(?:es)?|succeeds?|compiles?|builds?|(?:is|are|stays?)\s+(?:green|clean)|runs?\s+clean(?:ly)?)(?:\s+(?:cleanly|without\s+(?:errors?|warnings?)))?\s*(?:[:(,—–-]|with|via|by|using|when running)\s*(?:running\s+)?$/i;
/** What turns a command into a step or a failure. */
const excluded =
  /\b(?:given|when|whenever|while|if|unless|after|before|once|not|never|no longer|cannot|fails?|failing|non-?zero|user|users)\b|n't\b/i;

/** The commands that a criterion plainly asks to pass; none if it says more than that. `text` is folded. */
export function plainChecks(text: string): string[] {
  if (text.length > 500) return [];
  const said = text
    .replace(/^#\d+\s+/, '')
    .replace(/\*\*|__/g, '')
    .replace(
      /^(?:running|run|executing|the command|command|verify(?: that)?|ensure(?: that)?|confirm(?: that)?)[:\s]\s*/i,
      '',
    );
  const spans = [...said.matchAll(/`([^`]+)`/g)];
  const outside = said.replace(/`[^`]+`/g, '``');
  if (excluded.test(outside)) return [];
  const [first] = spans;
  if (first === undefined) return []; // words alone are no command
  const commands = spans.map(([, command = '']) => command.trim());
  if (!commands.every(isVerifying)) return [];
  const parts = outside.split('``');
  const between = parts.slice(1, -1);
  if (!between.every((part) => /^\s*(?:,|,?\s*and|&&|\+|\/)\s*$/i.test(part))) return [];
  const [before = '', after = ''] = [parts[0], parts.at(-1)];
  const isAlone = before.trim() === '' && /^\s*\.?\s*$/.test(after); // a criterion of commands alone asks that they pass
  if (isAlone && isCode(said, commands)) return commands;
  const isLabel = before.trim() === '' || (/^[\p{L}\p{N} /-]{1,40}[:—–-]\s*$/u.test(before) && !takesBack(before));
  if (isLabel && passes.test(after)) return isCode(said, commands) ? commands : [];
  if (subject.test(before.trimStart()) && /^\s*\)?\s*[.!]?\s*$/.test(after))
    return isCode(said, commands) ? commands : [];
  return [];
}

/** True for a label by which what follows is not asked: "Out of scope:", "Rejected idea:", "Optional:", "Example:". */
function takesBack(label: string): boolean {
  const said = label.trim().replace(/[:—–-]$/, '');
  return isNonGoal(said) || holdAs(titleState(`[${said}] x`).state) !== null || mere.test(said.trim());
}

const mere =
  /^(?:optional(?:ly)?|ideas?|maybe|later|future|examples?|e\.?g|for instance|nice[- ]to[- ]have|stretch(?: goals?)?|bonus|notes?|hints?|tips?|questions?|alternatives?|considered|excluded|exclusions?|instead(?: of)?|previously|formerly|old|todo|assum\p{L}*)(?![\p{L}\p{N}])/iu;

/** True if Markdown reads a text's code as these commands, too. */
function isCode(text: string, commands: readonly string[]): boolean {
  const found: string[] = [];
  const visit = (node: Nodes): void => {
    if (node.type === 'inlineCode') found.push(node.value.trim());
    else if ('children' in node) for (const child of node.children) visit(child);
  };
  visit(parseMarkdown(text));
  return found.length === commands.length && found.every((one, index) => one === commands[index]);
}

/** True for code that only verifies: one such command, or several joined by "&&", also after "cd". */
export function isVerifying(code: string): boolean {
  if (/[\n;|<>$()`\\]|\{\{|…|(?:^|[^&])&(?:[^&]|$)/.test(code) || code.endsWith(' ...')) return false;
  const parts = code.split('&&').map((part) => part.trim());
  return parts.every((part, index) => {
    const variables = /^(?:[A-Z_][A-Z0-9_]*=[\w./:-]*\s+)+/.exec(part)?.[0] ?? '';
    const command = part.slice(variables.length);
    if (/^cd [\w./-]+$/.test(command)) return index < parts.length - 1;
    const isWriting = (variables.match(/\S+\s+/g) ?? []).some((one) => writingVariable.test(one));
    return !isWriting && verifying.test(command) && !doesMore(command);
  });
}

/** True for a command that also changes something, waits, or cannot fail, by its options and the names of its scripts. */
function doesMore(command: string): boolean {
  const [program = '', ...words] = command.split(/\s+/);
  const options = words.filter((word) => word.startsWith('-') && !/=(?:false|0|no|none)$/i.test(word));
  if (options.some((word) => changing.test(word.replace(/=.*$/, '')))) return true;
  if (/^(?:make|just)$/.test(program) && words.includes('-n')) return true;
  const names = words.filter((word) => !word.startsWith('-') && word !== 'run');
  if (/^(?:npm|pnpm|yarn|bun|deno)$/.test(program)) return names.slice(0, names[0] === 'task' ? 2 : 1).some(acts);
  if (runners.test(program)) return [program, ...names].some(acts);
  return names.some((word) => /^(?:watch|dev|deploy|publish|push)$/.test(word));
}

/** True for the name of a script that acts, as in `lint:fix` or `./build-and-push.sh`; `check-release` only looks. */
function acts(name: string): boolean {
  const base = name.slice(name.lastIndexOf('/') + 1).replace(/\.\w{1,4}$/, '');
  const words = base.split(/[:._-]|(?<=[a-z])(?=[A-Z])/).map((word) => word.toLowerCase());
  return words.some((word, index) => acting.has(word) && (word === 'fix' || !judging.test(words[index - 1] ?? '')));
}
