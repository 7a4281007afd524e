import { usageError } from "../tool-error.ts";

const SECRET_ID = /^(?:secret:(?:\/\/[0-9a-f-]{36}\/)?|[0-9a-f-]{36}\/)?([0-9a-z]{20})$/;

/** Extracts the bare ID from any form of a secret URI. @throws ToolError */
export function parseSecretId(uri: string): string {
  const id = SECRET_ID.exec(uri)?.[1];
  if (id === undefined) throw usageError(`secret URI "${uri}" not valid`);
  return id;
}
