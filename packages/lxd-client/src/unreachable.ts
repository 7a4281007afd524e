import { LxdUnreachableError, type UnreachableReason } from "./errors.ts";

const REASONS: Readonly<Record<string, UnreachableReason>> = {
  ENOENT: "missing",
  ENOTDIR: "missing",
  ECONNREFUSED: "refused",
  EACCES: "forbidden",
  EPERM: "forbidden",
  ECONNRESET: "lost",
  EPIPE: "lost",
  UND_ERR_SOCKET: "lost",
};

/** What a failed call throws: a broken connection as {@link LxdUnreachableError}, anything else as it is. */
export function explainFailure(action: string, socketPath: string, thrown: unknown): Error {
  const error = thrown instanceof Error ? thrown : new Error(String(thrown), { cause: thrown });
  // An upload's own file errors carry such codes too, but have a path that is not the socket's.
  const { code, address, path, syscall } = error as NodeJS.ErrnoException & { readonly address?: string };
  const reason = code === undefined ? undefined : REASONS[code];
  const isOfSocket =
    path === undefined && (syscall !== "connect" || address === undefined || address === socketPath);
  return reason !== undefined && isOfSocket
    ? new LxdUnreachableError(action, reason, socketPath, { cause: error })
    : error;
}
