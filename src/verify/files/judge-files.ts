/*
 * Classifies files by path alone: does a path look like a test or configuration? The rules err on the protective side,
 * since they only decide which files the work must pass without, or which a person has to look at.
 */

const testNames = [
  /(?:^|\/)(?:tests?|__tests__|specs?|e2e)\/(?:.+\/)?[^/]+\.\w+$/i,
  /[._-](?:test|spec)\.\w+$/i,
  /(?:^|\/)(?:test_[^/]+|tests)\.py$/,
  /\.(?:bats|feature)$|(?:^|\/)t\/[^/]+\.t$/,
  /(?:^|\/)[^/]+(?:Tests?|IT|Spec)\.(?:java|kt|scala|groovy|cs|swift|php)$/,
];

/** True for paths that tests usually have. */
export function looksLikeTest(path: string): boolean {
  return testNames.some((name) => name.test(path));
}

const folders = [
  /(?:^|\/)(?:tests?|__tests__|e2e|test[-_]?(?:data|utils?|helpers?|support|lib)|__?fixtures?__|fixtures?|__snapshots__|__mocks__|goldens?|cypress|playwright)\//i,
  // Folder names that sources use as well count only at the top.
  /^(?:(?:scripts?|tools?|etc|build|dev)\/)?(?:specs?|testing|checks?|verify|verification|validation|acceptance|conformance|snapshots?|ci|qa)\//i,
];

const names = [
  /\.(?:snap|golden|approved|expected|baseline)(?:\.\w+)?$/i,
  /(?:^|\/)(?:expected|want(?:ed)?|goldens?)(?:[-_.][^/]*)?\.(?:txt|json|csv|tsv|xml|ya?ml|html?|out|log|dat|bin|png|svg)$/i,
  /(?:^|\/)(?:conftest|sitecustomize|usercustomize)\.py$/,
  /(?:^|\/)(?:test|spec|jest|vitest|mocha|karma|cypress|playwright)[-_.]?(?:setup|utils?|helpers?|support|env|global)[^/]*$/i,
  /(?:^|\/)(?:setup|global)[-_.]?tests?[^/]*$/i,
  /(?:^|\/)setupTests?\.[^/]+$/,
];

/** Files that tools find by name to read their settings: dotfiles, `x.config.js`, `xrc`, ini files, build files. */
const configuration = [
  /(?:^|\/)\.[^/]+$/,
  /(?:^|\/)\.(?:github|gitlab|circleci|husky|cargo|mvn|config|buildkite|woodpecker|devcontainer|vscode|idea|storybook)\//,
  /(?:^|\/)[^/]+\.(?:config|conf|setup|workspace|projects?)\.(?:[cm]?[jt]sx?|json5?|ya?ml|toml)$/i,
  /(?:^|\/)[a-z]+rc(?:\.(?:json|ya?ml))?$/,
  /\.(?:ini|cfg|toml|pth|gradle|kts|props|targets|mk|bzl|bazel|cmake|rake|gemspec)$/i,
  /(?:^|\/)(?:[^/]*Makefile[^/]*|[Jj]ustfile|Rakefile|Gemfile|Taskfile[^/]*|BUILD|WORKSPACE|CMakeLists\.txt|pom\.xml|build\.xml|phpunit\.xml[^/]*|go\.(?:mod|sum|work)|noxfile\.py|setup\.py|build\.rs|gradle\.properties|maven\.config|composer\.json|deno\.jsonc?|bunfig[^/]*|package\.json|[jt]sconfig[^/]*\.json|lerna\.json|nx\.json|turbo\.json|gulpfile[^/]*|Gruntfile[^/]*|gradlew|mvnw)$/,
  /(?:^|\/)(?:requirements|constraints)[^/]*\.txt$/,
  /\.(?:lock|lockb)$|(?:^|\/)[^/]*lock[^/]*\.(?:json|ya?ml)$/i,
];

const installed =
  /(?:^|\/)(?:node_modules|\.venv|venv|site-packages|__pypackages__|bower_components|\.yarn|\.pnpm)(?:\/|$)/;

/** True for installed packages, which never land. */
export function isInstalled(path: string): boolean {
  return installed.test(path);
}

/** True for tests, their expected data, and their helpers. */
export function looksLikeTestPart(path: string): boolean {
  return looksLikeTest(path) || folders.some((folder) => folder.test(path)) || names.some((name) => name.test(path));
}

/** True for files that configure tools. */
export function looksLikeConfiguration(path: string): boolean {
  return isInstalled(path) || configuration.some((name) => name.test(path));
}

/** True if a path alone suggests that the file affects judging. */
export function looksLikeJudge(path: string): boolean {
  return looksLikeTestPart(path) || looksLikeConfiguration(path);
}

/** True for script names that suggest a verification, such as `check.sh`. */
export function looksLikeVerification(path: string): boolean {
  return /(?:check|verif|test|lint|validat|assert|accept|audit|grade|judge|\bci\b)[^/]*$/i.test(path);
}
