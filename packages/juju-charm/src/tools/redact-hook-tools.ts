import type { Redactor, Secret } from "charm-kit";
import type { HookTools, Status } from "./hook-tools.ts";
import { overlayHookTools } from "./overlay-hook-tools.ts";

/**
 * Hook tools that redact known secrets in all readable output: statuses, logs, versions, action messages and results,
 * and secret descriptions. Values of Juju secrets and credentials are known once they are read or written. Relation data
 * and stored state are not redacted.
 */
export function redactHookTools(tools: HookTools, redactor: Redactor): HookTools {
  const scrub = (text: string) => redactor.scrub(text);
  const scrubStatus = ({ name, message }: Status): Status => ({ name, message: scrub(message) });
  const register = <Values extends Readonly<Record<string, Secret>>>(values: Values): Values => {
    for (const value of Object.values(values)) redactor.add(value.reveal());
    return values;
  };
  return overlayHookTools(tools, {
    statusSet: async (status) => tools.statusSet(scrubStatus(status)),
    applicationStatusSet: async (status) => tools.applicationStatusSet(scrubStatus(status)),
    applicationVersionSet: async (version) => tools.applicationVersionSet(scrub(version)),
    log: async (level, message) => tools.log(level, scrub(message)),
    actionSet: async (results) => {
      const scrubbed = Object.entries(results).map(([key, value]) => [key, scrub(value)] as const);
      await tools.actionSet(Object.fromEntries(scrubbed));
    },
    actionFail: async (message) => tools.actionFail(scrub(message)),
    actionLog: async (message) => tools.actionLog(scrub(message)),
    secretGet: async (secret, revision) => register(await tools.secretGet(secret, revision)),
    secretAdd: async (content, owner, metadata) => {
      register(content);
      return tools.secretAdd(content, owner, scrubDescription(metadata, scrub));
    },
    secretSet: async (id, changes) => {
      register(changes.content ?? {});
      await tools.secretSet(id, scrubDescription(changes, scrub));
    },
    credentialGet: async () => {
      const cloud = await tools.credentialGet();
      register(cloud.credential?.attributes ?? {});
      return cloud;
    },
  });
}

function scrubDescription<Described extends { readonly description?: string | undefined }>(
  described: Described,
  scrub: (text: string) => string,
): Described {
  if (described.description === undefined) return described;
  return { ...described, description: scrub(described.description) };
}
