import { createSocket } from "node:dgram";
import { once } from "node:events";
import { createServer } from "node:net";
import { isIPv6 } from "node:net";

/** Who answers and where. */
export interface AnswerOptions {
  /** Of UDP they have to be named: an answer from another address than the one that was asked is none. */
  readonly addresses: readonly string[];
  readonly ports: readonly number[];
}

/** Answers whoever connects over TCP, and each datagram. */
export async function answer({ addresses, ports }: AnswerOptions): Promise<() => void> {
  const ends = await Promise.all(
    addresses.flatMap((address) => ports.flatMap((port) => [overTCP(address, port), overUDP(address, port)])),
  );
  return () => {
    for (const end of ends) end();
  };
}

async function overTCP(host: string, port: number): Promise<() => void> {
  const server = createServer((socket) => {
    socket.on("error", () => undefined);
    socket.end("hello");
  });
  await once(server.listen({ host, port }), "listening");
  return () => void server.close();
}

async function overUDP(address: string, port: number): Promise<() => void> {
  const socket = createSocket(isIPv6(address) ? "udp6" : "udp4");
  socket.on("message", (_, from) => {
    socket.send("hello", from.port, from.address, () => undefined);
  });
  const listening = once(socket, "listening");
  socket.bind({ port, address });
  await listening;
  return () => {
    socket.close();
  };
}

if (import.meta.main) {
  await answer(JSON.parse(process.argv[2] ?? "{}") as AnswerOptions);
  console.log("answering");
}
