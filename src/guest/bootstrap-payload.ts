import { Secret } from "charm-kit";
import { aproxyRules } from "./aproxy.ts";
import { dockerClientFiles, dockerDaemonFiles } from "./docker-files.ts";
import { environmentFile, systemEnvironment } from "./environment-files.ts";
import { proxyVariables } from "./environment-variables.ts";
import type { GuestFile, BootstrapPayload, SecretFile } from "./payload.ts";
import { OPERATOR_SCRIPT, POLICY_TOKEN, PREPARATION, RUNNER_USER } from "./paths.ts";
import { preJobScript } from "./pre-job-script.ts";
import { lateShutdown } from "./late-shutdown.ts";
import { preparation } from "./preparation.ts";
import { registrationEnvironment, type GuestRegistration } from "./registration.ts";
import type { GuestSettings } from "./settings.ts";

/**
 * All files for a runner, from its settings.
 *
 * @throws {@link GuestValueError} for a setting that a file cannot contain.
 */
export function guestFiles(settings: GuestSettings, runnerName: string): readonly (GuestFile | SecretFile)[] {
  const { aproxy, endsJobFirst, policy, preJobScript: operators } = settings;
  const daemon = dockerDaemonFiles(settings, runnerName);
  const prepare = preparation(settings, daemon.length > 0);
  return [
    environmentFile(settings),
    systemEnvironment(settings, runnerName),
    preJobScript(settings),
    ...(operators === "" ? [] : [operatorScript(operators)]),
    ...(policy ? [policyToken(policy.oneTimeToken)] : []),
    ...daemon,
    ...dockerClientFiles(settings, runnerName),
    ...(aproxy ? [aproxyRules(aproxy)] : []),
    ...(prepare ? [prepare] : []),
    ...(endsJobFirst ? lateShutdown : []),
  ];
}

/**
 * The bootstrap payload of a runner.
 *
 * @throws the errors of {@link guestFiles}.
 */
export function bootstrapPayload(
  settings: GuestSettings,
  runnerName: string,
  registration: GuestRegistration,
): BootstrapPayload {
  const files = guestFiles(settings, runnerName);
  // The application has no login session, so nothing reads /etc/environment for it.
  const proxies = [...proxyVariables(settings, runnerName)].map(
    ([name, value]) => [name, new Secret(value)] as const,
  );
  return {
    files,
    preparation: files.some(({ path }) => path === PREPARATION) ? PREPARATION : undefined,
    environment: new Map([...proxies, ...registrationEnvironment(registration)]),
  };
}

function operatorScript(content: string): GuestFile {
  const whole = content.endsWith("\n") ? content : `${content}\n`;
  return { path: OPERATOR_SCRIPT, mode: "0755", owner: "root", content: whole };
}

function policyToken(content: Secret): SecretFile {
  return { path: POLICY_TOKEN, mode: "0600", owner: RUNNER_USER, content };
}
