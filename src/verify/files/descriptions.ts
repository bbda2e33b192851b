import path from 'node:path';
import { simpleCommands } from '../commands/shell-words.ts';
import { looksLikeJudge } from './judge-files.ts';

/** Programs that print or search a text. Those that compare two are none, since each may be the expected one. */
const readers =
  /^(?:grep|egrep|fgrep|rg|test|\[|\[\[|cat|ls|jq|yq|head|tail|wc|cut|sort|uniq|stat|file|true|false|:|!|cd|echo|printf)$/;
/** Programs that check descriptions by themselves, also as names of packages. */
const linters =
  /^(?:redocly|spectral|spectral-cli|swagger|swagger-cli|openapi-generator|openapi-generator-cli|vacuum|asyncapi|ajv|ajv-cli|yamllint|xmllint|jsonlint|markdownlint|markdownlint-cli2?|protoc|buf|vale)$/;
const packages = /^@(?:redocly\/cli|stoplight\/spectral-cli|apidevtools\/swagger-cli|asyncapi\/cli)(?:@.*)?$/;

const endings =
  /\.(?:ya?ml|json|json5|jsonc|toml|xml|xsd|wsdl|raml|proto|graphqls?|gql|avsc|mdx?|rst|adoc|txt|html?|csv)$/i;
const folders = /(?:^|\/)specs?(?=\/)/gi;

/** True for data and prose in a folder named `specs`, such as the description of an API, if only the folder suggests a test. */
function looksLikeDescription(file: string): boolean {
  const elsewhere = file.replace(folders, '').replace(/^\//, '');
  return elsewhere !== file && endings.test(file) && !looksLikeJudge(elsewhere);
}

/** True for a description that a command looks into, and does not run as a test: it is what the command judges. */
export function isOnlyRead(file: string, command: string, cwd = ''): boolean {
  if (!looksLikeDescription(file)) return false;
  const name = cwd === '' ? file : path.posix.relative(cwd, file);
  const commands = simpleCommands(command);
  return (
    commands.some(({ words }) => words.some((word) => word.replace(/^\.\//, '') === name)) &&
    commands.every(({ words }) => reads(words))
  );
}

function reads(words: readonly string[]): boolean {
  const program = words.find((word) => !/^(?:!|npx|bunx|-y|--yes|--no|if|then|else|while)$/.test(word)) ?? '';
  return readers.test(program) || linters.test(program) || packages.test(program);
}
