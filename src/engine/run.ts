import type { Ends } from './run-end.ts';
import type { Books } from './books.ts';
import type { Crew } from './crew.ts';
import type { Scope } from './scope.ts';
import type { Target } from './target.ts';
import type { Train } from './train.ts';
import type { Workplace } from './workplace.ts';

/** All that a run is made of. Its parts take what they need of it. */
export interface Run extends Scope, Target, Books, Workplace, Crew, Ends {
  readonly train: Train;
}
