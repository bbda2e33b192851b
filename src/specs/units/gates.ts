import type { Config } from '../../model/config.ts';
import { idFromKey, type UnitId } from '../../model/ids.ts';
import { type Criterion, type CriterionKind, unasked, type UnitSpec } from '../../model/unit.ts';
import { sha256 } from '../../util/values/hash.ts';
import { criteriaHash } from '../format/draft.ts';

/*
 * A gate is a unit between two phases. Its criteria are judged on the branch as soon as all units of its phase are done.
 * Units of later phases depend on it. If it fails, an agent works on it like on any other unit.
 */

function gateId(phase: string): UnitId {
  return idFromKey(`gate.${phase}`);
}

/** Adds the gates of the configuration, and the dependencies on them. Pure. */
export function withGates(units: readonly UnitSpec[], config: Pick<Config, 'gates' | 'phases'>): UnitSpec[] {
  const gates = config.phases.flatMap((phase, index) => {
    const gate = config.gates[phase];
    return gate && gate.strictness !== 'off' ? [{ phase, index, gate }] : [];
  });
  const strict = gates.filter(({ gate }) => gate.strictness === 'strict');
  const waiting = units.map((unit): UnitSpec => {
    const at = unit.phase === null ? -1 : config.phases.indexOf(unit.phase);
    const before = strict.filter(({ index }) => index < at).map(({ phase }) => gateId(phase));
    return before.length === 0 ? unit : { ...unit, depends: [...unit.depends, ...before] };
  });
  const made = gates.map(({ phase, index, gate }): UnitSpec => {
    const inPhase = units.filter((unit) => unit.phase === phase);
    const earlier = strict.filter((other) => other.index < index).map((other) => gateId(other.phase));
    const criteria = [
      ...gate.checks.map((command) => ({ text: `check: \`${command}\``, kind: 'check' as const, command })),
      ...gate.claims.map((text) => ({ text, kind: 'claim' as const, command: null })),
      ...gate.human.map((text) => ({ text, kind: 'human' as const, command: null })),
    ].map((criterion, position) => toCriterion(criterion, position));
    const asked = (hashOf: (unit: UnitSpec) => string): string =>
      sha256(JSON.stringify({ gate, units: inPhase.map((unit) => `${unit.id} ${hashOf(unit)}`) })).slice(0, 32);
    const hashes = { contentHash: asked((unit) => unit.contentHash), criteriaHash: criteriaHash(criteria) };
    const before = asked((unit) => unit.former?.contentHash ?? unit.contentHash);
    const isWhole = inPhase.every(({ former }) => former?.isWhole !== false);
    return {
      ...unasked,
      id: gateId(phase),
      key: `gate.${phase}`,
      title: `The gate after phase ${phase}`,
      kind: 'change',
      file: '',
      line: 0,
      body: `All units of phase "${phase}" have landed. The next phase starts only if the criteria hold for all of them together. If they do not hold, fix it.`,
      criteria,
      depends: [...inPhase.map((unit) => unit.id), ...earlier],
      gate: phase,
      phase,
      ...hashes,
      ...(before === hashes.contentHash ? {} : { former: { ...hashes, contentHash: before, isWhole } }),
    };
  });
  return [...waiting, ...made];
}

function toCriterion(
  of: { readonly text: string; readonly kind: CriterionKind; readonly command: string | null },
  position: number,
): Criterion {
  return { ...of, position, hash: sha256(of.text).slice(0, 16), isTicked: null, line: 0 };
}
