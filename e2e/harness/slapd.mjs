// Debian's slapd with a directory of its own, in the foreground and on loopback.

import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { freePort, removeFolder, temporaryFolder } from "./files.mjs";
import { Program } from "./program.mjs";

const slapd = "/usr/sbin/slapd";
const slapadd = "/usr/sbin/slapadd";

/** Why there can be no directory, if there can be none. */
export const missing = existsSync(slapd) ? undefined : "slapd is not installed (apt-get install slapd)";

export const base = "dc=example,dc=com";
/** Who may look for people. */
export const searcher = { dn: `cn=searcher,${base}`, password: "the password of the searcher" };

export class Directory {
  folder = temporaryFolder();

  /** Starts with these people: `uid`, `mail`, `password`. */
  static async start(people) {
    const directory = new Directory();
    try {
      await directory.#make(people);
      return directory;
    } catch (error) {
      await directory.close();
      throw error;
    }
  }

  async #make(people) {
    const data = join(this.folder, "data");
    mkdirSync(data);
    const [config, ldif] = [join(this.folder, "slapd.conf"), join(this.folder, "people.ldif")];
    writeFileSync(config, configuration(this.folder, data));
    writeFileSync(ldif, [root, entry("searcher", searcher), ...people.map(person)].join("\n\n"));
    execFileSync(slapadd, ["-f", config, "-l", ldif], { stdio: "pipe" });
    this.port = await freePort();
    this.url = `ldap://127.0.0.1:${this.port}`;
    // With any level of debugging it stays in the foreground; this one tells of each operation.
    this.program = new Program(slapd, ["-f", config, "-h", this.url, "-d", "stats"]);
    await this.program.ready("slapd listens", () => this.program.log.includes("slapd starting"));
  }

  async close() {
    if (this.program && !this.program.hasEnded) await this.program.stop();
    removeFolder(this.folder);
  }
}

/** Only the searcher sees people; passwords are for binding alone. */
const configuration = (folder, data) => `
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
pidfile ${folder}/slapd.pid
modulepath /usr/lib/ldap
moduleload back_mdb
database mdb
maxsize 16777216
suffix "${base}"
directory ${data}
access to attrs=userPassword by anonymous auth by * none
access to * by dn.exact="${searcher.dn}" read by anonymous auth by * none
`;

const root = `dn: ${base}\nobjectClass: dcObject\nobjectClass: organization\no: Example\ndc: example`;

const entry = (name, { dn, password }) =>
  `dn: ${dn}\nobjectClass: organizationalRole\nobjectClass: simpleSecurityObject\ncn: ${name}\nuserPassword: ${password}`;

const person = ({ uid, mail, password }, at) => `dn: cn=person ${at},${base}
objectClass: inetOrgPerson
cn: person ${at}
sn: ${at}
uid: ${uid}
mail: ${mail}
userPassword: ${password}`;
