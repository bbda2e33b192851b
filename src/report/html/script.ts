/**
 * What the page can do where scripts run: one unit at a time, find, filter, keys, copy, theme. It makes no markup: it sets
 * classes, attributes and the text of buttons.
 */
export const script = `
'use strict';
(() => {
const root = document.documentElement;
root.classList.add('js');
addEventListener('DOMContentLoaded', () => {
const all = (selector, from = document) => [...from.querySelectorAll(selector)];
const one = (selector) => document.querySelector(selector);
const units = all('.unit');
const rows = new Map(all('.list li').map((row) => [row.dataset.unit, row]));
const idOf = (unit) => unit.id.slice(5);
for (const hidden of all('.copy, .filters, .find')) hidden.hidden = false;

const list = one('.list');
let open = null;
const show = (unit) => {
  if (open) open.classList.remove('open');
  open = unit;
  if (!unit) return;
  unit.classList.add('open');
  for (const [id, row] of rows) {
    const link = row.firstElementChild;
    if (id === idOf(unit)) { link.setAttribute('aria-current', 'true'); if (row.offsetTop < list.scrollTop || row.offsetTop > list.scrollTop + list.clientHeight - 40) list.scrollTop = row.offsetTop - list.clientHeight / 2; }
    else link.removeAttribute('aria-current');
  }
};
const targetOf = () => {
  try { return document.getElementById(decodeURIComponent(location.hash.slice(1))); } catch { return null; }
};
const follow = (isFirst) => {
  const target = targetOf();
  const unit = target && target.closest('.unit');
  if (unit) {
    show(unit);
    if (target.tagName === 'DETAILS') target.open = true;
    target.scrollIntoView();
    unit.focus({ preventScroll: true });
  } else if (isFirst) show(units[0] || null);
};
addEventListener('hashchange', () => follow(false));

const texts = new Map();
const textOf = (unit) => {
  if (!texts.has(unit)) texts.set(unit, (idOf(unit) + ' ' + unit.textContent).toLowerCase());
  return texts.get(unit);
};
const find = one('.find');
let filter = 'all';
const isShown = (unit) => {
  const mark = unit.dataset.mark;
  const needs = mark === 'failed' || mark === 'question' || mark === 'approval';
  const isOf = filter === 'all' || filter === mark || (filter === 'needs' && needs);
  const words = find ? find.value.toLowerCase().trim() : '';
  return isOf && (words === '' || textOf(unit).includes(words));
};
const sift = () => {
  let count = 0;
  for (const unit of units) {
    const is = isShown(unit);
    const row = rows.get(idOf(unit));
    if (row) row.hidden = !is;
    if (is) count += 1;
  }
  for (const group of all('.group')) group.hidden = all('li', group).every((row) => row.hidden);
  one('.list .no-match').hidden = count > 0;
};
for (const button of all('[data-filter]'))
  button.addEventListener('click', () => {
    filter = button.dataset.filter;
    for (const other of all('[data-filter]')) other.setAttribute('aria-pressed', String(other === button));
    sift();
  });
let wait = 0;
if (find) find.addEventListener('input', () => {
  clearTimeout(wait);
  wait = setTimeout(() => { sift(); one('#units').scrollIntoView(); }, 150);
});

const copy = async (button) => {
  const text = button.previousElementSibling.textContent;
  try { await navigator.clipboard.writeText(text); }
  catch {
    const range = document.createRange();
    range.selectNodeContents(button.previousElementSibling);
    getSelection().removeAllRanges();
    getSelection().addRange(range);
    document.execCommand('copy');
  }
  button.textContent = 'Copied';
  setTimeout(() => { button.textContent = 'Copy'; }, 1500);
};
addEventListener('click', (event) => {
  const button = event.target.closest && event.target.closest('.copy');
  if (button) copy(button);
});

const shownUnits = () => all('.list li:not([hidden])').map((row) => document.getElementById('unit/' + row.dataset.unit));
const go = (step, is = () => true) => {
  const list = shownUnits().filter((unit) => unit && (unit === open || is(unit)));
  const at = list.indexOf(open);
  const next = list[Math.max(0, Math.min(list.length - 1, at + step))];
  if (next) { history.replaceState(null, '', '#unit/' + idOf(next).split('/').map(encodeURIComponent).join('/')); show(next); one('#units').scrollIntoView(); next.focus({ preventScroll: true }); }
};
const needs = (unit) => ['failed', 'question', 'approval'].includes(unit.dataset.mark);
const theme = () => {
  const isDark = root.dataset.theme ? root.dataset.theme === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
  root.dataset.theme = isDark ? 'light' : 'dark';
};
const sections = all('.top nav a');
const dialog = one('.keys');
const keys = {
  '/': () => { if (find) { find.focus(); find.select(); } },
  j: () => go(1), ArrowDown: () => go(1), k: () => go(-1), ArrowUp: () => go(-1),
  n: () => go(1, needs),
  o: () => { if (open) { const folds = all('details', open); const is = folds.some((fold) => !fold.open); for (const fold of folds) fold.open = is; } },
  c: () => { location.hash = '#graph'; },
  y: () => { const button = open && open.querySelector('.copy'); if (button) copy(button); },
  t: theme,
  '?': () => { if (dialog.open) dialog.close(); else dialog.showModal(); },
};
addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const isTyping = event.target.closest && event.target.closest('input, textarea');
  if (event.key === 'Escape') { if (find && isTyping) { find.value = ''; sift(); find.blur(); } else if (!dialog.open) location.hash = '#overview'; return; }
  if (isTyping) return;
  const isArrow = event.key.startsWith('Arrow');
  if (isArrow && !(event.target.closest && event.target.closest('#units'))) return;
  const section = /^[1-6]$/.test(event.key) ? sections[Number(event.key) - 1] : null;
  const act = section ? () => section.click() : Object.hasOwn(keys, event.key) ? keys[event.key] : null;
  if (act) { event.preventDefault(); act(); }
});
for (const button of all('.theme')) button.addEventListener('click', theme);
for (const button of all('.help')) button.addEventListener('click', keys['?']);

const marks = all('.top nav a, .tabs a');
const watch = new IntersectionObserver((entries) => {
  for (const { isIntersecting, target } of entries)
    if (isIntersecting) for (const link of marks) link.toggleAttribute('aria-current', link.getAttribute('href') === '#' + target.id);
}, { rootMargin: '-60px 0px -70% 0px' });
for (const section of all('main section, #needs-you, #landed')) watch.observe(section);
addEventListener('beforeprint', () => { for (const unit of units) if (unit.dataset.mark !== 'landed') unit.classList.add('open'); });
follow(true);
});
})();
`;
