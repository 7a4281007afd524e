import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Table } from "../table.ts";
import { costsBy, mergeProfiles, type CpuProfile } from "./cpu-profile.ts";
import { drawProfile } from "./draw-profile.ts";
import { PackedSources, roomOf } from "./packed-sources.ts";

/** Programs of the packed charm by the file that each of them begins with. */
const PROGRAMS = { hooks: "main.mjs", service: "service.mjs" } as const;
const ROOMS = 8;
const FUNCTIONS = 5;

/** Profiles of the charm's programs while benchmarks run, and what is made of them. */
export class Profiles {
  readonly #directory: string;
  readonly #raw: string;
  readonly #sources = new PackedSources();

  /** @param directory absolute; the pictures are written there. */
  constructor(directory: string) {
    this.#directory = directory;
    this.#raw = join(directory, "raw");
  }

  /** Of the programs, which write a profile when they end. */
  get environment(): Readonly<Record<string, string>> {
    return { NODE_OPTIONS: `--cpu-prof --cpu-prof-dir=${this.#raw}` };
  }

  /** Draws one picture for each program that has ended since the last time. @returns where the time went. */
  async take(bench: string): Promise<readonly Table[]> {
    await mkdir(this.#raw, { recursive: true });
    const names = (await readdir(this.#raw)).filter((name) => name.endsWith(".cpuprofile"));
    const read = async (name: string) =>
      JSON.parse(await readFile(join(this.#raw, name), "utf8")) as CpuProfile;
    const profiles = await Promise.all(names.map(read));
    const tables: Table[] = [];
    for (const [program, file] of Object.entries(PROGRAMS)) {
      const own = profiles.filter((profile) => isOf(profile, file));
      if (own.length > 0) tables.push(await this.#draw(`${bench}-${program}`, own));
    }
    for (const name of names) await rm(join(this.#raw, name));
    return tables;
  }

  async #draw(name: string, profiles: readonly CpuProfile[]): Promise<Table> {
    const tree = mergeProfiles(profiles, (frame) => this.#sources.find(frame));
    const picture = join(this.#directory, `${name}.svg`);
    await writeFile(picture, drawProfile(`${name}, ${profiles.length} runs`, tree));
    const share = (ms: number) => `${((100 * ms) / tree.totalMs).toFixed(1)} %`;
    const byRoom = costsBy(tree, ({ source }) => roomOf(source)).slice(0, ROOMS);
    const byFunction = costsBy(tree, (frame) => `${frame.name} ${frame.source}`).slice(0, FUNCTIONS);
    return {
      title: `Where the processor time of ${name} goes, of ${tree.totalMs.toFixed(0)} ms in ${profiles.length} runs`,
      columns: ["", "share"],
      rows: [
        ...byRoom.map(([room, ms]) => [room, share(ms)]),
        ...byFunction.map(([words, ms]) => [`  ${words}`, share(ms)]),
      ],
      notes: [`Time in the functions themselves; the picture is ${picture}.`],
    };
  }
}

function isOf({ nodes }: CpuProfile, file: string): boolean {
  return nodes.some(({ callFrame }) => callFrame.url.endsWith(`/lib/${file}`));
}
