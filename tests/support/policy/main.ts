import { createServer, type IncomingMessage } from "node:http";
import { text } from "node:stream/consumers";
import { isRecord } from "charm-kit";

/**
 * `node main.ts <address> <port> <token>`: a repository policy service. It gives one-time tokens to whoever has the token,
 * and lets every job pass but pull requests from other repositories.
 */
const [, , address = "", port = "", token = ""] = process.argv;
const CHECKS = /^(?:\/(?:pull_request|workflow_dispatch|push|schedule|default))?\/check-run$/;
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
  if (!CHECKS.test(request.url ?? "")) return [404, "unknown path"];
  if (request.method !== "POST") return [405, "POST is known"];
  if (!unused.delete(bearer)) return [401, "unknown one-time token"];
  const { repository_name: target, source_repository_name: source } = parse(body) ?? {};
  if (typeof target !== "string" || target === "") return [400, "repository_name is missing"];
  if (source !== undefined && source !== target) return [403, "Pull requests from forks need an approval."];
  return [204, ""];
}

function parse(body: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(body);
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

const server = createServer((request, response) => {
  void answerTo(request).then(([status, answer]) => response.writeHead(status).end(answer));
});
server.listen(Number(port), address, () => {
  console.log("listening");
});
