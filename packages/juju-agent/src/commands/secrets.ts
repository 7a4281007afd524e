import { stringify } from "yaml";

import { secretContent, ToolError, type Texts } from "juju-hook-tools";
import { AgentRequestError } from "../agent-errors.ts";
import { readYaml } from "./config-input.ts";
import { readArguments, readWord, type Command } from "./command.ts";

const CONTENT = "[KEY=VALUE | KEY#file=PATH | KEY#base64=VALUE]... [--file FILE.yaml]";

const addSecretCommand: Command = {
  name: "add-secret",
  usage: `<name> ${CONTENT}`,
  summary: "Add a secret and print its URI; KEY#file keeps the value off the command line",
  run: async ({ agent, argv, print, signal }) => {
    print(`${await agent.secrets.add(await readSecret(argv), signal)}\n`);
    return 0;
  },
};

const updateSecretCommand: Command = {
  name: "update-secret",
  usage: `<name or URI> ${CONTENT}`,
  summary: "Replace a secret's content; units that have read it run secret-changed",
  run: async ({ agent, argv, signal }) => {
    const { name, content } = await readSecret(argv);
    await agent.secrets.update(name, content, signal);
    return 0;
  },
};

const grantSecretCommand = grantingCommand("grant-secret", "Let applications read a secret", "grant");
const revokeSecretCommand = grantingCommand(
  "revoke-secret",
  "Withdraw applications' access to a secret",
  "revoke",
);

const removeSecretCommand: Command = {
  name: "remove-secret",
  usage: "<name or URI>",
  summary: "Delete a secret",
  run: async ({ agent, argv, signal }) => {
    const name = readWord(readArguments(argv, {}).positionals, "secret");
    await agent.secrets.remove(name, signal);
    return 0;
  },
};

const secretsCommand: Command = {
  name: "secrets",
  usage: "[--format yaml|json]",
  summary: "Print the secrets, without their content",
  run: async ({ agent, argv, print }) => {
    const { values } = readArguments(argv, { format: { type: "string", default: "yaml" } });
    const described = (await agent.secrets.list()).map(({ id, name, revision, grants }) => {
      return [id, { name, revision, "granted-to": grants }] as const;
    });
    const answer = Object.fromEntries(described);
    print(values.format === "json" ? `${JSON.stringify(answer)}\n` : stringify(answer, { lineWidth: 0 }));
    return 0;
  },
};

/** Commands for the secrets of the model. */
export const SECRET_COMMANDS: readonly Command[] = [
  addSecretCommand,
  updateSecretCommand,
  grantSecretCommand,
  revokeSecretCommand,
  removeSecretCommand,
  secretsCommand,
];

function grantingCommand(name: string, summary: string, change: "grant" | "revoke"): Command {
  return {
    name,
    usage: "<name or URI> <application>...",
    summary,
    run: async ({ agent, argv, signal }) => {
      const [secret, ...applications] = readArguments(argv, {}).positionals;
      if (secret === undefined || applications.length === 0) {
        throw new AgentRequestError("Cannot read the command line: give a secret and an application");
      }
      await agent.secrets[change](secret, applications, signal);
      return 0;
    },
  };
}

async function readSecret(
  argv: readonly string[],
): Promise<{ readonly name: string; readonly content: Texts }> {
  const { values, positionals } = readArguments(argv, { file: { type: "string" } });
  const [name, ...words] = positionals;
  if (name === undefined || name.includes("=")) {
    throw new AgentRequestError("Cannot read the command line: give the name of the secret first");
  }
  // The word is not shown: it may be the secret itself.
  if (words.some((word) => !word.includes("="))) {
    throw new AgentRequestError(`Cannot read the content of ${name}: one of the words is not KEY=VALUE`);
  }
  const content = await readContent(values.file, words);
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
