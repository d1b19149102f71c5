import type { Annotation, AnnotationGeometry } from '@fovea/contract';
import type { Page } from 'playwright-core';
import { expect, vi } from 'vitest';
import type { Console } from './console.ts';
import { png } from './pictures.ts';

type Xy = readonly [number, number];

/** Somebody at the annotation page: places are pixels of the picture, which is shown whole. */
export class Hand {
  readonly page: Page;
  private readonly size: { width: number; height: number };

  constructor(page: Page, size = { width: 800, height: 600 }) {
    this.page = page;
    this.size = size;
  }

  async open(path: string): Promise<void> {
    await this.page.goto(path);
    await this.ready();
  }

  /** The picture is there, the instructions have been read, and the editor listens. */
  async ready(): Promise<void> {
    await this.page.getByTestId('canvas').waitFor();
    await this.page.waitForFunction(() => document.activeElement?.tagName === 'CANVAS' || document.querySelector('[role="dialog"]') !== null);
    if ((await this.page.getByRole('dialog').count()) > 0) await this.page.keyboard.press('Escape');
    await this.page.waitForFunction(() => document.activeElement?.tagName === 'CANVAS');
  }

  async at([x, y]: Xy): Promise<[number, number]> {
    const box = await this.page.getByTestId('canvas').boundingBox();
    if (!box) throw new Error('There is no canvas.');
    const zoom = Math.min((box.width - 32) / this.size.width, (box.height - 32) / this.size.height);
    return [box.x + box.width / 2 + (x - this.size.width / 2) * zoom, box.y + box.height / 2 + (y - this.size.height / 2) * zoom];
  }

  async drag(from: Xy, ...to: readonly Xy[]): Promise<void> {
    await this.page.mouse.move(...(await this.at(from)));
    await this.page.mouse.down();
    for (const place of to) await this.page.mouse.move(...(await this.at(place)), { steps: 4 });
    await this.page.mouse.up();
  }

  async click(...places: readonly Xy[]): Promise<void> {
    for (const place of places) await this.page.mouse.click(...(await this.at(place)));
  }

  async press(...keys: readonly string[]): Promise<void> {
    for (const key of keys) await this.page.keyboard.press(key);
  }

  /** All that was done so far has arrived; what a key or the mouse did is seen in the frame after the next at the latest. */
  async saved(): Promise<void> {
    await this.page.evaluate(() => new Promise<void>((resolve) => (requestAnimationFrame(() => requestAnimationFrame(() => resolve())), setTimeout(resolve, 500))));
    await this.page.getByText('Saved', { exact: true }).waitFor();
  }

  get objects() {
    return this.page.getByRole('region', { name: 'Objects' }).getByRole('listitem');
  }
}

/** What the platform has of an item, as soon as it is so many. */
export async function annotationsOf({ fovea }: Console, item: string, count: number, task?: string): Promise<Annotation[]> {
  let found: Annotation[] = [];
  const load = async () => {
    found = await fovea.annotations.list(item, task === undefined ? {} : { task }).toArray({ limit: 100 });
    return found.length;
  };
  await expect.poll(load, { timeout: 10_000 }).toBe(count);
  return found;
}

/** Geometry with whole pixels: a hand is not more exact. */
export function rounded(geometry: AnnotationGeometry | undefined): unknown {
  return JSON.parse(JSON.stringify(geometry ?? null), (_key, value: unknown) => (typeof value === 'number' && Math.abs(value) > 7 ? Math.round(value) : value));
}

export const recipe = {
  name: 'Road',
  labels: [
    { name: 'car', color: '#4c8dff' },
    { name: 'person', color: '#ff6b4a', displayName: 'Person on foot' },
    { name: 'tree' },
    { name: 'pose', geometry: ['keypoints' as const], keypoints: ['head', 'hand', 'foot'], skeleton: [[0, 1], [1, 2]] as [number, number][] },
    { name: 'rainy', geometry: ['classification' as const] },
  ],
  attributes: [
    { key: 'color', title: 'Colour', type: 'one_of' as const, values: ['red', 'blue'] },
    { key: 'plate', title: 'Plate', type: 'text' as const },
  ],
  instructions: '# Draw tightly\n\n- every **car**\n\n<script>alert(1)</script>',
};

export async function furnish({ fovea }: Console, items: number) {
  const project = await fovea.projects.create({ name: 'Street' });
  const made = await fovea.recipes.create({ project: project.id, ...recipe });
  const dataset = await fovea.datasets.create({ project: project.id, name: 'Night' });
  await fovea.datasets.update(dataset.id, { recipeId: made.id });
  const ids: string[] = [];
  for (let index = 0; index < items; index++) ids.push((await fovea.items.upload(dataset.id, png(800, 600, [40 + 20 * index, 90, 160]), { path: `/p${index}.png` })).item.id);
  await vi.waitUntil(async () => (await fovea.items.list(dataset.id, { probe: 'pending' }).toArray({ limit: 10 })).length === 0, { timeout: 30_000, interval: 100 });
  return { project: project.id, recipe: made.id, dataset: dataset.id, items: ids };
}

/** A key of a new person with a role in the project. */
export async function person(site: Console, project: string, email: string, role: 'annotator' | 'reviewer'): Promise<string> {
  await site.fovea.users.create({ email, password: 'correct horse battery' });
  await site.fovea.members.set(project, email, { role });
  return email;
}

export async function signInAs(page: Page, email: string): Promise<void> {
  await page.goto('/');
  await page.getByText('Password', { exact: true }).click();
  await page.getByLabel('E-mail').fill(email);
  await page.getByLabel('Password', { exact: true }).last().fill('correct horse battery');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('heading', { level: 1, name: 'Projects' }).waitFor();
}
