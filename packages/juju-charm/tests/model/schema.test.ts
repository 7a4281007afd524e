import { expect } from "chai";
import { z } from "zod";
import {
  readJujuContext,
  SchemaError,
  SecretOptionError,
  type ActionEvent,
  type JsonObject,
  type Schema,
} from "../../src/index.ts";
import { CharmConfig } from "../../src/model/charm-config.ts";
import { Model } from "../../src/model/model.ts";
import { Context, State } from "../../src/testing/index.ts";
import { FakeHookTools } from "../fake-hook-tools.ts";
import { hookEnvironment } from "../hook-environment.ts";
import { charmThat } from "../run-charm.ts";
import { METADATA } from "../testing/behaviour-metadata.ts";
import { rejection } from "../../../../tests/support/rejection.ts";

/** The error, with all that it prints. */
async function refusal(work: Promise<unknown>): Promise<{ error: SchemaError; text: string }> {
  const error = await rejection(work);
  if (!(error instanceof SchemaError)) throw new Error("another error", { cause: error });
  expect(error.code).to.equal("schema");
  return { error, text: `${String(error.stack)} ${JSON.stringify(error)} ${String(error.cause)}` };
}

describe("a schema", () => {
  const options = z
    .object({
      port: z.number().int().max(65_535),
      mode: z.enum(["fast", "safe"]),
      labels: z.string().optional(),
    })
    .transform(({ port, labels, ...rest }) => ({
      ...rest,
      port: `:${port}`,
      labels: labels?.split(",") ?? [],
    }));

  describe("of the options", () => {
    const load = (config: JsonObject, schema: Schema = options) => {
      const tools = new FakeHookTools();
      tools.config = config;
      return new CharmConfig(tools).load(schema);
    };

    it("validates and converts them as a whole", async () => {
      const tools = new FakeHookTools();
      tools.config = { port: 80, mode: "fast", labels: "a,b" };
      const loaded = await new CharmConfig(tools).load(options);
      const port: string = loaded.port; // typed
      expect([port, loaded.labels]).to.deep.equal([":80", ["a", "b"]]);
    });

    it("names every option that does not fit, and no value", async () => {
      const { error, text } = await refusal(load({ port: 99_999, mode: "ghp_secret", labels: "a" }));
      expect(error.paths).to.deep.equal(["port", "mode"]);
      expect(error.message).to.equal("Cannot use the options: port, mode do not fit the charm's schema");
      expect(text).not.to.include("99999").and.not.to.include("ghp_secret");
    });

    it("tells no message of the library, which may quote a value", async () => {
      const quoting = z.object({
        token: z.string().refine(() => false, { error: ({ input }) => `bad ${String(input)}` }),
      });
      const { text } = await refusal(load({ token: "ghp_secret" }, quoting));
      expect(text).to.include("token").and.not.to.include("ghp_secret");
    });

    it("tells that the whole does not fit", async () => {
      const { error } = await refusal(
        load(
          { a: 1 },
          z.looseObject({}).refine(() => false),
        ),
      );
      expect(error.message).to.equal("Cannot use the options: the whole does not fit the charm's schema");
    });

    it("may be asynchronous, a function, and of any library", async () => {
      const schema = Object.assign(() => undefined, {
        "~standard": {
          version: 1,
          vendor: "test",
          validate: (value: unknown) =>
            Promise.resolve(
              typeof value === "object"
                ? {
                    issues: [{ message: "no", path: ["a", { key: "b" }, 0, Symbol("c")] }, { message: "no" }],
                  }
                : { value },
            ),
        } as const,
      });
      const { error } = await refusal(load({}, schema));
      expect(error.paths).to.deep.equal(["a.b[0].Symbol(c)"]);
    });

    it("bounds what an error names", async () => {
      const config = Object.fromEntries(
        Array.from({ length: 99 }, (_, at) => [`${"k".repeat(200)}${at}`, at]),
      );
      const { error } = await refusal(load(config, z.record(z.string(), z.string())));
      expect(error.paths.length).to.be.at.most(20);
      expect(error.message.length).to.be.lessThan(2500);
    });
  });

  it("of an action's parameters names them and no value", async () => {
    const seen: unknown[] = [];
    const ctx = new Context(
      charmThat((framework, { on }) => {
        framework.observe(on.action("act"), async (event: ActionEvent) => {
          seen.push(
            await event.load(z.object({ who: z.string().max(5), mode: z.enum(["idle", "busy"]).optional() })),
          );
        });
      }),
      { metadata: METADATA },
    );
    await ctx.run(ctx.on.action("act"), new State());
    expect(seen).to.deep.equal([{ who: "world" }]);
    const failed: unknown = await ctx
      .run(ctx.on.action("act", { params: { who: "somebody" } }), new State())
      .catch((thrown: unknown) => thrown);
    expect(failed).to.have.property(
      "stderr",
      "Cannot use the parameters of act: who does not fit the charm's schema",
    );
  });

  describe("of relation data", () => {
    const bag = (data: Readonly<Record<string, string>>) => {
      const tools = new FakeHookTools();
      tools.relations.set("db", [7]);
      tools.relationData.set(7, {
        pg: { "private-address": "10.0.0.5", "ingress-address": "10.0.0.5", ...data },
      });
      const context = readJujuContext(hookEnvironment("hooks/start"));
      return new Model({ context, tools }).relationByID({ endpoint: "db", id: 7 }).data("pg");
    };

    it("gets JSON values, without the keys of Juju", async () => {
      const schema = z.strictObject({ port: z.number(), hosts: z.array(z.string()) });
      const loaded = await bag({ port: "5432", hosts: '["a"]' }).load(schema);
      const { port }: { port: number } = loaded; // typed
      expect([port, loaded.hosts]).to.deep.equal([5432, ["a"]]);
    });

    it("gets plain texts on request", async () => {
      const schema = z.object({ port: z.string().regex(/^\d+$/).transform(Number) });
      expect(await bag({ port: "5432" }).load(schema, { values: "text" })).to.deep.equal({ port: 5432 });
    });

    it("names keys and the bag, tells what is not JSON, and no value", async () => {
      const schema = z.object({ port: z.number(), hosts: z.array(z.string()), password: z.string() });
      const { error, text } = await refusal(
        bag({ port: '"hunter2"', hosts: '["a",7]', password: "hunter3" }).load(schema),
      );
      expect(error.message).to.equal(
        "Cannot use the data of pg in relation db:7: port, hosts[1], password (not JSON) do not fit the charm's schema",
      );
      expect(text).not.to.include("hunter");
    });
  });
});

describe("CharmConfig.secret()", () => {
  const config = (values: JsonObject) => {
    const tools = new FakeHookTools();
    tools.config = values;
    tools.secrets.set("secret:c7b", { token: "hunter2" });
    return new CharmConfig(tools);
  };

  it("returns the secret of an option", async () => {
    const secret = await config({ key: "secret:c7b" }).secret("key");
    expect((await secret?.content())?.["token"]?.reveal()).to.equal("hunter2");
  });

  it("returns undefined for an option without a value", async () => {
    expect(await config({}).secret("key")).to.equal(undefined);
    expect(await config({ key: "" }).secret("key")).to.equal(undefined);
  });

  it("refuses a value that is not a secret URI, and does not tell it", async () => {
    for (const key of ["hunter2", 7, "https://secret:c7b"]) {
      const thrown = await rejection(config({ key }).secret("key"));
      expect(thrown)
        .to.be.instanceOf(SecretOptionError)
        .and.include({ code: "secret-option", option: "key" });
      expect(thrown.message).not.to.include("hunter2");
    }
  });
});
