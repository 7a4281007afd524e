import { Charm, StopWithStatus, type Framework } from "juju-charm";
import { readMetadata } from "juju-charm/metadata";
import { Context, Relation, type DataBag, type Secret, type State } from "juju-charm/testing";
import { TLSCertificates, type CertificateRequest, type TLSCertificatesOptions } from "../src/index.ts";

export const metadata = readMetadata({
  charm: `name: web
summary: S
description: D
requires:
  certificates:
    interface: tls-certificates
`,
});

/** What the charm in {@link webContext} has seen. */
export interface Seen {
  readonly events: string[];
  readonly certificates: string[];
  readonly denials: string[];
}

/** How the charm of a test behaves. */
export interface WebOptions extends Omit<TLSCertificatesOptions, "endpoint" | "requests"> {
  readonly requests: TLSCertificatesOptions["requests"];
  /** Fails the first `available`. */
  readonly stops?: boolean;
  readonly act?: (certificates: TLSCertificates) => Promise<void>;
}

/** A charm that requests certificates; `act` runs at update-status. */
export function webContext({ act, stops = false, ...options }: WebOptions) {
  const seen: Seen = { events: [], certificates: [], denials: [] };
  const create = (framework: Framework) =>
    new (class WebCharm extends Charm {
      constructor() {
        super(framework);
        const certificates = new TLSCertificates(this, { endpoint: "certificates", ...options });
        framework.observe(certificates.on.available, ({ payload }) => {
          seen.events.push("available");
          seen.certificates.push(payload.certificate);
          if (stops && seen.certificates.length === 1)
            throw new StopWithStatus({ name: "waiting", message: "Not now" });
        });
        framework.observe(certificates.on.revoked, () => void seen.events.push("revoked"));
        framework.observe(certificates.on.denied, ({ payload }) => {
          seen.events.push("denied");
          seen.denials.push(`${payload.code} ${payload.message}`);
        });
        if (act) framework.observe(this.on.updateStatus, () => act(certificates));
      }
    })();
  return { ctx: new Context(create, { metadata }), seen };
}

/** The relation with a provider. */
export function certificatesRelation(localUnitData: DataBag = {}, remoteAppData: DataBag = {}): Relation {
  return new Relation({ endpoint: "certificates", id: 7, remoteApp: "ca", localUnitData, remoteAppData });
}

/** Signing requests that the provider can see. */
export function requestsIn(
  state: State,
  scope: "unit" | "app" = "unit",
): readonly { readonly certificate_signing_request: string; readonly ca: boolean }[] {
  const { localUnitData, localAppData } = state.relation(7);
  const bag = scope === "unit" ? localUnitData : localAppData;
  return JSON.parse(bag["certificate_signing_requests"] ?? "[]") as never;
}

/** The secret that holds the private key. */
export function keySecret(state: State): Secret | undefined {
  return state.secrets.find(({ label }) => label?.includes("-private-key-"));
}

/** Records of certificates. */
export function records(state: State): readonly Secret[] {
  return state.secrets.filter(({ label }) => label?.includes("-certificate-"));
}

export const REQUEST: CertificateRequest = {
  commonName: "web.example.com",
  dnsNames: ["web.example.com", "*.web.example.com"],
  ipAddresses: ["10.1.2.3", "2001:DB8:0:0::1"],
  objectIDs: ["1.2.3.4"],
  organization: "Octo",
  organizationalUnit: "Web",
  emailAddress: "web@example.com",
  country: "DE",
  state: "Berlin",
  locality: "Mitte",
};
