import { existsSync } from 'node:fs';
import { endianness } from 'node:os';

/*
 * The kernel keeps keys (of Kerberos, encrypted folders, `keyctl`) in keyrings, which no namespace hides: a process
 * inherits its session's. So a seccomp filter, which neither the command nor its children can remove, makes the system
 * calls for them fail as unknown. See seccomp(2), keyrings(7), and bpf(4) of BSD for the instructions.
 */

/** `AUDIT_ARCH_*` of linux/audit.h, with the numbers of `add_key`, `request_key` and `keyctl`. */
const architectures: readonly (readonly [arch: number, calls: readonly [number, number, number]])[] = [
  [0xc000_003e, [248, 249, 250]], // x86-64
  [0xc000_00b7, [217, 218, 219]], // arm64
  [0x4000_0003, [286, 287, 288]], // x86: its calls can be made on x86-64 too
  [0x4000_0028, [309, 310, 311]], // arm
  [0xc000_00f3, [217, 218, 219]], // riscv64
  [0xc000_0102, [217, 218, 219]], // loongarch64
  [0xc000_0015, [269, 270, 271]], // ppc64le
  [0x8000_0016, [278, 279, 280]], // s390x
];

/** Marks x32 calls, which share x86-64's architecture but have other numbers. */
const x32 = 0x4000_0000;

const load = 0x20; // BPF_LD | BPF_W | BPF_ABS
const jumpIfEqual = 0x15; // BPF_JMP | BPF_JEQ | BPF_K
const jumpIfAtLeast = 0x35; // BPF_JMP | BPF_JGE | BPF_K
const answer = 0x06; // BPF_RET | BPF_K
const allow = 0x7fff_0000; // SECCOMP_RET_ALLOW
const notThere = 0x0005_0000 | 38; // SECCOMP_RET_ERRNO with ENOSYS

/** The filter as `struct sock_filter[]` in the machine's byte order, as the kernel and `bwrap --seccomp` take it. */
export function keyringFilter(): Buffer {
  const program: (readonly [code: number, jt: number, jf: number, k: number])[] = [[load, 0, 0, 4]]; // seccomp_data.arch
  for (const [arch, calls] of architectures) {
    const isX86 = arch === 0xc000_003e;
    const refused = [
      ...(isX86 ? [[jumpIfAtLeast, x32] as const] : []),
      ...calls.map((nr) => [jumpIfEqual, nr] as const),
    ];
    program.push([jumpIfEqual, 0, refused.length + 3, arch], [load, 0, 0, 0]); // seccomp_data.nr
    for (const [index, [code, k]] of refused.entries()) program.push([code, refused.length - index, 0, k]);
    program.push([answer, 0, 0, allow], [answer, 0, 0, notThere]);
  }
  program.push([answer, 0, 0, allow]);
  const bytes = Buffer.alloc(program.length * 8);
  for (const [index, [code, jt, jf, k]] of program.entries()) {
    const at = index * 8;
    bytes.writeUInt8(jt, at + 2);
    bytes.writeUInt8(jf, at + 3);
    if (endianness() === 'LE') {
      bytes.writeUInt16LE(code, at);
      bytes.writeUInt32LE(k, at + 4);
    } else {
      bytes.writeUInt16BE(code, at);
      bytes.writeUInt32BE(k, at + 4);
    }
  }
  return bytes;
}

/** Files of `/proc` that list key names, if the kernel has them. */
export function keyFiles(): string[] {
  return ['/proc/keys', '/proc/key-users'].filter((file) => existsSync(file));
}

/** Perl, which installs the filter where bubblewrap is missing; Debian always has it. */
export const perl = '/usr/bin/perl';

/** The numbers of `keyctl` and `prctl` on this machine; null if unknown. */
export function callNumbers(): { readonly keyctl: number; readonly prctl: number } | null {
  if (process.arch === 'x64') return { keyctl: 250, prctl: 157 };
  if (process.arch === 'arm64') return { keyctl: 219, prctl: 167 };
  return null;
}

/** Starts a program under the filter in `file` through Perl, with no-new-privileges; exits with 125 if that fails. */
export function filtered(file: string, prctl: number): string[] {
  const script =
    'my $f = shift; open(my $h, "<:raw", $f) or exit 125; local $/; my $b = <$h>; close $h; ' +
    'my $p = pack("Sx![P]P", length($b) / 8, $b); ' + // struct sock_fprog
    `syscall(${prctl}, 22, 2, $p) == 0 or exit 125; exec { $ARGV[0] } @ARGV; exit 125`; // PR_SET_SECCOMP, _MODE_FILTER
  return [perl, '-e', script, file];
}
