import { PLAIN_GUEST, type GuestSettings } from "../guest/settings.ts";
import type { Configuration } from "./configuration.ts";

/** What the configuration changes inside every runner; what differs between runners is added for each. */
export function guestSettings(configuration: Configuration): GuestSettings {
  const { proxy, aproxy, dockerMirror, preJobScript } = configuration;
  return { ...PLAIN_GUEST, proxy, aproxy, dockerMirror, preJobScript };
}
