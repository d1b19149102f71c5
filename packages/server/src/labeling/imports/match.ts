import type { DatasetImport } from '@fovea/contract';
import { baseName, type KnownMedia, type LabelledItem } from '@fovea/formats';
import { selectByDigests, selectByNames } from '../../catalog/items/match.ts';
import { selectByPaths, type StoredItem } from '../../catalog/items/store.ts';
import type { Database } from '../../engines/database/database.ts';

/** An image of the files with the item it is, or why it has none. */
export type Matched = { labelled: LabelledItem; item?: StoredItem | undefined; why?: string | undefined };

const nothing = 'there is no item for it in the dataset';

/** Finds the items that images of label files are. */
export class Matcher {
  readonly #db: Database;
  readonly #datasetId: string;
  readonly #rule: DatasetImport['request']['match'];
  readonly #into: string;
  /** Items that an image has already: another one of the same name is not it. */
  readonly #taken = new Set<string>();

  constructor(db: Database, datasetId: string, request: Pick<DatasetImport['request'], 'match' | 'into'>) {
    this.#db = db;
    this.#datasetId = datasetId;
    this.#rule = request.match;
    this.#into = `/${request.into}`.replace(/\/+$/, '').replaceAll(/\/+/g, '/');
  }

  /** Where an image belongs in the dataset. */
  pathOf(path: string): string {
    return `${this.#into}/${path}`;
  }

  /** What the dataset knows of the media at a path of the files. */
  async mediaOf(path: string): Promise<KnownMedia | undefined> {
    const [item] = await selectByPaths(this.#db, this.#datasetId, [this.pathOf(path)]);
    const named = item || this.#rule === 'path' ? [] : await selectByNames(this.#db, this.#datasetId, [baseName(path)]);
    const found = item ?? (named.length === 1 ? named[0] : undefined);
    if (!found?.width || !found.height) return undefined;
    return { width: found.width, height: found.height, ...(found.kind !== 'image' && found.frames !== null && { frames: found.frames }), ...(found.fps !== null && { fps: found.fps }) };
  }

  /** The items of images, by the rule: each item is found once. Digests are those that the files themselves tell. */
  async match(images: readonly LabelledItem[]): Promise<Matched[]> {
    const by = (rule: string) => this.#rule === 'auto' || this.#rule === rule;
    const matched = images.map((labelled): Matched => ({ labelled, why: nothing }));
    if (by('path')) await this.#byPath(matched);
    if (by('name')) await this.#byName(matched.filter(({ item }) => !item));
    if (by('sha256')) await this.byDigest(matched.filter(({ item }) => !item));
    return matched;
  }

  async #byPath(images: readonly Matched[]): Promise<void> {
    const paths = images.map(({ labelled }) => this.pathOf(labelled.path));
    const found = new Map((await selectByPaths(this.#db, this.#datasetId, paths)).map((item) => [item.path, item]));
    for (const image of images) this.#take(image, found.get(this.pathOf(image.labelled.path)));
  }

  async #byName(images: readonly Matched[]): Promise<void> {
    if (images.length === 0) return;
    const named = Map.groupBy(await selectByNames(this.#db, this.#datasetId, images.map(({ labelled }) => baseName(labelled.path))), ({ name }) => name);
    for (const image of images) {
      const { labelled } = image;
      const found = named.get(baseName(labelled.path)) ?? [];
      const [item] = found;
      if (found.length > 1) image.why = 'several items of the dataset have its name; give its path';
      else if (item && differs(labelled, item)) image.why = 'the item of its name has another size';
      else this.#take(image, item);
    }
  }

  /** The items of images whose digest is known; also asked once files of the archive have been read. */
  async byDigest(images: readonly Matched[]): Promise<void> {
    const told = images.filter(({ labelled }) => labelled.sha256 !== undefined && /^[0-9a-f]{64}$/.test(labelled.sha256));
    if (told.length === 0) return;
    const found = Map.groupBy(await selectByDigests(this.#db, this.#datasetId, told.map(({ labelled }) => labelled.sha256 ?? '')), ({ sha256 }) => sha256);
    for (const image of told) this.#take(image, (found.get(image.labelled.sha256 ?? '') ?? []).find(({ id }) => !this.#taken.has(id)));
  }

  #take(image: Matched, item: StoredItem | undefined): void {
    if (!item) return;
    if (this.#taken.has(item.id)) {
      image.why = 'another image of the files is this item already';
      return;
    }
    this.#taken.add(item.id);
    image.item = item;
    image.why = undefined;
  }
}

function differs(image: LabelledItem, item: StoredItem): boolean {
  return image.width > 0 && image.height > 0 && item.width !== null && item.height !== null && (image.width !== item.width || image.height !== item.height);
}
