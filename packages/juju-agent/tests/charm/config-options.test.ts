import { expect } from "chai";

import {
  changeConfig,
  configHash,
  effectiveConfig,
  keepValidConfig,
  parseConfigOptions,
  type ConfigOptions,
  type ConfigValues,
} from "../../src/charm/config-options.ts";

const OPTIONS: ConfigOptions = {
  text: { type: "string", description: "", default: "hello" },
  number: { type: "int", description: "", default: 3 },
  ratio: { type: "float", description: "" },
  flag: { type: "boolean", description: "" },
  key: { type: "secret", description: "" },
};

describe("configuration of a charm", () => {
  const accepted: readonly (readonly [option: string, given: unknown, value: unknown])[] = [
    ["text", "", ""],
    ["text", "true", "true"],
    ["number", "42", 42],
    ["number", "-7", -7],
    ["number", 42, 42],
    ["number", "9223372036854775807", 2 ** 63],
    ["ratio", "1.5", 1.5],
    ["ratio", ".5e3", 500],
    ["ratio", 2, 2],
    ["flag", "True", true],
    ["flag", "t", true],
    ["flag", "0", false],
    ["flag", false, false],
    ["key", "secret:9m4e2mr0ui3e8a215n4g", "secret:9m4e2mr0ui3e8a215n4g"],
  ];
  for (const [option, given, value] of accepted) {
    it(`accepts ${JSON.stringify(given)} for ${option}`, () => {
      expect(changeConfig(OPTIONS, {}, { [option]: given })).to.deep.equal({ [option]: value });
    });
  }

  const refused: readonly (readonly [option: string, given: unknown, message: string])[] = [
    ["nope", "1", 'unknown option "nope"'],
    ["toString", "1", 'unknown option "toString"'],
    ["number", "4.0", 'option "number" expected int, got "4.0"'],
    ["number", "0x10", 'option "number" expected int, got "0x10"'],
    ["number", "9223372036854775808", 'option "number" expected int, got "9223372036854775808"'],
    ["number", true, 'option "number" expected int, got true'],
    ["ratio", "1,5", 'option "ratio" expected float, got "1,5"'],
    ["flag", "yes", 'option "flag" expected boolean, got "yes"'],
    ["flag", 1, 'option "flag" expected boolean, got 1'],
    ["text", 5, 'option "text" expected string, got a number value'],
    ["key", "hunter22", 'option "key" expected secret, got a string value'],
  ];
  for (const [option, given, message] of refused) {
    it(`refuses ${JSON.stringify(given)} for ${option}`, () => {
      expect(() => changeConfig(OPTIONS, {}, { text: "changed", [option]: given })).to.throw(message);
    });
  }

  it("restores the default with null", () => {
    expect(changeConfig(OPTIONS, { text: "a", number: 1 }, { text: null })).to.deep.equal({ number: 1 });
  });

  it("contains options that are set or have a default", () => {
    expect(effectiveConfig(OPTIONS, { flag: false })).to.deep.equal({
      text: "hello",
      number: 3,
      flag: false,
    });
  });

  it("has another hash only when an effective value changed", () => {
    const hash = (values: ConfigValues) => configHash(effectiveConfig(OPTIONS, values));
    expect(hash({ text: "hello" })).to.equal(hash({}));
    expect(hash({ number: 3, text: "hello" })).to.equal(hash({ text: "hello", number: 3 }));
    expect(hash({ text: "" })).not.to.equal(hash({}));
  });

  it("keeps the old values that a new charm still accepts", () => {
    const next: ConfigOptions = {
      text: { type: "int", description: "" },
      flag: { type: "boolean", description: "" },
    };
    expect(keepValidConfig(next, { text: "a", number: 1, flag: true })).to.deep.equal({ flag: true });
  });

  const documents: readonly (readonly [title: string, document: unknown, message: string])[] = [
    [
      "a default of the wrong type",
      { x: { type: "int", default: "a" } },
      'invalid config default: option "x" expected int, got "a"',
    ],
    ["an unknown type", { x: { type: "list" } }, 'option "x" has unknown type "list"'],
  ];
  for (const [title, options, message] of documents) {
    it(`refuses a charm with ${title}`, () => {
      expect(() => parseConfigOptions({ options })).to.throw(message);
    });
  }

  it("reads an option without a type as a string", () => {
    expect(parseConfigOptions({ options: { x: { default: "a" } } })).to.deep.equal({
      x: { type: "string", description: "", default: "a" },
    });
  });
});
