/** What compilers, linters and others write when they refuse, and what of it explains the failure. */
export const linterOutputs: Readonly<Record<string, { readonly output: string; readonly told: readonly string[] }>> = {
  'Ruff, full': {
    output: `F401 [*] \`os\` imported but unused
 --> src/a.py:1:8
  |
1 | import os
  |        ^^
help: Remove unused import: \`os\`

Found 1 error.
`,
    told: ['F401 [*] `os` imported but unused (src/a.py:1)'],
  },
  'Ruff, concise': {
    output: 'src/a.py:1:8: F401 [*] `os` imported but unused\nFound 1 error.\n[*] 1 fixable with the `--fix` option.\n',
    told: ['src/a.py:1:8: F401 [*] `os` imported but unused'],
  },
  flake8: { output: './a.py:1:1: E302 expected 2 blank lines\n', told: ['./a.py:1:1: E302 expected 2 blank lines'] },
  mypy: {
    output: 'a.py:2: note: see here\na.py:3: error: Incompatible types  [assignment]\nFound 1 error in 1 file\n',
    told: ['a.py:3: error: Incompatible types  [assignment]'],
  },
  Pyright: {
    output: '/ws/a.py\n  /ws/a.py:3:5 - error: "x" is not defined (reportUndefinedVariable)\n1 error, 0 warnings\n',
    told: ['/ws/a.py:3:5 - error: "x" is not defined (reportUndefinedVariable)'],
  },
  'tsc, pretty': {
    output: "b.ts:1:14 - error TS2322: Type 'a' is odd.\n\n1 const x\n        ~\n\n\nFound 1 error in b.ts:1\n",
    told: ["b.ts:1:14 - error TS2322: Type 'a' is odd."],
  },
  'ESLint, unix': {
    output: "/ws/a.js:2:7: Expected '==='. [Error/eqeqeq]\n\n1 problem\n",
    told: ["/ws/a.js:2:7: Expected '==='. [Error/eqeqeq]"],
  },
  'ESLint, compact': {
    output: "/ws/a.js: line 2, col 7, Error - Expected '==='. (eqeqeq)\n\n1 problem\n",
    told: ["Error - Expected '==='. (eqeqeq) (a.js:2)"],
  },
  Oxlint: {
    output: `
  x eslint(eqeqeq): Expected === and instead saw ==
   ,-[a.js:2:7]
 2 | if (a == x) {}
   :       ^^
   \`----

Found 0 warnings and 1 error.
`,
    told: ['eslint(eqeqeq): Expected === and instead saw == (a.js:2)'],
  },
  Biome: {
    output: `a.js:3:5 lint/correctness/noUnusedVariables  FIXABLE  ━━━━━━━━━━━━━━━━━

  ! This variable b is unused.

a.js:2:7 lint/suspicious/noDoubleEquals  FIXABLE  ━━━━━━━━━━━━━━━━━━━━

  × Using == may be unsafe.

    1 │ const a = 1;
  > 2 │ if (a == x) {}

Checked 1 file in 5ms. No fixes applied.
Found 1 error.
`,
    told: ['Using == may be unsafe. (a.js:2)'],
  },
  'deno lint': {
    output: 'error[no-var]: `var` keyword is not allowed.\n --> /ws/a.js:3:1\n  |\n3 | var b\n\nFound 1 problem\n',
    told: ['error[no-var]: `var` keyword is not allowed. (a.js:3)'],
  },
  'golangci-lint': {
    output: 'a.go:3:5: Error return value is not checked (errcheck)\n\tf()\n\t^\n1 issues:\n* errcheck: 1\n',
    told: ['a.go:3:5: Error return value is not checked (errcheck)'],
  },
  'go vet': { output: '# a\n./a.go:6:2: unreachable code\n', told: ['./a.go:6:2: unreachable code'] },
  Clippy: {
    output: 'error: unneeded `return` statement\n --> src/lib.rs:1:27\n  |\n\nerror: could not compile `rs`\n',
    told: ['error: unneeded `return` statement (src/lib.rs:1)'],
  },
  ShellCheck: {
    output:
      '\nIn a.sh line 3:\necho $x\n     ^-- SC2086 (info): Double quote to prevent globbing.\n\nFor more information:\n',
    told: ['SC2086 (info): Double quote to prevent globbing. (a.sh:3)'],
  },
  'a linker': {
    output:
      "/usr/bin/ld: /tmp/a.o: in function `main':\nd.c:(.text+0xa): undefined reference to `f'\ncollect2: error: ld returned 1 exit status\n",
    told: ["d.c:(.text+0xa): undefined reference to `f'"],
  },
  'make without a rule': {
    output: "make: *** No rule to make target 'y', needed by 'x'.  Stop.\n",
    told: ["make: *** No rule to make target 'y', needed by 'x'.  Stop."],
  },
  'terraform validate': {
    output:
      '╷\n│ Error: Missing name for resource\n│ \n│   on main.tf line 1, in resource "x":\n│    1: resource "x" {\n╵\n',
    told: ['Error: Missing name for resource (main.tf:1)'],
  },
  'Maven, a compiler': {
    output: '[ERROR] COMPILATION ERROR : \n[ERROR] /ws/src/A.java:[3,5] cannot find symbol\n[ERROR] BUILD FAILURE\n',
    told: ['cannot find symbol (src/A.java:3)'],
  },
  Kotlin: {
    output: 'e: file:///ws/src/A.kt:3:5 Unresolved reference: foo\n\nFAILURE: Build failed with an exception.\n',
    told: ['Unresolved reference: foo (src/A.kt:3)'],
  },
  CMake: {
    output: 'CMake Error at CMakeLists.txt:3 (find_package):\n  Could not find X\n',
    told: ['Could not find X (CMakeLists.txt:3)'],
  },
  Stylelint: {
    output: '\na.css\n  1:5  ✖  Unexpected color  color-no-invalid-hex\n\n1 problem (1 error, 0 warnings)\n',
    told: ['✖  Unexpected color  color-no-invalid-hex (a.css:1)'],
  },
  rustfmt: { output: 'Diff in /ws/src/lib.rs:1:\n-a\n+b\n', told: ['Diff in /ws/src/lib.rs:1'] },
  Prettier: {
    output: 'Checking formatting...\n[warn] a.js\n[warn] Code style issues found in the above file.\n',
    told: ['Checking formatting...', '[warn] a.js', '[warn] Code style issues found in the above file.'],
  },
  Black: {
    output: 'would reformat a.py\n\nOh no!\n1 file would be reformatted.\n',
    told: ['would reformat a.py', 'Oh no!', '1 file would be reformatted.'],
  },
  gofmt: { output: 'a.go\nb.go\n', told: ['a.go', 'b.go'] },
};

/** Outputs that look as if they told of something that failed. */
export const lookAlikes: Readonly<Record<string, { readonly output: string; readonly told: readonly string[] }>> = {
  'tests that pass, with odd names': {
    output:
      '✔ tells what failed (1ms)\n ✓ a.test.ts > an error is told 2ms\nok 1 - cannot land\nℹ fail 0\ncoverage is too low\n',
    told: ['ok 1 - cannot land', 'ℹ fail 0', 'coverage is too low'],
  },
  'names of a verbose run that passes': {
    output:
      'test tests::failed_is_told ... ok\ntest_a.py::test_error PASSED [100%]\n--- PASS: TestFailed (0.00s)\ncoverage is 71%\n',
    told: ['test_a.py::test_error PASSED [100%]', '--- PASS: TestFailed (0.00s)', 'coverage is 71%'],
  },
  'counts of nothing': {
    output: 'Tests: 0 failed, 3 passed\n0 errors\nodd\n',
    told: ['Tests: 0 failed, 3 passed', '0 errors', 'odd'],
  },
  'what a test that passes logs, before a linter': {
    output: 'Error: told on purpose\n✔ tells an error (1ms)\nℹ fail 0\nsrc/a.py:1:8: F401 `os` imported but unused\n',
    told: ['src/a.py:1:8: F401 `os` imported but unused'],
  },
  'a thread that is no test': {
    output: "thread 'worker' panicked at src/lib.rs:4:1:\nboom\n",
    told: ["thread 'worker' panicked at src/lib.rs:4:1:", 'boom'],
  },
  'a list of files': {
    output: 'src/error.ts\nsrc/failed-tests.ts\n-rw-r--r-- 1 a a 0 Jan 1 10:00 panic.log\n',
    told: ['src/error.ts', 'src/failed-tests.ts', '-rw-r--r-- 1 a a 0 Jan 1 10:00 panic.log'],
  },
  'a summary of suites that pass': {
    output: '<testsuites tests="1" failures="0" errors="0"><testcase name="failure"/></testsuites>\nodd\n',
    told: ['<testsuites tests="1" failures="0" errors="0"><testcase name="failure"/></testsuites>', 'odd'],
  },
  'an address is no place': {
    output: 'listening on 127.0.0.1:5432\nbye\n',
    told: ['listening on 127.0.0.1:5432', 'bye'],
  },
};
