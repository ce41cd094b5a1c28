// A disk of a few megabytes, which can be filled and emptied again.

import { execFileSync } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { removeFolder, temporaryFolder } from "./files.mjs";

export class SmallDisk {
  folder = temporaryFolder();

  /** A disk, or a sentence that says why there can be none. */
  static make(megabytes) {
    if (process.getuid() !== 0) return "only root can mount a small disk";
    const disk = new SmallDisk();
    try {
      execFileSync("mount", ["-t", "tmpfs", "-o", `size=${megabytes}m`, "tmpfs", disk.folder], { stdio: "pipe" });
      return disk;
    } catch (error) {
      removeFolder(disk.folder);
      return `a small disk cannot be mounted here: ${error.stderr ?? error}`;
    }
  }

  get #ballast() {
    return join(this.folder, "ballast");
  }

  /** Takes up all the room that is left. */
  fill() {
    const block = Buffer.alloc(64 * 1024);
    try {
      for (;;) writeFileSync(this.#ballast, block, { flag: "a" });
    } catch (error) {
      if (error.code !== "ENOSPC") throw error;
    }
  }

  /** Makes room again. */
  empty() {
    rmSync(this.#ballast);
  }

  close() {
    execFileSync("umount", [this.folder]);
    removeFolder(this.folder);
  }
}
