import { ProcessLock } from "../src/process-lock.ts";

/** Run as a process: takes the lock that its argument names, says so, and holds it until it is killed. */
const lock = new ProcessLock(process.argv[2] ?? "");
await lock.acquire(new AbortController().signal);
process.stdout.write("held\n");
