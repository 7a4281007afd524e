import { stringify } from "yaml";

import { secretContent, ToolError, type Texts } from "juju-hook-tools";
import { AgentRequestError } from "../agent-errors.ts";
import { readYaml } from "./config-input.ts";
import { formatOption, type AddVerbs, type Verbs } from "./command.ts";

const CONTENT = "KEY=VALUE, KEY#file=PATH or KEY#base64=VALUE";

/** Verbs for the secrets of the model. */
export const addSecrets: AddVerbs = ({ add, run, product }) => {
  add("add-secret", "Add a secret and print its URI; KEY#file keeps the value off the command line")
    .argument("<name>", "name of the secret")
    .argument("[content...]", CONTENT)
    .option("--file <path>", "YAML file with content")
    .action((name, words, { file }) =>
      run(async ({ agent, report, signal }) => {
        const uri = await agent.secrets.add(await readSecret(name, words, file), signal);
        report({ uri }, `${uri}\n`);
        return 0;
      }),
    );

  add("update-secret", "Replace a secret's content; units that have read it run secret-changed")
    .argument("<secret>", "name or URI of the secret")
    .argument("[content...]", CONTENT)
    .option("--file <path>", "YAML file with content")
    .action((secret, words, { file }) =>
      run(async ({ agent, signal }) => {
        const { name, content } = await readSecret(secret, words, file);
        await agent.secrets.update(name, content, signal);
        return 0;
      }),
    );

  addGrants("grant-secret", "Let applications read a secret; their units run config-changed", "grant", {
    add,
    run,
    product,
  });
  addGrants(
    "revoke-secret",
    "Withdraw applications' access to a secret; their units run config-changed",
    "revoke",
    {
      add,
      run,
      product,
    },
  );

  add("remove-secret", "Delete a secret; units that could read it run config-changed")
    .argument("<secret>", "name or URI of the secret")
    .action((secret) =>
      run(async ({ agent, signal }) => {
        await agent.secrets.remove(secret, signal);
        return 0;
      }),
    );

  add("secrets", "Print the secrets, without their content")
    .addOption(formatOption(["yaml", "json"]))
    .action(() =>
      run(async ({ agent, report }) => {
        const described = (await agent.secrets.list()).map(({ id, name, revision, grants }) => {
          return [id, { name, revision, "granted-to": grants }] as const;
        });
        const answer = Object.fromEntries(described);
        report(answer, stringify(answer, { lineWidth: 0 }));
        return 0;
      }),
    );
};

function addGrants(name: string, summary: string, change: "grant" | "revoke", { add, run }: Verbs): void {
  add(name, summary)
    .argument("<secret>", "name or URI of the secret")
    .argument("<applications...>", "names of applications")
    .action((secret, applications) =>
      run(async ({ agent, signal }) => {
        await agent.secrets[change](secret, applications, signal);
        return 0;
      }),
    );
}

async function readSecret(
  name: string,
  words: readonly string[],
  file: string | undefined,
): Promise<{ readonly name: string; readonly content: Texts }> {
  if (name.includes("=")) {
    throw new AgentRequestError("Cannot read the command line: give the name of the secret first");
  }
  // The word is not shown: it may be the secret itself.
  if (words.some((word) => !word.includes("="))) {
    throw new AgentRequestError(`Cannot read the content of ${name}: one of the words is not KEY=VALUE`);
  }
  const content = await readContent(file, words);
  if (Object.keys(content).length > 0) return { name, content };
  throw new AgentRequestError(`Cannot read the content of ${name}: give KEY=VALUE, KEY#file=PATH or --file`);
}

async function readContent(file: string | undefined, words: readonly string[]): Promise<Texts> {
  const fields = file === undefined ? {} : await readYaml(file);
  const nested = Object.entries(fields).find(([, value]) => typeof value === "object");
  if (nested) throw new AgentRequestError(`Cannot read the content of the secret: ${nested[0]} is not text`);
  const texts = Object.entries(fields).map(([key, value]) => [key, String(value)] as const);
  try {
    return await secretContent(Object.fromEntries(texts), words);
  } catch (cause) {
    if (!(cause instanceof ToolError)) throw cause;
    throw new AgentRequestError(`Cannot read the content of the secret: ${cause.message}`, { cause });
  }
}
