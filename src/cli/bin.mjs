#!/usr/bin/env node
// The door. Plain JavaScript that any Node can read: it looks at the version before anything else is imported (on
// Node 20 the SQLite binding would crash the process), and goes on with a newer Node where the machine has one.
import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const wanted = [22, 18];
const [major, minor] = process.versions.node.split('.').map(Number);
const isNewEnough = major > wanted[0] || (major === wanted[0] && minor >= wanted[1]);
const here = path.dirname(fileURLToPath(import.meta.url));

if (isNewEnough) {
  const bundle = path.join(here, '../../dist/main.js');
  const entry = existsSync(bundle) ? bundle : path.join(here, 'main.ts');
  const { main } = await import(entry);
  process.exitCode = await main(process.argv.slice(2));
} else {
  const newer = process.env.BACKLOG_REEXECUTED === '1' ? null : await findNewerNode();
  if (newer === null) {
    process.stderr.write(
      `backlog needs Node ${wanted.join('.')} or newer; this is ${process.versions.node}.\n` +
        'Install a newer Node, or let npm bring one: npm install --save-dev node@24 (with --global where backlog is installed globally).\n',
    );
    process.exitCode = 78;
  } else {
    const { spawn } = await import('node:child_process');
    const child = spawn(newer, process.argv.slice(1), {
      stdio: 'inherit',
      env: { ...process.env, BACKLOG_REEXECUTED: '1' },
    });
    // Ctrl-C reaches the child by itself, through the terminal; what only this process gets is passed on.
    for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
    process.on('SIGINT', () => {});
    child.on('error', (error) => {
      process.stderr.write(`backlog: ${newer} cannot be started: ${error.message}\n`);
      process.exitCode = 78;
    });
    child.on('exit', (code, signal) => {
      process.exitCode = code ?? (signal === 'SIGINT' ? 130 : signal === 'SIGTERM' ? 143 : 1);
    });
  }
}

/** The `node` package, or its platform package, where one is installed beside us. */
async function findNewerNode() {
  const { createRequire } = await import('node:module');
  const require = createRequire(import.meta.url);
  for (const name of ['node', `node-${process.platform}-${process.arch}`]) {
    try {
      const file = path.join(
        path.dirname(require.resolve(`${name}/package.json`)),
        'bin',
        process.platform === 'win32' ? 'node.exe' : 'node',
      );
      if (existsSync(file)) return file;
    } catch {
      // Not installed: look on.
    }
  }
  return null;
}
