import { createHash } from "node:crypto";
import { Spec, Validation } from "@cyclonedx/cyclonedx-library";
import type { PackedLibrary, PackedRuntime, ReleaseContents } from "./contents.ts";

/** What is released. */
export interface ReleasedProduct {
  readonly name: string;
  readonly version: string;
  /** Seconds since the Unix epoch. */
  readonly epoch: number;
}

/**
 * Renders a bill of materials in CycloneDX 1.6. The same contents always have the same text.
 *
 * @throws Error when it would be no valid CycloneDX document.
 */
export async function renderSbom(product: ReleasedProduct, contents: ReleaseContents): Promise<string> {
  const own = `pkg:generic/${product.name}@${product.version}`;
  const components = [
    ...contents.libraries.map(libraryComponent),
    ...contents.runtimes.map((runtime) => runtimeComponent(runtime, contents.runtimeLibraries)),
  ];
  const uuid = uuidOf(JSON.stringify([product, components]));
  const text = `${JSON.stringify(
    {
      $schema: "http://cyclonedx.org/schema/bom-1.6.schema.json",
      bomFormat: "CycloneDX",
      specVersion: "1.6",
      serialNumber: `urn:uuid:${uuid}`,
      version: 1,
      metadata: {
        timestamp: new Date(product.epoch * 1000).toISOString(),
        component: {
          type: "application",
          "bom-ref": own,
          name: product.name,
          version: product.version,
          licenses: [{ license: { id: "Apache-2.0" } }],
          purl: own,
        },
      },
      components,
      dependencies: [{ ref: own, dependsOn: components.map((component) => component["bom-ref"]) }],
    },
    undefined,
    2,
  )}\n`;
  await refuseInvalid(text);
  return text;
}

async function refuseInvalid(text: string): Promise<void> {
  const fault: unknown = await new Validation.JsonStrictValidator(Spec.Version.v1dot6).validate(text);
  if (fault !== null && fault !== undefined)
    throw new Error(
      `Cannot write the bill of materials: it is not valid CycloneDX, ${JSON.stringify(fault)}`,
    );
}

function libraryComponent({ name, version, licence, sha512 }: PackedLibrary) {
  const purl = `pkg:npm/${name.replace("@", "%40")}@${version}`;
  return {
    type: "library",
    "bom-ref": purl,
    name,
    version,
    ...(sha512 === undefined ? {} : { hashes: [{ alg: "SHA-512", content: sha512 }] }),
    ...(licence === undefined ? {} : { licenses: licencesOf(licence) }),
    purl,
  } as const;
}

function runtimeComponent(runtime: PackedRuntime, libraries: Readonly<Record<string, string>>) {
  const purl = `pkg:npm/${runtime.package}@${runtime.version}`;
  return {
    type: "platform",
    "bom-ref": purl,
    name: "node",
    version: runtime.version,
    description: `Node.js for ${runtime.architecture}; the hash is that of bin/node`,
    hashes: [{ alg: "SHA-256", content: runtime.sha256 }],
    cpe: `cpe:2.3:a:nodejs:node.js:${runtime.version}:*:*:*:*:*:*:*`,
    purl,
    components: Object.entries(libraries).map(([name, version]) => ({
      type: "library",
      "bom-ref": `${purl}#${name}`,
      name,
      version,
    })),
  } as const;
}

/** A word is a licence of SPDX's list, all else an expression of several. */
function licencesOf(licence: string) {
  return /^[\w.+-]+$/.test(licence) ? [{ license: { id: licence } }] : [{ expression: licence }];
}

/** A UUID of version 8 that stands for a text. */
function uuidOf(text: string): string {
  const digest = createHash("sha256").update(text).digest("hex");
  const variant = ((Number.parseInt(digest.slice(16, 17), 16) % 4) + 8).toString(16);
  const parts = [digest.slice(0, 8), digest.slice(8, 12), `8${digest.slice(13, 16)}`];
  return [...parts, `${variant}${digest.slice(17, 20)}`, digest.slice(20, 32)].join("-");
}
