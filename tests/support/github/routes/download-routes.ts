import type { Answer, Call, Route } from "./route.ts";
import { runnerPrefixes } from "./scoped-prefixes.ts";

/** Where the runner application is to be had. */
export const downloadRoutes: readonly Route[] = runnerPrefixes.map(({ prefix, description, permission }) => ({
  name: "downloads",
  method: "GET",
  template: `${prefix}/actions/runners/downloads`,
  description,
  permission,
  handle: listDownloads,
}));

function listDownloads({ world, origin }: Call): Answer {
  return { status: 200, body: world.archives.downloads(origin) };
}
