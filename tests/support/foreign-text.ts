/** Pieces that mean something to a viewer of Markdown, to a terminal, or to who runs a nightly job. */
const pieces = [
  ...[
    '`',
    '``',
    '```',
    '~~~',
    '\\',
    '*',
    '**',
    '_',
    '__',
    '~',
    '[',
    ']',
    '(',
    ')',
    '![',
    '](',
    '<',
    '>',
    '|',
    '&',
    '#',
  ],
  ...['\n', '\n\n', '\r', '\r\n', '\t', '    ', ' ', '- ', '+ ', '1. ', '2) ', '> ', '===', '---', ': ', '[^1]', '!'],
  ...[
    '&lt;',
    '&#60;',
    '&amp;',
    '<img src=http://127.0.0.1/x>',
    '<!--',
    '-->',
    '</details>',
    '<script>',
    '<http://a.b>',
  ],
  ...['http://127.0.0.1:9/i.png', 'HTTPS://a.b/(c)', 'www.a.b', 'a@b.example', '@somebody', 'mailto:a@b.c', 'ftp://a'],
  ...['![x](http://127.0.0.1/i.png)', '[x]: http://127.0.0.1', '[x][x]', '[x]', '# h', '| a | b |', '|---|---|'],
  ...[
    '\u001b[31m',
    '\u001b]52;c;ZXZpbA==\u0007',
    '\u009b2J',
    '\u0007',
    '\u0000',
    '\u202e',
    '\u061c',
    '\u2028',
    '\ufff9',
  ],
  ...['\u{e0041}', '\n::set-output name=a::b', '\n::add-mask::x', '##[group]', '##vso[task.x]', '$(x)', '{{x}}', '$a$'],
  ...['word', 'snake_case', 'a.b', 'ä漢🙂', '0', '-1', 'x'],
];

/** So many texts of random pieces, the same ones for the same seed. */
export function foreignTexts(count: number, seed = 1): string[] {
  let state = seed;
  const below = (limit: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
  return Array.from({ length: count }, () =>
    Array.from({ length: 1 + below(9) }, () => pieces[below(pieces.length)] ?? '').join(''),
  );
}
