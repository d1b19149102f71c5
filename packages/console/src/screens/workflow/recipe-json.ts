import type { RecipeAttribute, RecipeLabel } from '@fovea/contract';
import { workTexts } from '../../texts-work.ts';

const t = workTexts.recipes;

/** What a recipe says of labels and attributes. */
export interface RecipeContent {
  readonly labels: readonly RecipeLabel[];
  readonly attributes: readonly RecipeAttribute[];
}

/** More labels than this are no longer a form that anybody fills in, and a thousand of them stop a page: they are text. */
export const mostFields = 60;

export const toJson = ({ labels, attributes }: RecipeContent): string => JSON.stringify({ labels, attributes }, null, 2);

/** Reads labels and attributes as they were typed or pasted; a label may be its name alone. What each may hold the platform says. @throws Error that names what is wrong */
export function fromJson(text: string): RecipeContent {
  const value = parsed(text);
  if (!isObject(value)) throw new Error(t.json.notObject);
  const { labels = [], attributes = [], ...others } = value;
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) throw new Error(t.json.unknown(unknown));
  if (!Array.isArray(labels)) throw new Error(t.json.notList('labels'));
  if (!Array.isArray(attributes)) throw new Error(t.json.notList('attributes'));
  return {
    labels: labels.map((label, index) => named(typeof label === 'string' ? { name: label } : label, 'labels', 'name', index)) as RecipeLabel[],
    attributes: attributes.map((attribute, index) => named(attribute, 'attributes', 'key', index)) as RecipeAttribute[],
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(t.json.invalid((error as Error).message), { cause: error });
  }
}

function named(value: unknown, list: string, key: string, index: number): unknown {
  if (isObject(value) && typeof value[key] === 'string') return value;
  throw new Error(t.json.noName(`${list}[${index}]`, key));
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);
