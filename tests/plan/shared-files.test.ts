import { expect, test } from 'vitest';
import { isSharedFile } from '../../src/plan/shared-files.ts';

test.each([
  ...['CHANGELOG.md', 'packages/a/CHANGES.rst', 'HISTORY', 'NEWS.txt', 'RELEASES.md', 'release-notes.md'],
  ...['package-lock.json', 'app/yarn.lock', 'Cargo.lock', 'go.sum'],
  ...['VERSION', '.version', 'version.txt', 'src/app/_version.py', 'app/version.go'],
  ...['docs/index.md', 'docs/SUMMARY.md', 'docs/_sidebar.md', './docs/toc.yml', 'specs/index.json'],
  ...['src/parts/index.ts', 'src/parts/index.mjs', 'src/app/parts/__init__.py', 'src/parts/mod.rs'],
])('%s is a file that many units change without meeting', (path) => expect(isSharedFile(path)).toBe(true));

test.each([
  ...['src/changelog.ts', 'changelog/write.ts', 'history.js', 'src/news.tsx', 'release.sh', 'src/releases.go'],
  ...['package.json', 'Cargo.toml', 'locks/package-lock.ts', 'go.summary', 'yarn.lock.ts'],
  ...['src/versions.ts', 'src/conversion.py', 'versioned.txt', 'VERSION/check.sh'],
  ...['index.js', 'src/index.ts', 'app/__init__.py', 'src/mod.rs', 'pages/shop/index.tsx', 'public/index.html'],
  ...['src/db/index-of.ts', 'README.md', 'src/a/indexes.ts', ''],
])('%s is a file like others', (path) => expect(isSharedFile(path)).toBe(false));
