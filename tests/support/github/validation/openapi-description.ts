import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { isObject, resolvePointer, selfContainedSchema } from "./self-contained-schema.ts";
import type { JSONObject } from "./self-contained-schema.ts";

/** A parameter of the path or the query. */
export interface DescribedParameter {
  readonly name: string;
  readonly in: "path" | "query";
  readonly required: boolean;
  readonly schema: JSONObject;
}

/** What GitHub's description says of one operation. */
export interface DescribedOperation {
  readonly parameters: readonly DescribedParameter[];
  /** undefined where a request has no body. */
  readonly requestBody: { readonly required: boolean; readonly schema: JSONObject } | undefined;
  /** By status; undefined where an answer has no body. */
  readonly responses: ReadonlyMap<number, JSONObject | undefined>;
}

/** The descriptions in use. Enterprises and deprecations of versions are in the one of GitHub Enterprise Cloud only. */
export type DescriptionName = "api.github.com" | "ghec";

/** GitHub's official OpenAPI description, as its package brings it; read when it is first asked. */
export class OpenAPIDescription {
  readonly #name: DescriptionName;
  #document: JSONObject | undefined;

  constructor(name: DescriptionName) {
    this.#name = name;
  }

  /** Finds an operation by its method and its path template, such as `/orgs/{org}/actions/runners`. */
  operation(method: string, template: string): DescribedOperation | undefined {
    const path = resolvePointer(this.#read(), `#/paths/${template.replaceAll("/", "~1")}`);
    const operation = isObject(path) ? path[method.toLowerCase()] : undefined;
    if (!isObject(operation)) return undefined;
    return {
      parameters: this.#list(operation["parameters"]).flatMap((parameter) => this.#parameter(parameter)),
      requestBody: this.#requestBody(operation["requestBody"]),
      responses: this.#responses(operation["responses"]),
    };
  }

  /** A schema that the description defines, such as `basic-error`. */
  schema(name: string): JSONObject {
    return selfContainedSchema({ $ref: `#/components/schemas/${name}` }, this.#read());
  }

  /** 90 ms for 13 MB; kept, since each operation is looked up when it is first used. */
  #read(): JSONObject {
    const packagePath = createRequire(import.meta.url).resolve("@octokit/openapi/package.json");
    const path = packagePath.replace(/package\.json$/, `generated/${this.#name}.json`);
    return (this.#document ??= JSON.parse(readFileSync(path, "utf8")) as JSONObject);
  }

  #list(value: unknown): JSONObject[] {
    return Array.isArray(value) ? value.map((item: unknown) => this.#follow(item)) : [];
  }

  #follow(value: unknown): JSONObject {
    const target =
      isObject(value) && typeof value["$ref"] === "string"
        ? resolvePointer(this.#read(), value["$ref"])
        : value;
    return isObject(target) ? target : {};
  }

  #parameter(parameter: JSONObject): DescribedParameter[] {
    const { name, in: where, required, schema } = parameter;
    if (typeof name !== "string" || (where !== "path" && where !== "query")) return [];
    return [
      { name, in: where, required: required === true, schema: selfContainedSchema(schema, this.#read()) },
    ];
  }

  #requestBody(value: unknown): DescribedOperation["requestBody"] {
    if (value === undefined) return undefined;
    const body = this.#follow(value);
    return { required: body["required"] === true, schema: this.#content(body) ?? {} };
  }

  #responses(value: unknown): ReadonlyMap<number, JSONObject | undefined> {
    const entries = Object.entries(isObject(value) ? value : {});
    return new Map(
      entries.map(([status, response]) => [Number(status), this.#content(this.#follow(response))]),
    );
  }

  #content(holder: JSONObject): JSONObject | undefined {
    const content = holder["content"];
    const media = isObject(content) ? content["application/json"] : undefined;
    return isObject(media) ? selfContainedSchema(media["schema"], this.#read()) : undefined;
  }
}
