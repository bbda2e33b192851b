import type { Ends } from '../context/run-end.ts';
import type { Books } from '../context/books.ts';
import type { Crew } from '../crew/crew.ts';
import type { Scope } from '../context/scope.ts';
import type { Target } from '../context/target.ts';
import type { Train } from '../judging/train.ts';
import type { Workplace } from '../boxes/workplace.ts';

/** All that a run is made of. Its parts take what they need of it. */
export interface Run extends Scope, Target, Books, Workplace, Crew, Ends {
  readonly train: Train;
}
