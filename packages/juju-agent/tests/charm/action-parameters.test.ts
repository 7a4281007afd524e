import { expect } from "chai";
import { parse } from "yaml";

import { parseActionDefinitions } from "../../src/charm/action-definitions.ts";
import { resolveActionParameters } from "../../src/charm/action-parameters.ts";
import { modernSchema, type JsonObject } from "juju-hook-tools";
import { rejection } from "../../../../tests/support/rejection.ts";
import { ACTIONS } from "../tiny-charm.ts";

const DEFINITIONS = parseActionDefinitions(parse(ACTIONS));

describe("resolveActionParameters()", () => {
  const resolve = (action: string, parameters: JsonObject) =>
    resolveActionParameters(DEFINITIONS[action]!, parameters);

  it("fills in the schema's defaults, also in nested objects", async () => {
    expect(await resolve("greet", {})).to.deep.equal({ name: "world", nested: { depth: 2 } });
    expect(await resolve("greet", { name: "Ann", nested: { depth: 5 } })).to.deep.equal({
      name: "Ann",
      nested: { depth: 5 },
    });
  });

  it("accepts parameters that the schema does not mention", async () => {
    expect(await resolve("fail", { extra: 1 })).to.deep.equal({ extra: 1 });
  });

  const refused: readonly (readonly [action: string, parameters: JsonObject, message: string])[] = [
    ["greet", { name: 5 }, "validation failed: (root).name : must be string"],
    ["greet", { times: 0 }, "validation failed: (root).times : must be > 0"],
    ["greet", { nested: { depth: "deep" } }, "validation failed: (root).nested.depth : must be integer"],
    ["greet", { extra: 1 }, 'validation failed: (root) : must NOT have additional properties "extra"'],
    ["strict", {}, "validation failed: (root) : must have required property 'mode'"],
    [
      "strict",
      { mode: "hard" },
      "validation failed: (root).mode : must be equal to one of the allowed values",
    ],
  ];
  for (const [action, parameters, message] of refused) {
    it(`refuses ${JSON.stringify(parameters)} for ${action}`, async () => {
      expect((await rejection(resolve(action, parameters))).message).to.equal(
        `Cannot run the action: ${message}`,
      );
    });
  }

  it("modernSchema() converts draft 4: boolean exclusive limits, and id as a keyword only in schemas", () => {
    expect(
      modernSchema({
        id: "x",
        properties: {
          id: { maximum: 5, exclusiveMaximum: false },
          a: { anyOf: [{ minimum: 1, exclusiveMinimum: true }] },
        },
      }),
    ).to.deep.equal({ properties: { id: { maximum: 5 }, a: { anyOf: [{ exclusiveMinimum: 1 }] } } });
  });

  const documents: readonly (readonly [title: string, document: unknown, message: string])[] = [
    ["an upper-case name", { Flush: {} }, "bad action name Flush"],
    ["a reserved name", { "juju-x": {} }, 'cannot use action name juju-x: "juju" is a reserved prefix'],
    ["a reference", { x: { params: { y: { $ref: "#" } } } }, 'schema key "$ref" not compatible'],
  ];
  for (const [title, document, message] of documents) {
    it(`parseActionDefinitions() refuses ${title}`, () => {
      expect(() => parseActionDefinitions(document)).to.throw(message);
    });
  }
});
