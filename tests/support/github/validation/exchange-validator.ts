import { Ajv } from "ajv";
import type { ValidateFunction } from "ajv";
import ajvFormats from "ajv-formats";
import { OpenAPIDescription } from "./openapi-description.ts";
import type { DescribedOperation, DescriptionName } from "./openapi-description.ts";
import type { JSONObject } from "./self-contained-schema.ts";

/** An operation of GitHub's description: which description, method and path template. */
export interface OperationKey {
  readonly description: DescriptionName;
  readonly method: string;
  readonly template: string;
}

/** The parts of a request that a description speaks of. */
export interface RequestParts {
  readonly parameters: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  /** undefined where there is none. */
  readonly body: unknown;
}

interface CompiledOperation {
  readonly path: ValidateFunction;
  readonly query: ValidateFunction;
  readonly bodyRequired: boolean;
  readonly body: ValidateFunction | undefined;
  readonly described: DescribedOperation;
  readonly responses: Map<number, ValidateFunction>;
}

/** Statuses that any operation may answer though its description does not say so; the body is an error of GitHub's. */
function mayAlwaysHappen(status: number): boolean {
  return [301, 304, 307, 401, 403, 404, 409, 429].includes(status) || status >= 500;
}

/**
 * Checks requests and responses against GitHub's official description. An operation is compiled when it is first used
 * (a few milliseconds); after that a check costs microseconds.
 */
export class ExchangeValidator {
  readonly #descriptions = {
    "api.github.com": new OpenAPIDescription("api.github.com"),
    ghec: new OpenAPIDescription("ghec"),
  };
  readonly #ajv = createAjv(false);
  /** Paths and queries are text; their numbers are read as such. */
  readonly #coercingAjv = createAjv(true);
  readonly #operations = new Map<string, CompiledOperation | undefined>();
  #basicError: ValidateFunction | undefined;

  /** What is wrong with a request, one line each. */
  request(key: OperationKey, { parameters, query, body }: RequestParts): string[] {
    const operation = this.#operation(key);
    if (!operation) return [`no operation ${key.method} ${key.template} in ${key.description}`];
    const errors = [
      ...this.#check(operation.path, { ...parameters }, "path"),
      ...this.#check(operation.query, Object.fromEntries(query), "query"),
    ];
    if (body === undefined) return operation.bodyRequired ? [...errors, "body: is missing"] : errors;
    if (!operation.body) return [...errors, "body: is not described"];
    return [...errors, ...this.#check(operation.body, body, "body")];
  }

  /** What is wrong with a response, one line each. */
  response(key: OperationKey, status: number, body: unknown): string[] {
    const operation = this.#operation(key);
    if (!operation) return [`no operation ${key.method} ${key.template} in ${key.description}`];
    const { described } = operation;
    if (described.responses.has(status)) {
      const schema = described.responses.get(status);
      if (!schema) return body === undefined ? [] : [`body: ${status} has none`];
      return this.#check(this.#responseCheck(operation, status, schema), body, "body");
    }
    if (!mayAlwaysHappen(status)) return [`status: ${status} is not described`];
    if (status === 304) return body === undefined ? [] : ["body: 304 has none"];
    this.#basicError ??= this.#ajv.compile(this.#descriptions["api.github.com"].schema("basic-error"));
    return this.#check(this.#basicError, body, "body");
  }

  #operation(key: OperationKey): CompiledOperation | undefined {
    const name = `${key.description} ${key.method} ${key.template}`;
    if (!this.#operations.has(name)) {
      const described = this.#descriptions[key.description].operation(key.method, key.template);
      this.#operations.set(name, described && this.#compile(described));
    }
    return this.#operations.get(name);
  }

  #compile(described: DescribedOperation): CompiledOperation {
    return {
      path: this.#coercingAjv.compile(parameterSchema(described, "path")),
      query: this.#coercingAjv.compile(parameterSchema(described, "query")),
      bodyRequired: described.requestBody?.required ?? false,
      body: described.requestBody && this.#ajv.compile(described.requestBody.schema),
      described,
      responses: new Map(),
    };
  }

  #responseCheck(operation: CompiledOperation, status: number, schema: JSONObject): ValidateFunction {
    const known = operation.responses.get(status);
    if (known) return known;
    const compiled = this.#ajv.compile(schema);
    operation.responses.set(status, compiled);
    return compiled;
  }

  #check(validate: ValidateFunction, value: unknown, where: string): string[] {
    if (validate(value)) return [];
    return (validate.errors ?? []).map(
      ({ instancePath, message, params }) =>
        `${where}${instancePath}: ${message ?? "is invalid"} ${JSON.stringify(params)}`,
    );
  }
}

function createAjv(coerceTypes: boolean): Ajv {
  const ajv = new Ajv({ strict: false, allErrors: true, coerceTypes, validateSchema: false });
  ajvFormats.default(ajv);
  // OpenAPI's own formats say nothing that a check could use.
  for (const format of ["int64", "int32", "repo.nwo"]) ajv.addFormat(format, true);
  return ajv;
}

/** One object of all parameters; a parameter that the description does not name is refused. */
function parameterSchema({ parameters }: DescribedOperation, where: "path" | "query"): JSONObject {
  const here = parameters.filter((parameter) => parameter.in === where);
  return {
    type: "object",
    properties: Object.fromEntries(here.map(({ name, schema }) => [name, schema])),
    required: here.filter(({ required }) => required).map(({ name }) => name),
    additionalProperties: false,
  };
}
