import type { Config } from '../../model/config.ts';
import type { UnitSpec } from '../../model/unit.ts';
import type { Network } from '../../sandbox/tier.ts';

/** The network of a unit's commands that asks for these hosts; undefined means the default network policy. */
export function networkWith(config: Pick<Config, 'sandbox'>, hosts: readonly string[]): Network | undefined {
  const { network } = config.sandbox;
  if (hosts.length === 0 || network === 'host') return undefined;
  return [...(network === 'none' ? [] : network), ...hosts];
}

/** The units, with a problem for each host that the configuration does not allow. */
export function withHostProblems(units: readonly UnitSpec[], config: Pick<Config, 'sandbox'>): UnitSpec[] {
  const { network, hosts } = config.sandbox;
  const allowed = new Set([...hosts, ...(typeof network === 'string' ? [] : network)]);
  return units.map((unit) => {
    const refused = network === 'host' ? [] : unit.network.filter((host) => !allowed.has(host));
    if (refused.length === 0) return unit;
    const problem = {
      severity: 'error',
      code: 'host-not-allowed',
      message: `it asks to reach ${refused.join(', ')}, which the configuration does not allow`,
      hint: 'Name the host under "sandbox": { "hosts": [...] } in backlog.config.json, or take it out of "network".',
      file: unit.file,
      line: unit.line,
      column: 1,
    } as const;
    return { ...unit, problems: [...unit.problems, problem] };
  });
}
