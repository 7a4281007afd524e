/** The model's proxies, as URLs. At least one is set. */
export interface ProxySettings {
  /** For http addresses; for https ones too when they have none of their own. */
  readonly http: string | undefined;
  readonly https: string | undefined;
  /** Comma-separated hosts without a proxy; "" for none. */
  readonly noProxy: string;
}
