import path from 'node:path';

/** Programs that run the script named in their arguments. */
export const interpreters =
  /^(?:node|nodejs|deno|bun|tsx|ts-node|python[\d.]*|pypy[\d.]*|sh|bash|zsh|dash|ash|ksh|ruby|perl|php|lua|Rscript|pwsh|elixir|escript|java|groovy|osascript|source|\.)$/;

/** Options that name a module to load before the script. */
export const loading = /^(?:-r|--require|--import|--loader|--experimental-loader)(?:=(.*))?$/;

/** The scripts that a program runs, as its arguments name them. */
export function interpreted([program = '', ...words]: readonly string[]): string[] {
  if (!interpreters.test(path.posix.basename(program))) return [];
  const found: string[] = [];
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? '';
    const loads = loading.exec(word);
    if (loads) found.push(loads[1] ?? words[++at] ?? '');
    else if (/^(?:-m|--test|test|-\w*c|-e|--eval|-p|--print)$/.test(word)) break;
    else if (!word.startsWith('-') && word !== 'run') {
      found.push(word);
      break;
    }
  }
  return found.filter((word) => word !== '');
}
