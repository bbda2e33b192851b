// Loaded before a program, this notes every half second what the program itself has taken of the processor (not what it
// started): lines of milliseconds since the epoch, and milliseconds of CPU.
import { appendFileSync } from 'node:fs';

const file = process.env.BACKLOG_BENCH_CPU;
// Only the program itself: those that it starts have the variable, too.
delete process.env.BACKLOG_BENCH_CPU;
if (file) {
  const note = () => {
    const { user, system } = process.cpuUsage();
    appendFileSync(file, `${Date.now()} ${(user + system) / 1000}\n`);
  };
  setInterval(note, 500).unref();
}
