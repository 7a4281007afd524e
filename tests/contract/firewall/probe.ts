import { execFile } from "node:child_process";
import { createSocket } from "node:dgram";
import { Resolver } from "node:dns/promises";
import { connect, isIPv6 } from "node:net";
import { promisify } from "node:util";

/** Something that is tried from a network namespace. */
export interface Probe {
  /** `dns` asks the server for the name `dns`, and takes any answer. */
  readonly via: "tcp" | "udp" | "ping" | "dns";
  readonly address: string;
  /** Of TCP, UDP and DNS. */
  readonly port: number;
}

export type Finding = "reached" | "refused";

/** More than an answer takes; who expects one asks again on a machine that is busy. */
const PATIENCE_MS = 700;

/** Tries something; whatever is no answer in time counts as refused. */
async function tryOut(probe: Probe): Promise<Finding> {
  try {
    await attempts[probe.via](probe);
    return "reached";
  } catch {
    return "refused";
  }
}

const attempts: Readonly<Record<Probe["via"], (probe: Probe) => Promise<unknown>>> = {
  tcp: ({ address, port }) =>
    new Promise<void>((resolve, reject) => {
      const socket = connect({ host: address, port, timeout: PATIENCE_MS });
      const end = (error?: Error) => {
        socket.destroy();
        if (error) reject(error);
        else resolve();
      };
      // That it connects shows the way there, that bytes come the way back.
      socket.once("data", () => {
        end();
      });
      for (const sign of ["error", "timeout", "close"]) {
        socket.once(sign, () => {
          end(new Error(sign));
        });
      }
    }),
  udp: ({ address, port }) =>
    new Promise<void>((resolve, reject) => {
      const socket = createSocket(isIPv6(address) ? "udp6" : "udp4");
      const timer = setTimeout(() => {
        end(new Error("timeout"));
      }, PATIENCE_MS);
      const end = (error?: Error) => {
        clearTimeout(timer);
        socket.close();
        if (error) reject(error);
        else resolve();
      };
      socket.once("error", end);
      socket.once("message", () => {
        end();
      });
      socket.connect(port, address, () => {
        socket.send("hello");
      });
    }),
  ping: async ({ address }) => {
    const program = isIPv6(address) ? "ping6" : "ping";
    await promisify(execFile)("/bin/busybox", [program, "-c", "1", address], { timeout: PATIENCE_MS });
  },
  dns: async ({ address, port }) => {
    const resolver = new Resolver({ timeout: PATIENCE_MS, tries: 1 });
    resolver.setServers([`${address}:${port}`]);
    await resolver.resolve4("dns.lxd").catch((thrown: unknown) => {
      // An answer that there is no such name is an answer.
      if (!["ENOTFOUND", "ENODATA"].includes((thrown as NodeJS.ErrnoException).code ?? "")) throw thrown;
    });
  },
};

if (import.meta.main) {
  const probes = JSON.parse(process.argv[2] ?? "{}") as Readonly<Record<string, Probe>>;
  const findings = Object.entries(probes).map(
    async ([title, probe]) => [title, await tryOut(probe)] as const,
  );
  process.stdout.write(JSON.stringify(Object.fromEntries(await Promise.all(findings))));
}
