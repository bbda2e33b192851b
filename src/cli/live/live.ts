import type { RecordedEvent } from '../../model/event.ts';
import type { UnitId } from '../../model/ids.ts';
import { type Known, nothingKnown } from '../../report/live/known.ts';
import { clockTime } from '../../report/live/outlook.ts';
import { type Chosen, liveLines, nothingChosen } from '../../report/live/view.ts';
import { type Line, plainText, span } from '../../report/line.ts';
import { progressLine } from '../../report/progress.ts';
import { reduce } from '../../report/reduce.ts';
import { emptyRunState, keyOf, type RunState } from '../../report/run-state.ts';
import { printable, printableLine } from '../../util/text/printable.ts';
import { lettersOf, widthOf, wrapTo } from '../../util/text/width.ts';
import { asideThrough, coloured, inert, lookOf } from '../output.ts';
import { type Key, Keyboard, markNoPastes, markPastes } from './keys.ts';
import { Screen, type ScreenLine } from './screen.ts';
import { isInForeground, Terminal } from './terminal.ts';

/** What a person can do from the live view; each answers with a sentence. Null where it cannot be done. */
export interface Acts {
  /** What the keys do that the last line only names. */
  readonly help: string;
  /** Ends the run as the first Ctrl-C does, or leaves the view of another process's run. */
  readonly quit: () => void;
  /** Starts nothing new. */
  readonly drain: (() => void) | null;
  readonly pause: (unit: UnitId, isPaused: boolean) => Promise<string>;
  readonly tell: (agent: string, message: string) => Promise<string>;
  /** Reads what events do not tell. */
  readonly look: () => Promise<Known>;
}

/** Milliseconds between frames, and between looks at what events do not tell. */
const [frameMs, lookMs] = [250, 2000];
/** A look takes at most this share of the time. */
const lookShare = 20;

/** Events that the view shows anyway. */
const shownAnyway: ReadonlySet<string> = new Set([
  ...['wave-started', 'harvested', 'candidate', 'recipe-chosen', 'stage-done', 'map-made', 'agent-retry', 'judged'],
  ...['branch-prepared', 'criterion-judged'],
]);

/** Characters of a message that is pasted. */
const longestMessage = 20_000;

const keysHelp = 'up/down choose  enter expand  f follow  m message  p pause';

/** The live view of a run on standard error. It never holds the run up: frames that the terminal does not take are dropped. */
export class Live {
  readonly #acts: Acts;
  readonly #isVerbose: boolean;
  readonly #stream = process.stderr;
  readonly #terminal = new Terminal(process.stderr);
  readonly #screen = new Screen(this.#terminal, this.#columns);
  readonly #keyboard: Keyboard | null;
  readonly #timer: NodeJS.Timeout;
  readonly #onExit = (): void => this.close();
  readonly #onStop = (): void => this.#stopped();
  readonly #onContinue = (): void => this.#continued();
  #looking: NodeJS.Timeout | null = null;
  #state: RunState = emptyRunState();
  #known: Known = nothingKnown;
  #knownAt = 0;
  #chosen: Chosen = nothingChosen;
  /** The message that is being typed, and its agent. */
  #typing: { readonly agent: string; readonly text: string } | null = null;
  /** The lines of the last frame, by what they were made of. */
  #drawn: ReadonlyMap<string, ScreenLine> = new Map();
  #hasQuit = false;
  #isClosed = false;

  constructor(acts: Acts, options: { readonly isVerbose: boolean }) {
    this.#acts = acts;
    this.#isVerbose = options.isVerbose;
    this.#keyboard = process.stdin.isTTY ? new Keyboard(process.stdin, (key) => this.#press(key)) : null;
    if (isInForeground()) this.#openKeyboard();
    asideThrough((text) => this.#print(text));
    process.on('exit', this.#onExit);
    process.on('SIGTSTP', this.#onStop);
    process.on('SIGCONT', this.#onContinue);
    this.#timer = setInterval(() => this.#draw(), frameMs);
    this.#timer.unref();
    this.#look();
  }

  get #columns(): number {
    return process.stderr.columns ?? 80;
  }

  /** Takes an event into account that happened before anybody looked. */
  know(recorded: RecordedEvent): void {
    this.#state = reduce(this.#state, recorded);
  }

  hear(recorded: RecordedEvent): void {
    this.#state = reduce(this.#state, recorded);
    const { event, at } = recorded;
    const isFollowed = 'unit' in event && event.unit !== null && event.unit === this.#chosen.followed;
    const isVerbose = this.#isVerbose || isFollowed;
    const line = progressLine(event, this.#state, { isVerbose, isBrief: true });
    if (line === null || (!isVerbose && shownAnyway.has(event.type))) return;
    const time = `${clockTime(at)}  `;
    const [first = '', ...rest] = wrapTo(line.text, this.#columns - time.length - 1);
    this.#printLine([span(time, 'dim'), span(first, line.tone)]);
    for (const more of rest) this.#printLine([span(' '.repeat(time.length)), span(more, line.tone)]);
  }

  /** Removes the view, and restores the terminal. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    clearInterval(this.#timer);
    if (this.#looking !== null) clearTimeout(this.#looking);
    asideThrough(null);
    process.off('exit', this.#onExit);
    process.off('SIGTSTP', this.#onStop);
    process.off('SIGCONT', this.#onContinue);
    this.#screen.erase(this.#columns);
    this.#closeKeyboard();
    this.#terminal.close();
  }

  #printLine(line: Line): void {
    this.#print(`${inert(coloured(line, this.#stream))}\n`);
  }

  /** Prints above the view. */
  #print(text: string): void {
    this.#screen.print(text, this.#columns);
    this.#draw();
  }

  #draw(): void {
    if (this.#isClosed) return;
    const { columns, isUtf8 } = lookOf(this.#stream);
    const says = this.#typing === null ? this.#chosen.says : `to ${this.#typing.agent}: ${this.#typing.text}_`;
    const look = { columns, isUtf8, rows: this.#stream.rows ?? 24, now: Date.now(), keys: this.#keys };
    const lines = liveLines(
      this.#state,
      this.#known,
      { ...this.#chosen, says: says === null ? null : printableLine(says) },
      look,
    );
    // Most lines are those of the last frame.
    const drawn = lines.map((line): readonly [string, ScreenLine] => {
      const name = JSON.stringify(line);
      return [name, this.#drawn.get(name) ?? this.#drawnOf(line)];
    });
    this.#drawn = new Map(drawn);
    this.#screen.draw(
      drawn.map(([, line]) => line),
      columns,
    );
  }

  #drawnOf(line: Line): ScreenLine {
    return { text: inert(coloured(line, this.#stream)), width: widthOf(printable(plainText(line))) };
  }

  get #keys(): string {
    if (this.#keyboard === null) return '';
    return `${keysHelp}${this.#acts.drain === null ? '' : '  d drain'}  q quit  ? keys`;
  }

  #look(): void {
    const from = performance.now();
    this.#acts
      .look()
      .then((known) => {
        const [now, minutes] = [performance.now(), (performance.now() - this.#knownAt) / 60_000];
        const more = known.tokens - this.#known.tokens;
        const perMinute = this.#knownAt === 0 || more < 0 ? null : more / minutes;
        // The rate of a few seconds jumps; half of it comes from before.
        const before = this.#known.tokensPerMinute ?? perMinute;
        const tokensPerMinute = perMinute === null || before === null ? null : (perMinute + before * 9) / 10;
        [this.#known, this.#knownAt] = [{ ...known, tokensPerMinute }, now];
      })
      .catch(() => {
        // What cannot be read now is left out, and looked for again.
      })
      .finally(() => {
        if (this.#isClosed) return;
        this.#looking = setTimeout(() => this.#look(), Math.max(lookMs, (performance.now() - from) * lookShare));
        this.#looking.unref();
      });
  }

  #press(key: Key): void {
    if (key.kind === 'named' && key.name.startsWith('ctrl-')) return this.#signal(key.name);
    if (this.#typing !== null) this.#type(key);
    else this.#command(key.kind === 'named' ? key.name : key.kind === 'text' ? pressedIn(key.text) : null);
    this.#draw();
  }

  #openKeyboard(): void {
    if (this.#keyboard === null) return;
    this.#keyboard.open();
    this.#terminal.write(markPastes);
  }

  #closeKeyboard(): void {
    if (this.#keyboard === null) return;
    this.#terminal.write(markNoPastes);
    this.#keyboard.close();
  }

  /** What the terminal does by itself where keys are not read one by one: it signals the whole job. */
  #signal(name: string): void {
    if (name === 'ctrl-\\') this.#giveBack();
    process.kill(0, name === 'ctrl-c' ? 'SIGINT' : name === 'ctrl-z' ? 'SIGTSTP' : 'SIGQUIT');
  }

  /** Gives the terminal back as it was, where it is ours to change. */
  #giveBack(): void {
    this.#screen.erase(this.#columns);
    if (isInForeground()) this.#closeKeyboard();
  }

  /** Whoever sent SIGTSTP; a process that only listens to it would go on. */
  #stopped(): void {
    this.#giveBack();
    process.kill(process.pid, 'SIGSTOP');
  }

  /** The shell may have changed the terminal's mode in between, also where nobody asked us before (SIGSTOP). */
  #continued(): void {
    if (isInForeground()) {
      this.#closeKeyboard();
      this.#openKeyboard();
    }
    this.#draw();
  }

  #type(key: Key): void {
    const { agent, text } = this.#typing ?? { agent: '', text: '' };
    if (key.kind === 'text') this.#typing = { agent, text: text + key.text };
    else if (key.kind === 'pasted') this.#typing = { agent, text: text + printableLine(key.text, longestMessage) };
    else if (key.name === 'backspace')
      this.#typing = {
        agent,
        text: lettersOf(text)
          .slice(0, -1)
          .map(({ letter }) => letter)
          .join(''),
      };
    else if (key.name === 'escape' || text.trim() === '') this.#typing = null;
    else if (key.name === 'enter') {
      this.#typing = null;
      this.#ask(this.#acts.tell(agent, text));
    }
  }

  /** Shows what comes of a request. */
  #ask(answer: Promise<string>): void {
    this.#say('asked; the run answers soon');
    answer.then(
      (says) => this.#say(says),
      (error: unknown) => this.#say(error instanceof Error ? error.message : String(error)),
    );
  }

  #say(says: string | null): void {
    this.#chosen = { ...this.#chosen, says };
    this.#draw();
  }

  #command(key: string | null): void {
    if (key === null) return this.#say('what is pasted is no key');
    this.#chosen = { ...this.#chosen, says: null };
    const { busy } = this.#state;
    const unit = this.#chosen.unit !== null && busy.includes(this.#chosen.unit) ? this.#chosen.unit : null;
    switch (key) {
      case 'q':
        // A key that is held, or pressed in doubt, is no wish to lose what is nearly done.
        if (this.#hasQuit) return this.#say('it ends as soon as it can; Ctrl-C ends it at once');
        this.#hasQuit = true;
        return this.#acts.quit();
      case 'd':
        return this.#acts.drain === null ? undefined : this.#acts.drain();
      case 'up':
      case 'k':
      case 'down':
      case 'j': {
        const at = unit === null ? (key === 'up' || key === 'k' ? busy.length : -1) : busy.indexOf(unit);
        const next = Math.max(0, Math.min(busy.length - 1, at + (key === 'up' || key === 'k' ? -1 : 1)));
        this.#chosen = { ...this.#chosen, unit: busy[next] ?? null };
        return;
      }
      case 'escape':
        this.#chosen = { ...nothingChosen, followed: this.#chosen.followed };
        return;
      case '?':
        this.#say(this.#acts.help);
        return;
    }
    if (unit === null) {
      if (['enter', 'f', 'm', 'p'].includes(key)) this.#say('choose a unit first, with up and down');
      return;
    }
    this.#onUnit(key, unit);
  }

  #onUnit(key: string, unit: UnitId): void {
    const name = keyOf(this.#state, unit);
    const now = this.#state.units.get(unit);
    switch (key) {
      case 'enter':
        this.#chosen = { ...this.#chosen, isExpanded: !this.#chosen.isExpanded };
        return;
      case 'f': {
        const followed = this.#chosen.followed === unit ? null : unit;
        this.#chosen = { ...this.#chosen, followed };
        return this.#say(followed === null ? null : `all that happens to ${name} is printed; f again ends that`);
      }
      case 'm': {
        const agent = now?.agents.at(-1)?.name;
        if (agent === undefined) return this.#say(`no agent works on ${name} now`);
        this.#typing = { agent, text: '' };
        return;
      }
      case 'p':
        return this.#ask(this.#acts.pause(unit, now?.isPaused !== true));
    }
  }
}

/** The key of letters that came at once: one that is held repeats, and other letters were pasted (null). */
function pressedIn(text: string): string | null {
  const [first = '', ...rest] = text;
  return rest.every((letter) => letter === first) ? first : null;
}
