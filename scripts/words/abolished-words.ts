/** A word that was replaced by the field's own. The glossary has the words to use. */
export interface AbolishedWord {
  readonly word: string;
  /** Words to use instead. */
  readonly use: string;
  /** Finds the word; global. */
  readonly pattern: RegExp;
  /** Text that matches and is right, such as a name that stored data has; global. */
  readonly except?: RegExp;
}

/**
 * Matches words and parts of identifiers and file names: `stem` in `unit-stem.ts`, `stemOf`, `unitStem` and `STEM_LENGTH`, but
 * not in `system`. A plural counts as well.
 */
function parts(...words: readonly string[]): RegExp {
  const forms = words.flatMap((word) => {
    const capital = word.charAt(0).toUpperCase() + word.slice(1);
    return [
      `(?<![A-Za-z])(?:${word}|${capital})s?(?![a-z])`,
      `(?<=[a-z])${capital}s?(?![a-z])`,
      `(?<![A-Za-z])${word.toUpperCase()}S?(?![A-Za-z])`,
    ];
  });
  return new RegExp(forms.join("|"), "g");
}

/** Words of our own that stood for a term of the field, and the terms. */
export const ABOLISHED_WORDS: readonly AbolishedWord[] = [
  {
    word: "place",
    use: "RegistrationScope, HostPaths, PoolBacking, slot, or what the thing is",
    // The verb, and the noun in prose, are plain English.
    pattern:
      /(?<=[a-z])Places?(?![a-z])|(?<![A-Za-z])Places?(?=[A-Z])|(?<![A-Za-z/-])places?(?=: [A-Z{]| = |\.[a-z]|\)|\?\.)|(?<=[a-z]-)places?(?=\.ts)/g,
    except: /places\.json/g,
  },
  { word: "premises", use: "infrastructure", pattern: /premises/gi, except: /github-runner-premises/g },
  { word: "surroundings", use: "integrations", pattern: /surroundings/gi },
  { word: "departure", use: "teardown", pattern: parts("departure") },
  { word: "sight", use: "activity", pattern: parts("sight") },
  {
    word: "look",
    use: "activity, inspect",
    pattern:
      /(?<![a-z])look\(|\.look\b|const look\b|(?<=[a-z])Look(?![a-z])|look\.ts|\b(?:a|the|each|every|first|last|next|another) looks?\b(?! (?:at|for|up|into)\b)/g,
  },
  { word: "outlook", use: "decision", pattern: parts("outlook") },
  { word: "neighbour", use: "other units", pattern: /neighbou?r/gi },
  { word: "stem", use: "slug", pattern: parts("stem") },
  {
    word: "kind of a runner",
    use: "config hash",
    pattern:
      /runner-kind|runnerKind|RunnerKind|\brunners? of (?:the same|another|one|a) kind|\brunner's kind/g,
  },
  { word: "doubtful", use: "suspect", pattern: parts("doubtful"), except: /doubtful-since/g },
  { word: "thaw", use: "unfreeze", pattern: /thaw/gi, except: /["`]Thawed["`]/g },
  {
    word: "hand over",
    use: "deliver, pass",
    pattern: /\bhand(?:s|ed|ing)?[- ]over\b|hand(?:ed|s)?Over|\bhand it over|\bhand \w+ \w+ over\b/gi,
  },
  { word: "orders", use: "bootstrap payload", pattern: /(?<![A-Za-z])orders\b|(?<=[a-z])Orders(?![a-z])/g },
  { word: "pre-job stage", use: "job-started hook", pattern: /pre-?job[- ]?stage/gi },
  {
    word: "bench",
    use: "fixture; a benchmark is a benchmark",
    pattern: parts("bench", "benches"),
    except: /npm run bench|tests\/bench|bench:framework|"bench"/g,
  },
  {
    word: "deps",
    use: "Dependencies, or Options for settings",
    pattern: /(?<=[a-z])Deps\b|(?<![A-Za-z-])deps\b/g,
    except: /tsPreCompilationDeps/g,
  },
];
