import axe from 'axe-core';
import type { Page } from 'playwright-core';

/** The rules of WCAG 2.2 AA that a program can check. */
const rules = { runOnly: { type: 'tag' as const, values: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] } };
/** A folder for pictures of the pages, where somebody wants to look at them. */
const pictures = process.env['FOVEA_SCREENSHOTS'];

/** What axe finds on the page as it stands: the rule, and the elements. With a name, a picture is kept where one is asked for. */
export async function violations(page: Page, { menu = false, picture }: { menu?: boolean; picture?: string } = {}): Promise<string[]> {
  // Colours are measured when nothing fades any more.
  await page.waitForFunction(() => document.getAnimations().every((animation) => animation.playState !== 'running' || animation.effect?.getTiming().iterations === Infinity));
  if (pictures !== undefined && picture !== undefined) await page.screenshot({ path: `${pictures}/${picture}.png` });
  await page.evaluate(axe.source);
  // An open menu lies outside the landmarks, at the end of the document, as menus do.
  const options = { ...rules, rules: { region: { enabled: !menu } } };
  const found = await page.evaluate(async (given) => (await (globalThis as unknown as { axe: typeof axe }).axe.run(document, given)).violations, options);
  return found.map(({ id, nodes }) => `${id}: ${nodes.map((node) => `${node.target.join(' ')} ${node.failureSummary?.split('\n')[1]?.trim() ?? ''}`).join(' | ')}`);
}
