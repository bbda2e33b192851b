import { oneWay, type Find } from './test-runner.ts';

/** Python tests: pytest if configured or needed, else unittest. */
export const python: Find = async ({ paths, read }) => {
  const textOf = async (files: readonly string[]): Promise<string> =>
    (await Promise.all(files.map(async (file) => (await read(file)) ?? ''))).join('\n');
  const tests = paths.filter((path) => /(?:^|\/)(?:test_[^/]*|[^/]*_test)\.py$/.test(path));
  const settings = ['pyproject.toml', 'pytest.ini', 'tox.ini', 'setup.cfg'].filter((name) => paths.includes(name));
  const requirements = paths.filter((path) =>
    /^[\w-]*requirements[\w-]*\.txt$|^requirements\/[\w.-]+\.txt$/.test(path),
  );
  const set = await textOf(settings);
  const isSet = settings.includes('pytest.ini') || /^\[(?:tool:|tool\.)?pytest\b/m.test(set);
  if (tests.length === 0 && !isSet) return null;
  // Test functions outside of classes need pytest, and so does importing it.
  const isPytest =
    isSet ||
    paths.some((path) => path.endsWith('conftest.py')) ||
    /\bpytest\b|^(?:async )?def test_/m.test(await textOf([...settings, ...requirements, ...tests.slice(0, 20)]));
  const module = isPytest ? 'pytest' : unittest(paths, tests);
  const wanted = [
    ...requirements.map((file) => `-r ${file}`),
    ...(paths.includes('setup.py') || /^\[(?:project|build-system)\]/m.test(set) ? ['-e .'] : []),
    ...(isPytest ? ['pytest'] : []),
  ];
  const pip = `python3 -m venv .venv && .venv/bin/pip install --quiet --retries 1 ${wanted.join(' ')}`;
  const setup = paths.includes('uv.lock') ? 'uv sync --frozen' : wanted.length > 0 ? pip : null;
  return {
    name: isPytest ? 'pytest' : 'unittest',
    seen: isSet ? 'settings of pytest' : 'files of tests',
    program: 'python3',
    ways: [
      ...oneWay(null, `python3 -m ${module}`),
      ...(setup === null ? [] : oneWay(setup, `.venv/bin/python -m ${module}`)),
    ],
  };
};

/** Unittest discovers tests below the root only in packages, so another folder must be named. */
function unittest(paths: readonly string[], tests: readonly string[]): string {
  const folders = new Set(tests.map((path) => (path.includes('/') ? (path.split('/')[0] ?? '') : '')));
  const [folder = ''] = folders;
  const isNamed = folders.size === 1 && /^[\w.-]+$/.test(folder) && !paths.includes(`${folder}/__init__.py`);
  return isNamed ? `unittest discover -s ${folder}` : 'unittest';
}
