/*
 * Commands that a criterion plainly asks to pass, though nobody wrote "check:": "`cargo build` exits 0", "All tests pass
 * (`npm test`)". What a user does in a scenario, or what must fail, is no check.
 */

/** Programs that build, test or inspect a project. Others count if they are named as a path, such as `./build.sh`. */
const programs = new Set(
  [
    'npm npx pnpm yarn bun bunx node deno tsc tsx eslint oxlint biome prettier vitest jest mocha playwright cypress',
    'python python3 pytest tox nox ruff mypy pyright black flake8 isort uv poetry hatch pdm pre-commit coverage',
    'cargo rustc rustfmt clippy go gofmt golangci-lint staticcheck make cmake ctest ninja meson bazel buck just task',
    'mvn gradle dotnet msbuild swift xcodebuild bundle rake rspec rubocop php composer phpunit phpstan mix elixir',
    'stack cabal zig nix sh bash zsh shellcheck shfmt hadolint terraform tflint ansible-lint test grep rg diff git',
    'openspec backlog markdownlint yamllint actionlint helm kubeconform sqlfluff buf protoc flutter dart',
  ].flatMap((line) => line.split(' ')),
);

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

const bare = new RegExp(
  String.raw`^((?:(?:npm|pnpm|yarn|bun)(?: run)? [a-z][\w:.-]*|npx [\w@/-]+|cargo (?:build|test|check|clippy|fmt)|go (?:test|build|vet)|pytest|tox|nox|ruff check|mypy|tsc|make (?:all|build|check|ci|lint|test|verify)[\w-]*|(?:\./)?(?:mvnw?|gradlew?) [a-z][\w:]*)` +
    String.raw`(?: (?:-{1,2}[\w=./-]+|[\w:@-]*[./][\w./:@-]*))*)(\s.*)$`,
);

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
  if (first === undefined) return bareCheck(said);
  const commands = spans.map(([, command = '']) => command.trim());
  if (!commands.every(isCommand)) return [];
  const parts = outside.split('``');
  const between = parts.slice(1, -1);
  if (!between.every((part) => /^\s*(?:,|,?\s*and|&&|\+|\/)\s*$/i.test(part))) return [];
  const [before = '', after = ''] = [parts[0], parts.at(-1)];
  const isLabel = before.trim() === '' || /^[\p{L}\p{N} /-]{1,40}[:—–-]\s*$/u.test(before);
  if (isLabel && passes.test(after)) return commands;
  if (subject.test(before.trimStart()) && /^\s*\)?\s*[.!]?\s*$/.test(after)) return commands;
  return [];
}

function bareCheck(said: string): string[] {
  const [, command, after] = bare.exec(said) ?? [];
  return command !== undefined && after !== undefined && passes.test(after) ? [command] : [];
}

/** True for code that is a command, not a name. */
function isCommand(code: string): boolean {
  if (/[\n]/.test(code) || /<[a-z][\w -]*>|\{\{|\.\.\.$|…/i.test(code.replace('./...', ''))) return false;
  const words = code.replace(/^(?:[A-Z_][A-Z0-9_]*=\S+\s+)+/, '').split(/\s+/);
  const [program = ''] = words;
  return programs.has(program)
    ? words.length > 1 || !/^(?:test|git|task|just|go|node|sh|bash)$/.test(program)
    : /^\.\/[\w./-]+$/.test(program);
}
