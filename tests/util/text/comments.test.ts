import { expect, test } from 'vitest';
import { commentLines } from '../../../src/util/text/comments.ts';

test.each<[file: string, text: string, ...lines: string[]]>([
  ['a.ts', 'x; // one\n/* two\n * three */ y', '1: one', '2: two', '3: three'],
  ['a.ts', "const a = 'x // no'; // yes", '1: yes'],
  ['a.ts', 'const a = `x\n// no\n`; // yes', '3: yes'],
  ['a.ts', 'const a = /["\'/*]/.test(b); // yes', '1: yes'],
  ['a.ts', 'const a = b / c; // yes', '1: yes'],
  ['a.ts', 'fetch("http://x"); see(http://y)'],
  ['a.ts', '// it\'s\n// "open', "1: it's", '2: "open'],
  ['a.ts', '/** one */\r\n// two\r\n', '1: one', '2: two'],
  ['a.ts', '/* open', '1: open'],
  ['a.rs', "fn f<'a>(x: &'a str) {} // yes", '1: yes'],
  ['a.go', 'x := `// no` // yes', '1: yes'],
  ['a.py', '"""# no\n# no\n"""\nx = "#" # yes', '4: yes'],
  ['a.sh', 'echo a#b ${#x} "$#" # yes', '1: yes'],
  ['a.yml', "a: don't # yes\nb: '# no'", '1: yes'],
  ['Dockerfile', 'FROM x\n# yes', '2: yes'],
  ['a.sql', "select '-- no' -- yes", '1: yes'],
  ['a.lua', '--[[ one\ntwo ]] -- three', '1: one', '2: two', '2: three'],
  ['a.html', '<a href="//x">// no</a>\n<!-- yes -->', '2: yes'],
  ['a.md', '# no\n\nTODO: no\n\n<!-- yes -->', '5: yes'],
  ['a.css', 'a { color: #fff } /* yes */', '1: yes'],
  ['a.clj', '(f ";") ;; yes', '1: yes'],
  ['a.tex', '50\\% no % yes', '1: yes'],
  ['a.unknown', '// no # no'],
  ['json', '// no'],
])('the comments of %s: %j', (file, text, ...lines) => {
  expect(commentLines(file, text).map(({ line, text: comment }) => `${line}: ${comment}`)).toEqual(lines);
});

test('takes time in proportion to the text, whatever it is made of', () => {
  for (const piece of ["'", '"', '`', '/', '/*', '//\n', '\\', "'''", '/[', '= /', '<!--', '# ', 'a'])
    for (const file of ['a.ts', 'a.py', 'a.sh', 'a.md', 'a.lua'])
      expect(commentLines(file, piece.repeat(200_000 / piece.length)).length).toBeLessThan(100_000);
});
