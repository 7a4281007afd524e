import { fieldsOf } from "./envelope.ts";
import { Collection } from "./collection.ts";
import type { Transport } from "./transport.ts";
import type { Config, Devices } from "./types.ts";

/** What of a profile a person may set. */
export interface ProfileSettings {
  readonly config: Config;
  readonly devices: Devices;
  readonly description: string;
}

/** A profile, with what uses it. */
export interface Profile extends ProfileSettings {
  readonly name: string;
  /** URLs of the instances that use it. */
  readonly used_by: readonly string[];
}

/** A profile to make. */
export type NewProfile = { readonly name: string } & Partial<ProfileSettings>;

/** Profiles: `/1.0/profiles`. */
export class Profiles extends Collection<Profile, ProfileSettings, NewProfile> {
  constructor(transport: Transport) {
    super(transport, { noun: "profile", segment: "profiles", decode: toProfile });
  }
}

function toProfile(metadata: unknown): Profile {
  const sent = fieldsOf<Profile>(metadata);
  return {
    ...sent,
    config: sent.config ?? {},
    devices: sent.devices ?? {},
    used_by: sent.used_by ?? [],
  };
}
