/** Who may bypass the reviews of a branch's protection. */
export interface BypassAllowances {
  readonly users?: readonly string[];
  readonly teams?: readonly string[];
  readonly apps?: readonly string[];
}

/** Branch protection, as far as it is about reviews. */
export interface ProtectionSettings {
  /** Number of approving reviews; undefined where none are required. */
  readonly approvals?: number;
  readonly bypass?: BypassAllowances;
}

/** A ruleset that applies to one branch. */
export interface RulesetSettings {
  readonly id: number;
  readonly name: string;
  readonly branch: string;
  /** Number of approving reviews; undefined for a ruleset that forbids deletions alone. */
  readonly approvals?: number;
  /** Those who may bypass it, by GitHub's types of actors; undefined where the caller may not know. */
  readonly bypass?: readonly string[];
}

export interface CollaboratorSettings {
  readonly login: string;
  readonly role: "read" | "triage" | "write" | "maintain" | "admin";
  /** Whether the person is not a member of the organisation. @default false */
  readonly isOutside?: boolean;
}

export interface PullRequestSettings {
  readonly number: number;
  readonly author: string;
  /** `owner/name` of the repository with the commits. */
  readonly source: string;
  readonly sourceBranch: string;
  readonly targetBranch: string;
  readonly commit: string;
  readonly comments?: readonly { readonly by: string; readonly text: string }[];
  readonly reviews?: readonly { readonly by: string; readonly state: string; readonly commit: string }[];
}

/** What a person sets in a repository, and its pull requests. */
export interface RepositorySettings {
  readonly defaultBranch?: string;
  /** By branch; undefined for a branch without protection. */
  readonly branches?: Readonly<Record<string, ProtectionSettings | null>>;
  readonly rulesets?: readonly RulesetSettings[];
  readonly collaborators?: readonly CollaboratorSettings[];
  readonly pullRequests?: readonly PullRequestSettings[];
}

/** A new repository. */
const NEW: Required<RepositorySettings> = {
  defaultBranch: "main",
  branches: { main: null },
  rulesets: [],
  collaborators: [],
  pullRequests: [],
};

/** The settings of all repositories. */
export class RepositoryDirectory {
  readonly #settings = new Map<string, Required<RepositorySettings>>();

  /** Replaces all settings of a repository. @param nameWithOwner `owner/name` */
  set(nameWithOwner: string, settings: RepositorySettings): void {
    this.#settings.set(nameWithOwner.toLowerCase(), { ...NEW, ...settings });
  }

  of(nameWithOwner: string): Required<RepositorySettings> {
    return this.#settings.get(nameWithOwner.toLowerCase()) ?? NEW;
  }

  reset(): void {
    this.#settings.clear();
  }
}
