import { join } from "node:path";
import type { Credentials } from "../github/credentials.ts";
import { createGithubClient, githubPathText, parseGithubPath, proxyDispatcher } from "../github/index.ts";
import { PlaceRecord, type PlaceCredentials } from "../host/place-record.ts";
import type { Forge, Places } from "../runners/ports.ts";
import { unitStem } from "../runners/runner-name.ts";
import { messageOf, Secret, type Logger, type Redactor } from "charm-kit";
import type { UnitSystem } from "./unit-system.ts";
import type { ForgeConfiguration } from "./configuration.ts";
import { UnitPlaces, type NamedPlace } from "./unit-places.ts";

/** A former GitHub may be gone for good, and each reconcile asks it. */
const FORMER_DEADLINE_MS = 10_000;

/** The unit and the dispatch that places are opened for. */
export interface PlacesContext {
  readonly system: UnitSystem;
  readonly unitName: string;
  readonly log: Logger;
  readonly redactor: Redactor;
}

/** The place that the configuration names, with the credentials for it. */
export interface PlacesSetup {
  readonly configuration: ForgeConfiguration;
  readonly credentials: Credentials;
}

/** @param setup undefined where the configuration cannot be used; all places of the record are former ones then. */
export function openPlaces(setup: PlacesSetup | undefined, context: PlacesContext): Places {
  const { log, system, unitName } = context;
  return new UnitPlaces({
    record: new PlaceRecord(join(system.dataRoot, unitStem(unitName), "places.json"), log),
    present: setup && placeOf(setup),
    clock: system.clock,
    openForge: (place) => {
      try {
        return openFormerForge(place, setup?.configuration.proxy, context);
      } catch (thrown) {
        log.warning("A former GitHub place is ignored", { path: place.path, reason: messageOf(thrown) });
        return undefined;
      }
    },
  });
}

function placeOf({ configuration: { githubUrl, path }, credentials }: PlacesSetup): NamedPlace {
  return { githubUrl, path: githubPathText(path), credentials: pack(credentials) };
}

/** GitHub at a place that the configuration names no more: only lists and deletes there. */
function openFormerForge(
  { githubUrl, path, credentials }: NamedPlace,
  proxy: ForgeConfiguration["proxy"],
  { log, redactor }: PlacesContext,
): Forge {
  const dispatcher = proxy && proxyDispatcher(proxy);
  const unpacked = unpack(credentials);
  redactor.add((unpacked.by === "token" ? unpacked.token : unpacked.privateKey).reveal());
  return createGithubClient({
    path: parseGithubPath(path),
    githubUrl,
    credentials: unpacked,
    log,
    redactor,
    deadlineMs: FORMER_DEADLINE_MS,
    ...(dispatcher && { dispatcher }),
  });
}

function pack(credentials: Credentials): PlaceCredentials {
  if (credentials.by === "token") return { token: credentials.token.reveal() };
  const { clientId, installationId, privateKey } = credentials;
  return { clientId, installationId, privateKey: privateKey.reveal() };
}

function unpack(stored: PlaceCredentials): Credentials {
  if ("token" in stored) return { by: "token", token: new Secret(stored.token) };
  const { clientId, installationId, privateKey } = stored;
  return { by: "app", clientId, installationId, privateKey: new Secret(privateKey) };
}
