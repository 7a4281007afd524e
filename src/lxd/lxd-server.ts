import { LxdUnreachableError, type LxdClient } from "lxd-client";

/** The LXD daemon. */
export class LxdServer {
  readonly #client: LxdClient;

  constructor(client: LxdClient) {
    this.#client = client;
  }

  /** Whether it responds, even with an error. */
  async answers(signal: AbortSignal): Promise<boolean> {
    try {
      await this.#client.server.refresh(signal);
      return true;
    } catch (thrown) {
      if (thrown instanceof LxdUnreachableError) return false;
      throw thrown;
    }
  }

  /** Whether LXD supports virtual machines. */
  async hasVirtualMachines(signal: AbortSignal): Promise<boolean> {
    return (await this.#client.server.info(signal)).hasVirtualMachines;
  }
}
