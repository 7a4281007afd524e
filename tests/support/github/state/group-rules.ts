/** Repositories whose names begin so are public; all others are private. */
export function isPublicRepository(nameWithOwner: string): boolean {
  return /\/public/i.test(nameWithOwner);
}

/** What of its scope's repositories a runner group serves. */
export interface GroupRule {
  readonly id: number;
  /** `owner/repository`. @default all */
  readonly repositories?: readonly string[] | undefined;
  /** @default false */
  readonly allowsPublic?: boolean;
}

/** Which repositories the runner groups serve. */
export class GroupRules {
  readonly #rules = new Map<number, GroupRule>();

  set(rule: GroupRule): void {
    this.#rules.set(rule.id, rule);
  }

  get(id: number): GroupRule {
    return this.#rules.get(id) ?? { id };
  }

  allows(groupId: number, repository: string): boolean {
    const { allowsPublic = false, repositories } = this.get(groupId);
    if (isPublicRepository(repository) && !allowsPublic) return false;
    return repositories?.some((each) => each.toLowerCase() === repository.toLowerCase()) ?? true;
  }

  reset(): void {
    this.#rules.clear();
  }
}
