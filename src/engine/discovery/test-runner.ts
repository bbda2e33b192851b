/** A way to run tests. */
export interface Way {
  /** The command that installs what they need; null for none. */
  readonly setup: string | null;
  readonly command: string;
}

/** A project's test runner. */
export interface Runner {
  /** Its name among the checks of a configuration. */
  readonly name: string;
  /** The sign by which it was recognized, for people. */
  readonly seen: string;
  /** The program that must be on PATH. */
  readonly program: string;
  /** In order of preference; the first that works is used. */
  readonly ways: readonly Way[];
}

/** The files of a project: paths with `/`, relative to its root. */
export interface ProjectFiles {
  readonly paths: readonly string[];
  readonly read: (path: string) => Promise<string | null>;
}

/** Detects a test runner of one kind. */
export type Find = (files: ProjectFiles) => Promise<Runner | null> | Runner | null;

/** A single way. */
export const oneWay = (setup: string | null, command: string): readonly Way[] => [{ setup, command }];
