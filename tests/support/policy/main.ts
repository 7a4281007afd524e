import { createServer, type IncomingMessage } from "node:http";
import { text } from "node:stream/consumers";

/**
 * `node main.ts <address> <port> <token>`: a repository policy service. It gives one-time tokens to whoever has the token,
 * and lets every job pass but pull requests from other repositories.
 */
const [, , address = "", port = "", token = ""] = process.argv;
const unused = new Set<string>();
let given = 0;

async function answerTo(request: IncomingMessage): Promise<readonly [status: number, text: string]> {
  const body = await text(request);
  const bearer = /^Bearer (\S+)$/.exec(request.headers.authorization ?? "")?.[1] ?? "";
  if (request.method === "GET" && request.url === "/one-time-token") {
    if (bearer !== token) return [401, "unknown token"];
    given += 1;
    unused.add(`once-${given}`);
    return [200, `once-${given}`];
  }
  if (!unused.delete(bearer)) return [401, "unknown one-time token"];
  const { repository_name: target, source_repository_name: source } = JSON.parse(body) as Record<
    string,
    string
  >;
  if (source !== undefined && source !== target) return [403, "Pull requests from forks need an approval."];
  return [200, ""];
}

const server = createServer((request, response) => {
  void answerTo(request).then(([status, answer]) => response.writeHead(status).end(answer));
});
server.listen(Number(port), address, () => {
  console.log("listening");
});
