import { expect, test } from 'vitest';
import { moduleName, type Trace, TraceReader } from '../../../src/verify/commands/trace.ts';

const log = `10 execve("/usr/bin/node", ["node", "look.mjs"], 0x7ffe /* 3 vars */) = 0
10 openat(AT_FDCWD</ws>, "look.mjs", O_RDONLY) = 3</ws/look.mjs>
12 chdir("/ws/sub") = 0
12 execve("/usr/bin/python3", ["python3", "-B", "run it.py", "other.py"], 0x7ffe /* 3 vars */) = 0
13 execve("./go", ["./go"], 0x7ffe /* 3 vars */) = 0
14 execve("/usr/bin/node", ["/usr/bin/node", "--import=./hook.mjs", "--test", "a.test.mjs"], 0x7f /* 3 vars */) = 0
15 execve("/bin/sh", ["sh", "-c", "node b.mjs"], 0x7f /* 3 vars */) = 0
16 execve("/usr/bin/node", ["node", "none.mjs"], 0x7ffe /* 3 vars */) = -1 ENOENT (No such file or directory)
17 execve("/bin/grep", ["grep", "x", "text.md"], 0x7ffe /* 3 vars */) = 0
10 statx(AT_FDCWD</ws>, "/ws/vitest.config.ts", 0, STATX_ALL, 0x7f) = -1 ENOENT (No such file or directory)
11 openat(AT_FDCWD</ws/sub>, "../caf\\303\\251.txt", O_RDONLY <unfinished ...>
10 chdir("/ws/sub") = 0
10 access("near.json", R_OK) = -1 ENOENT (No such file or directory)
11 <... openat resumed>) = -1 ENOENT (No such file or directory)
11 openat(AT_FDCWD</ws>, "/usr/lib/python3/unittest/__init__.py", O_RDONLY) = 4
11 openat(5</ws/tests>, "a.py", O_RDONLY) = 6
11 openat(AT_FDCWD</ws>, "/wsx/y", O_RDONLY) = -1 ENOENT (No such file or directory)
`;

function readTrace(log: string, root: string, cwd: string): Trace | null {
  const reader = new TraceReader(root, cwd);
  for (const line of log.split('\n')) reader.read(line);
  return reader.end();
}

test('a log tells what was looked for, what was opened and executed, and which modules came from elsewhere', () => {
  const trace = readTrace(log, '/ws', '/ws');
  expect([trace?.probed, trace?.opened, trace?.executed, trace?.modules].map((set) => [...(set ?? [])])).toEqual([
    ['vitest.config.ts', 'sub/near.json', 'café.txt'],
    ['look.mjs', 'go', 'tests/a.py'],
    ['look.mjs', 'sub/run it.py', 'go', 'hook.mjs'],
    ['unittest'],
  ]);
});

test('a log without a program that started says nothing', () => {
  expect(readTrace('strace: attach: ptrace: Operation not permitted\n', '/ws', '/ws')).toBe(null);
});

test.each([
  ['/usr/lib/python3/unittest/__init__.py', 'unittest'],
  ['src/a.test.mjs', 'a'],
  ['lib/json.rb', 'json'],
])('%s is the module %s', (file, name) => expect(moduleName(file)).toBe(name));
