/** What the config needs of a file system beyond what Deno does alike everywhere. */

/** A directory in which a file is being replaced. */
export interface DirectoryHold {
  /** Makes what was renamed in the directory outlast a power failure. */
  sync(): Promise<void>;
  /** Lets others in again. */
  release(): void;
}

/** The questions and acts that depend on the system. */
export interface FileSystem {
  /**
   * Refuses a file that somebody else could have written.
   * @param path for the error message
   * @param info of the open file, or of a symbolic link
   * @returns warnings, such as that others can read the file
   * @throws {ConfigError} with exit code 5 and the command that mends it
   */
  vet(path: string, info: Deno.FileInfo): string[];
  /**
   * Takes a directory for a change of one of its files, and waits while another process of ours holds it.
   * @throws {ConfigError} if that takes longer than ten seconds
   */
  holdDirectory(directory: string): Promise<DirectoryHold>;
  /** Renames a file over another one. */
  replace(from: string, to: string): Promise<void>;
}
