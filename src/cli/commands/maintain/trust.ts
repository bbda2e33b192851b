import { Command } from 'commander';
import { exitCodes } from '../../../model/exit-code.ts';
import { plural } from '../../../util/text/plural.ts';
import { answer } from '../../answer.ts';
import { type FolderOptions, specsFolder, withFolder } from '../../folder.ts';
import { print, printJson } from '../../output.ts';

interface Options extends FolderOptions {
  readonly show?: true;
  readonly digest?: string;
  readonly revoke?: true;
  readonly json?: true;
}

export function trustCommand(): Command {
  return withFolder(new Command('trust'))
    .summary('consent to what a configuration asks for')
    .description(
      'A configuration is part of its repository, so it cannot consent for you. This command shows what it asks for beyond the sandbox and your caps (programs, hooks, addresses, keys, logins, prices, the host network, another repository, no sandbox), explains it, and asks. Your answer is stored outside of the repository, for these exact values and the files that they execute; you are asked again when they change. Until you consent, they have no effect and no run starts.',
    )
    .option('--show', 'only show the request and its digest')
    .option('--digest <digest>', 'consent without a question, if this is the current digest')
    .option('--revoke', 'withdraw your consent for this repository')
    .option('--json', 'print it as JSON; asks nothing')
    .addHelpText(
      'after',
      `
Without a terminal, pass the digest: "backlog run --trust <digest>", or BACKLOG_TRUST=<digest> (several with
commas). A flag that you type (--allow-unsandboxed, --into) is your consent for that run, and needs no other.
Kept in $XDG_CONFIG_HOME/backlog/trust.json, by default ~/.config/backlog/trust.json.`,
    )
    .action(async (named: string | undefined, options: Options) => {
      const folder = specsFolder(options, named);
      if (options.revoke) {
        const { root, revoked } = await answer('revoke', { folder });
        if (options.json) return printJson('trust-revoked', { root, revoked });
        return print(`Withdrew ${plural(revoked, 'consent')} for ${root}.`);
      }
      if (options.digest !== undefined) {
        const given = await answer('trust', { folder, digest: options.digest });
        if (options.json) return printJson('trust', given);
        return print(`You trust ${given.config} (${given.digest}).`);
      }
      const asked = await answer('consent', { folder });
      if (options.json) return printJson('trust', asked);
      const { askConsent, canAsk, explain } = await import('../../consent.ts');
      if (options.show || asked.needed.length === 0 || asked.isTrusted) {
        print(explain(asked).join('\n'));
        if (asked.needed.length > 0)
          print(asked.isTrusted ? 'You consented to this.' : 'You have not consented to this.');
        return;
      }
      if (!canAsk()) {
        print(explain(asked).join('\n'));
        print('There is no terminal to ask on. To consent, pass --digest.');
        process.exitCode = exitCodes['bad-input'];
      } else if (await askConsent(asked)) {
        await answer('trust', { folder, digest: asked.digest });
        print(`You trust ${asked.config}.`);
      } else {
        print('You did not consent.');
        process.exitCode = exitCodes['bad-input'];
      }
    });
}
