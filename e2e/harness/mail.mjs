// A mail server that keeps what it is given: nodemailer's smtp-server, on loopback.

import { SMTPServer } from "smtp-server";

import { until } from "./wait.mjs";

export class MailSink {
  mails = [];
  /** How long it takes to believe a recipient. */
  pauseMs = 0;
  /** Recipients that it does not know. */
  unknown = new Set();

  /** Listens on `port`, or on one that is free. */
  static async start(port = 0) {
    const sink = new MailSink();
    sink.server = new SMTPServer({
      disabledCommands: ["AUTH", "STARTTLS"],
      logger: false,
      onRcptTo: ({ address }, _, callback) => setTimeout(() => {
        const refusal = Object.assign(new Error("no such mailbox"), { responseCode: 550 });
        callback(sink.unknown.has(address) ? refusal : undefined);
      }, sink.pauseMs),
      onData(stream, session, callback) {
        const chunks = [];
        stream.on("data", (chunk) => chunks.push(chunk));
        stream.on("end", () => {
          sink.mails.push(new Mail(Buffer.concat(chunks).toString("utf8"), session.envelope));
          callback();
        });
      },
    });
    await new Promise((resolve, reject) => {
      sink.server.once("error", reject);
      sink.server.listen(port, "127.0.0.1", resolve);
    });
    sink.port = sink.server.server.address().port;
    return sink;
  }

  /** The mails to somebody, once there is one. */
  async received(address) {
    const own = () => this.mails.filter((it) => it.to.includes(address));
    return until(`a mail to ${address}`, () => own().length > 0 && own());
  }

  close() {
    return new Promise((resolve) => this.server.close(resolve));
  }
}

/** A mail as it arrived. */
class Mail {
  constructor(raw, { mailFrom, rcptTo }) {
    Object.assign(this, { raw, from: mailFrom.address, to: rcptTo.map((it) => it.address) });
    [this.headers, this.parts] = read(raw);
  }

  /** The body of this type, as it was written. */
  part(type) {
    return this.parts.find((it) => it.type === type)?.text;
  }
}

/** Headers by lower-case name, and the parts that are text. */
function read(raw) {
  const [head, ...rest] = raw.split(/\r?\n\r?\n/);
  const unfolded = head.replace(/\r?\n[ \t]+/g, " ").split(/\r?\n/);
  const headers = Object.fromEntries(unfolded.map((line) => {
    const [, name, value] = line.match(/^([^:]+):\s*(.*)$/) ?? [, "", ""];
    return [name.toLowerCase(), value];
  }));
  const body = rest.join("\r\n\r\n");
  const type = headers["content-type"] ?? "text/plain";
  const boundary = type.match(/boundary="?([^";]+)"?/)?.[1];
  if (!boundary) return [headers, [{ type: type.split(";")[0], text: decode(headers, body) }]];
  const sections = body.split(`--${boundary}`).slice(1, -1);
  return [headers, sections.flatMap((it) => read(it.replace(/^\r?\n/, ""))[1])];
}

/** Undoes the transfer encoding (RFC 2045 §6). */
function decode(headers, body) {
  switch ((headers["content-transfer-encoding"] ?? "7bit").toLowerCase()) {
    case "base64":
      return Buffer.from(body, "base64").toString("utf8");
    case "quoted-printable": {
      const bytes = body.replace(/=\r?\n/g, "").replace(/=([0-9A-F]{2})/g, (_, hex) => String.fromCharCode(parseInt(hex, 16)));
      return Buffer.from(bytes, "latin1").toString("utf8");
    }
    default:
      return body;
  }
}
