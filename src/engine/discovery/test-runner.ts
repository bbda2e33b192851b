/** A way to run tests. */
export interface Way {
  /** What installs what they need; null for nothing. */
  readonly setup: string | null;
  readonly command: string;
}

/** A test runner of a project. */
export interface Runner {
  /** Its name among the checks of a configuration. */
  readonly name: string;
  /** By what it was recognized, for a person. */
  readonly seen: string;
  /** What has to be on PATH. */
  readonly program: string;
  /** The first one that works is taken. */
  readonly ways: readonly Way[];
}

/** The files of a project: paths with `/`, relative to its root. */
export interface ProjectFiles {
  readonly paths: readonly string[];
  readonly read: (path: string) => Promise<string | null>;
}

/** Looks for the runner of one kind. */
export type Find = (files: ProjectFiles) => Promise<Runner | null> | Runner | null;

/** The only way, or one of several. */
export const oneWay = (setup: string | null, command: string): readonly Way[] => [{ setup, command }];
