import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { findProgram } from '../../src/util/files/programs.ts';
import { temporaryFolder } from './project.ts';

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

/** The Chromium of this machine, or the one that `CHROMIUM` names, without a window. */
export async function openBrowser(): Promise<Browser> {
  const search = process.env['PATH'] ?? '';
  const found = process.env['CHROMIUM'] ?? names.flatMap((name) => findProgram(name, '/', search) ?? [])[0];
  if (found === undefined) throw new Error('these tests need Chromium, for example "apt-get install chromium"');
  const isRoot = process.getuid?.() === 0;
  return chromium.launch({ executablePath: found, args: isRoot ? ['--no-sandbox'] : [] });
}

/** A page with what it did that a report must not do. */
export interface Watched {
  readonly page: Page;
  /** Dialogs, requests, errors, and violations of its policy, in words. */
  readonly did: readonly string[];
  readonly close: () => Promise<void>;
}

/** Opens a text as an HTML file from the disk, as a person does; the network is refused. `at` is a fragment with its sign. */
export async function openText(
  browser: Browser,
  text: string,
  options: BrowserContextOptions = {},
  at = '',
): Promise<Watched> {
  const file = path.join(temporaryFolder(), 'report.html');
  writeFileSync(file, text);
  const context = await browser.newContext({ offline: true, ...options });
  const page = await context.newPage();
  const did: string[] = [];
  const own = pathToFileURL(file).href;
  page.on('dialog', (dialog) => {
    did.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('request', (request) => {
    if (request.url().split('#')[0] !== own) did.push(`request: ${request.url()}`);
  });
  page.on('pageerror', (error) => did.push(`error: ${error.message}`));
  page.on('console', (message) => did.push(`console: ${message.text()}`));
  page.on('popup', () => did.push('popup'));
  await page.goto(own + at);
  return { page, did, close: async () => context.close() };
}
