// Makes the pictures of the README from a real run of specs-example with its recorded agents: the live view and the end of
// the run as SVG, the HTML report as PNG. Needs tmux and Chromium.
// node scripts/pictures.ts
import { spawnSync } from 'node:child_process';
import { copyFileSync, globSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { stripVTControlCharacters } from 'node:util';
import { openBrowser } from '../tests/support/browser.ts';

const root = path.resolve(import.meta.dirname, '..');
const pictures = path.join(root, 'docs/pictures');
const columns = 100;
const rows = 30;

/** Colours of a terminal by their codes, for a dark background. */
const colours: Readonly<Record<number, string>> = {
  ...{ 30: '#6e7681', 31: '#ff7b72', 32: '#7ee787', 33: '#e3b341', 34: '#79c0ff', 35: '#d2a8ff', 36: '#76e3ea' },
  ...{ 37: '#e6edf3', 90: '#8b949e', 91: '#ffa198', 92: '#aff5b4', 93: '#f2cc60', 94: '#a5d6ff' },
};

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/** The text of a terminal with its colours, as SVG. Each run of one style is placed by its column. */
function svg(screen: string, title: string): string {
  const lines = screen.trimEnd().split('\n');
  const width = 8.4;
  const height = 18;
  let style = { fill: '#e6edf3', isBold: false, isDim: false };
  const texts = lines.flatMap((line, row) => {
    let column = 0;
    return line.split(/(\u001b\[[\d;]*m)/).flatMap((part) => {
      const codes = /^\u001b\[([\d;]*)m$/.exec(part);
      if (codes) {
        for (const code of (codes[1] ?? '').split(';').map(Number)) {
          if (code === 0) style = { fill: '#e6edf3', isBold: false, isDim: false };
          else if (code === 1) style = { ...style, isBold: true };
          else if (code === 2) style = { ...style, isDim: true };
          else if (code === 22) style = { ...style, isBold: false, isDim: false };
          else if (code === 39) style = { ...style, fill: '#e6edf3' };
          else style = { ...style, fill: colours[code] ?? style.fill };
        }
        return [];
      }
      const at = column;
      column += Array.from(part).length;
      if (part.trim() === '') return [];
      const more = `${style.isBold ? ' font-weight="bold"' : ''}${style.isDim ? ' opacity="0.65"' : ''}`;
      return `<text x="${(16 + at * width).toFixed(1)}" y="${32 + row * height}" textLength="${(Array.from(part).length * width).toFixed(1)}" fill="${style.fill}"${more}>${escaped(part).replaceAll(' ', '\u00a0')}</text>`;
    });
  });
  const size = `${Math.ceil(32 + columns * width)} ${32 + lines.length * height + 6}`;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size}" role="img" xml:space="preserve" font-family="ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace" font-size="14"><title>${escaped(title)}</title><rect width="100%" height="100%" rx="8" fill="#0d1117"/>
${texts.join('\n')}
</svg>
`;
}

const scratch = mkdtempSync(path.join(os.tmpdir(), 'backlog-pictures-'));
const project = path.join(scratch, 'shop');
const socket = path.join(scratch, 'tmux');
const tmux = (...args: readonly string[]): string =>
  spawnSync('tmux', ['-S', socket, ...args], { encoding: 'utf8', env: { ...process.env, HOME: scratch } }).stdout;

try {
  const git = (...args: readonly string[]): void => {
    const { status, stderr } = spawnSync('git', args, { cwd: scratch, encoding: 'utf8' });
    if (status !== 0) throw new Error(`git ${args.join(' ')}: ${stderr}`);
  };
  git('clone', '--quiet', '--no-hardlinks', root, project);
  git('-C', project, 'config', 'user.name', 'Ada Example');
  git('-C', project, 'config', 'user.email', 'ada@example.org');
  const bin = path.join(root, 'src/cli/bin.mjs');
  const command = `HOME=${scratch} PATH="${path.dirname(process.execPath)}:$PATH" TERM=xterm-256color node ${bin} run specs-example --allow-unsandboxed; printf '@ended %s' "$?"; cat`;
  tmux(...['-f', '/dev/null', 'new-session', '-d', '-x', String(columns), '-y', String(rows), '-c', project, command]);
  const seen: string[] = [];
  const ended = /@ended \d+/;
  const deadline = Date.now() + 180_000;
  let last = '';
  while (!ended.test(last) && Date.now() < deadline) {
    await wait(200);
    last = tmux('capture-pane', '-e', '-p', '-t', '0');
    if (!ended.test(last)) seen.push(last);
  }
  if (!/@ended 0/.test(last)) throw new Error(`the run did not end well:\n${last}`);
  mkdirSync(pictures, { recursive: true });
  // The busiest screen of the live view: the most running units, the latest of those.
  const running = (text: string): number => Number(/(\d+) running/.exec(stripVTControlCharacters(text))?.[1] ?? 0);
  const live = seen.toReversed().reduce((best, text) => (running(text) > running(best) ? text : best), '');
  writeFileSync(path.join(pictures, 'live.svg'), svg(live, 'The live view of a run'));
  writeFileSync(path.join(pictures, 'end.svg'), svg(last.replace(ended, ''), 'The end of a run'));

  const [report] = globSync('specs-example/.backlog/runs/*/report.html', { cwd: project });
  if (report === undefined) throw new Error('the run left no HTML report');
  const browser = await openBrowser();
  try {
    const page = await browser.newPage({ viewport: { width: 1100, height: 860 }, colorScheme: 'light' });
    await page.goto(pathToFileURL(path.join(project, report)).href);
    const shot = path.join(scratch, 'report.png');
    await page.screenshot({ path: shot });
    copyFileSync(shot, path.join(pictures, 'report.png'));
  } finally {
    await browser.close();
  }
} finally {
  tmux('kill-server');
  rmSync(scratch, { recursive: true, force: true });
}
