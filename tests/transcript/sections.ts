/**
 * Replaces the sections of a page that have the given headings. Pure.
 *
 * @param page the existing page.
 * @param fresh a complete new page, which has the new sections.
 * @param headings of sections, such as `Deploy`.
 */
export function replaceSections(page: string, fresh: string, headings: readonly string[]): string {
  const sections = new Map(split(fresh).map((section) => [headingOf(section), section]));
  return split(page)
    .map((section) =>
      headings.includes(headingOf(section)) ? (sections.get(headingOf(section)) ?? section) : section,
    )
    .join("");
}

function split(page: string): readonly string[] {
  return page.split(/^(?=## )/m);
}

function headingOf(section: string): string {
  return /^## (.*)$/m.exec(section)?.[1] ?? "";
}
