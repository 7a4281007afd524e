import { checkedList, OptionFault, quoteSome } from "./option-reader.ts";

const LABEL = /^[A-Za-z0-9_-]+$/;
/** GitHub accepts 100 labels; the charm adds five. */
const MOST_LABELS = 95;
const LONGEST_LABEL = 256;

/** Parses the configured labels, in their order. */
export function parseLabels(text: string): readonly string[] {
  const labels = checkedList(text, (label) => LABEL.test(label), ["label", "labels"]);
  if (labels.length > MOST_LABELS)
    throw new OptionFault(`${labels.length} labels, and GitHub takes ${MOST_LABELS}`);
  const long = labels.find((label) => label.length > LONGEST_LABEL);
  if (long !== undefined) {
    throw new OptionFault(
      `${quoteSome([long])} is longer than the ${LONGEST_LABEL} characters that GitHub takes`,
    );
  }
  return labels;
}
