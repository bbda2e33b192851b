const tasks = /(?:^|\/)[@_]?(?:to[-_ ]?dos?(?:[-_ ]?list)?|follow[-_ ]?ups?|fix[-_ ]plan)\.md$/i;
const plans = /(?:^|\/)[@_]?(?:road[-_ ]?map|implementation[-_ ]plan|backlog)\.md$/i;

/** True for a file whose name says that it lists tasks. */
export function isTodo(path: string): boolean {
  return tasks.test(path) || plans.test(path);
}

/** True for a file whose name says that it is a plan, so that only what is clearly a task is one. */
export function isPlan(path: string): boolean {
  return plans.test(path);
}
