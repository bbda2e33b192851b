import type { Nodes } from 'mdast';
import { isVerifying } from '../format/plain-check.ts';
import { fold, plainText } from '../text/markdown.ts';

/*
 * Sentences that only ask to look: to see that tests or builds pass, to run them, or to ask a person. Each is judged as a whole,
 * since "Ensure all tests pass, and add the missing ones" asks for a change. In doubt, a sentence asks for one.
 */

/** Longer texts say more than that. */
const maxLength = 300;

const kinds = [
  'all|any|every|each|the|these|those|our|new|newly added|existing|current|previous|remaining|relevant|related|affected',
  'full|whole|entire|complete|final|unit|integration|property(?:-based)?|e2e|end-to-end|regression|acceptance|functional',
  'smoke|contract|snapshot|component|browser|performance|security|automated|manual|back-?end|front-?end|api|ui|cli|server',
  'client|core|shared|project|phase|production|rust|typescript|python|go|java|cargo|npm|bun|jest|vitest|pytest|type|lint',
  'static|code|app|application|and|or',
].join('|');
const noun = String.raw`(?:tests?(?: (?:suites?|cases|runs?))?|test-?suites?|suites?|checks?|type-?check(?:s|ing)?|builds?|compilation|lint(?:s|er|ing)?|linters|formatting|types|code|project|workspace|pipelines?|ci)`;
/** Tests, builds and the like. */
const things = String.raw`(?:(?:(?:${kinds}|\d+)[ /]){0,8}${noun}(?: (?:of|in|for) (?:all|the|this|each) (?:packages|phase|project|workspace|crates|modules|repository))?)`;
/** A command that only verifies, see `sentencesOf`. */
const command = '``';
const well = String.raw`(?: (?:successfully|cleanly|correctly|locally|again|in ci|end[- ]to[- ]end|as expected|(?:with(?:out| no| zero| 0)) (?:any )?(?:errors?|warnings?|failures?|regressions?|issues?)(?: (?:or|and) (?:errors?|warnings?|failures?))?|before (?:continuing|proceeding|moving on|going on)(?: to .{1,40})?)){0,2}`;
const passing = String.raw`(?:(?:still |all |both |now |must |should |can ){0,2}(?:pass(?:es)?|succeeds?|compiles?|builds?|works?|(?:be|is|are|stays?|remains?|keeps?) (?:still |all )?(?:green|passing|clean|successful|working|fine|ok)|runs?(?! \w+ing)|completes?|(?:has|have) no (?:errors?|warnings?|failures?)))${well}`;
const arising = String.raw`(?: (?:arises?|come up|occurs?|exists?|remains?|appears?|emerges?))?`;
const asked = String.raw`(?:(?:if|when|whenever|in case|should|about|for) (?:there (?:are|is) )?(?:any |some |further |open |a )*(?:questions?|issues?|problems?|doubts?|concerns?|clarifications?|guidance|feedback|approval|review|help|decisions?)(?: or (?:questions?|issues?|problems?|concerns?))?${arising}|(?:if|when) (?:anything|something) (?:is|seems|looks) (?:unclear|wrong|off)|(?:if|when|where) (?:needed|necessary|unclear|in doubt|unsure|required)|(?:before|to) (?:continue|continuing|proceed|proceeding|moving on)|whether to (?:continue|proceed))`;
const person = '(?:the )?(?:users?|human|developer|maintainer|team|reviewer|me|us)';

const looks: readonly RegExp[] = [
  // What must pass.
  String.raw`(?:(?:please )?(?:ensure|make sure|verify|confirm|validate|check|see)(?: that| if| whether)? )?${things} ${passing}`,
  String.raw`(?:please )?(?:re-?)?(?:run|execute|verify|check|validate|confirm)(?: and (?:verify|check|pass))? (?:${things}|${command})(?: (?:with|via|using|by running) ${command})?${well}`,
  String.raw`(?:(?:ensure|make sure|verify|confirm|check|see)(?: that)? )?(?:they|it|these|those|everything|all|both) (?:all )?${passing}`,
  // What a person sees.
  String.raw`(?:verify|confirm) that (?:(?!(?:must|shall)\b).)+`,
  String.raw`(?:verify|confirm) (?:.+ )?(?:works?|passe?s?|succeeds?|compiles?|builds?|loads?|renders?)${well}`,
  String.raw`(?:manually )?(?:verify|confirm|check|review) (?:it|everything|(?:the )?(?:progress|(?:test )?results?|(?:test )?coverage|output|changes|implementation|work))(?: (?:so far|manually|together|with ${person}))?`,
  String.raw`(?:\w+ ){1,4}(?:is|are) (?:fully |correctly |properly |all )?(?:wired|working|functional|integrated|connected|running|healthy|stable|green|clean)(?: (?:up|together))?`,
  // Questions, and a stop.
  String.raw`(?:please )?(?:ask|consult|check with)(?: ${person})?(?: (?:any )?questions)? ${asked}`,
  String.raw`(?:please )?(?:ask|consult|check with) ${person}`,
  String.raw`${asked},? (?:please )?(?:ask|consult|check with) ${person}`,
  String.raw`(?:pause|stop|wait|halt)(?: here)?(?: (?:and|to|for) (?:ask|wait|review|(?:${person} )?(?:approval|feedback|review|confirmation))(?: (?:for )?${person})?)?(?: ${asked})?`,
  // The same in Chinese and Japanese.
  '(?:请)?(?:确认|确保|验证|检查|运行|執行|执行|確認|確保)?(?:所有|全部|现有|完整|单元|集成|的)*(?:测试|测试用例|构建|编译|检查|类型检查)(?:都|均|全部|可以|能够|能|必须)*(?:通过|成功|正常)?',
  '(?:如果?有|若有|有)(?:任何)?(?:问题|疑问)(?:时|的话)?(?:请|则)?(?:询问|咨询|联系)(?:用户)?',
  '(?:すべて|全て|全)の?(?:ユニット|単体|統合)?テスト(?:が|を|の)?(?:通る|通過する?|成功する?|パスする?|実行する?|実行し)?(?:こと|の)?(?:を)?(?:確認|確保|保証)?(?:する|し|してください)?',
  '(?:質問|疑問|問題|不明点|不明な点)(?:が|は)?(?:あれば|ある場合は|生じた場合は|出た場合は)(?:ユーザーに?)?(?:確認|質問|尋ね)(?:する|してください|る)?',
].map((pattern) => new RegExp(`^${pattern}$`, 'iu'));

/** Where a sentence may be two. */
const joints = /[.!?;:。；！？、，]+\s*|\s*,\s*(?:and |then |or )?|\s(?:and|then|or|&)\s|\s[-–—]\s/giu;

/** Words with which a demand for a change begins. */
const working =
  /^(?:(?:please|also|now|to)\s+)?(?:(?:re)?(?:add|adjust|allow|apply|bump|cache|change|clean|commit|configure|convert|copy|create|define|delete|deploy|design|disable|document|drop|enable|export|extend|extract|finali[sz]e|finish|fix|generate|handle|implement|import|improve|include|install|integrate|introduce|load|merge|migrate|move|name|optimi[sz]e|persist|port|prepare|publish|push|refactor|register|release|remove|replace|reset|restore|resume|return|save|send|seriali[sz]e|set|show|split|store|support|switch|tag|track|trigger|update|upgrade|upload|use|wire|work|write)\b|实现|添加|增加|保存|恢复|创建|修复|更新|删除|移除|重构|编写|补充|提交|実装|追加|作成|修正|削除|更新)/iu;

/** True if a part of a text begins with a demand for a change, "add the missing tests". */
export function asksForChange(text: string): boolean {
  return text
    .toLowerCase()
    .split(joints)
    .some((part) => working.test(part.trim()));
}

/** The most parts of a text that is judged. */
const maxParts = 20;

/** True for a text that only asks to look, with commands that only verify as "``". */
export function onlyLooks(text: string): boolean {
  const said = fold(text).toLowerCase();
  if (said.length > maxLength || asksForChange(said)) return false;
  const cuts = [...said.matchAll(joints)].map(({ index, 0: { length } }) => ({ start: index, end: index + length }));
  if (cuts.length >= maxParts) return false;
  const starts = [0, ...cuts.map(({ end }) => end)];
  const ends = [...cuts.map(({ start }) => start), said.length];
  const isLook = (from: number, to: number): boolean => {
    const part = said.slice(starts[from], ends[to]).trim();
    return (part === '' && from > 0) || looks.some((pattern) => pattern.test(part));
  };
  // The parts from which on all of the rest only looks.
  const fine = new Set([starts.length]);
  for (let from = starts.length - 1; from >= 0; from--)
    if (ends.some((_, to) => to >= from && fine.has(to + 1) && isLook(from, to))) fine.add(from);
  return fine.has(0);
}

/** The text of a node, with commands that only verify as "``", and its blocks as sentences. */
export function sentencesOf(node: Nodes): string {
  if (node.type === 'inlineCode') return isVerifying(node.value) ? command : `\`${node.value}\``;
  if (!('children' in node)) return plainText(node);
  return node.children.map(sentencesOf).join(node.type === 'listItem' || node.type === 'list' ? '. ' : '');
}
