import type { Lens } from '../../model/agent.ts';
import type { UnitSpec } from '../../model/unit.ts';
import { sha256 } from '../../util/values/hash.ts';
import type { Evidence } from '../../model/evidence.ts';
import { changeDigest } from '../../repo/objects/digest.ts';
import { entryAt } from '../../repo/objects/tree.ts';
import type { Repository } from '../../repo/git/repository.ts';
import type { Shown } from '../../queue/units.ts';

/** The subject of a review: a claim of a unit, through a lens. */
export function subjectOf(unit: Pick<UnitSpec, 'id'>, lens: Lens, claim: string): string {
  return `${lens} ${unit.id} ${sha256(claim).slice(0, 16)}`;
}

type Review = Extract<Evidence, { kind: 'review' }>;

/**
 * What reviewers confirmed of one piece of work. It holds on another tree where the change under review is the same, byte by
 * byte, and so is each quoted file: reviewers are not asked again because other files have changed. Checks are.
 */
export class ConfirmedReviews {
  readonly #repository: Repository;
  readonly #confirmed = new Map<string, { readonly digest: string; readonly review: Review }>();

  constructor(repository: Repository) {
    this.#repository = repository;
  }

  async add(subject: string, change: Shown, review: Review): Promise<void> {
    if (review.verdict !== 'confirmed') return;
    this.#confirmed.set(subject, { digest: await this.#digest(change), review });
  }

  /** The confirmation of a subject as it holds on a tree with a change; null if reviewers must be asked. */
  async on(subject: string, tree: string, change: Shown): Promise<Review | null> {
    const known = this.#confirmed.get(subject);
    if (known === undefined || known.digest !== (await this.#digest(change))) return null;
    for (const { file } of known.review.quotes) {
      const [was, is] = await Promise.all(
        [known.review.tree, tree].map(async (of) => entryAt(this.#repository, of, file)),
      );
      if (!was || !is || was.object !== is.object || was.mode !== is.mode) return null;
    }
    return { ...known.review, tree };
  }

  async #digest({ before, after }: Shown): Promise<string> {
    return changeDigest(this.#repository, before, after);
  }
}
