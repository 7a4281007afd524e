/** The unit's bridge in the kernel of the machine. LXD does not notice when it changes there. */
export interface BridgeKernel {
  /**
   * What keeps runners on a bridge from their network; undefined when nothing does.
   *
   * @param gateway the machine's IPv4 address on the bridge.
   */
  fault(bridge: string, gateway: string): Promise<string | undefined>;
  /** Keeps the bridge from learning addresses from frames that pass no rule of the packet filter. */
  harden(bridge: string): Promise<void>;
  /** Attaches interfaces of running instances that a lost bridge has left behind. */
  attach(bridge: string, ports: readonly string[], signal: AbortSignal): Promise<readonly string[]>;
  /** Deletes an interface that the failed start of an instance has left; nothing happens when there is none. */
  removeLeft(port: string, signal: AbortSignal): Promise<void>;
  /** Deletes all such interfaces of a bridge. No instance may have a port any more. */
  removeAllLeft(bridge: string, signal: AbortSignal): Promise<void>;
}
