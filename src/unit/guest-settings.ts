import { PLAIN_GUEST, type GuestSettings } from "../guest/settings.ts";
import type { Configuration } from "./configuration.ts";

/** The settings that all runners share. Settings of a single runner are added later. */
export function guestSettings(configuration: Configuration): GuestSettings {
  const { proxy, aproxy, dockerMirror, preJobScript, caCertificate } = configuration;
  const hasCertificates = caCertificate !== undefined;
  return { ...PLAIN_GUEST, proxy, aproxy, dockerMirror, preJobScript, hasCertificates };
}
