import { recipes } from '@fovea/contract';
import { Feature } from '../feature.ts';

/** Recipes: what may be labeled and how, versioned. */
export class Recipes extends Feature {
  /** Creates a recipe: what may be labeled and how. */
  readonly create = this.method(recipes.create);
  /** Lists the recipes of a project, newest first. */
  readonly list = this.listOf(recipes.list);
  /** Gets a recipe: its newest version, or an older one. */
  readonly get = this.method(recipes.get, 'recipe');
  /** Changes a recipe by making a new version of it; what is left out stays. */
  readonly update = this.method(recipes.update, 'recipe');
  /** Lists the versions of a recipe, newest first. */
  readonly versions = this.listOf(recipes.versions, 'recipe');
  /** Deletes a recipe; tasks that were made with it keep their version. */
  readonly delete = this.method(recipes.delete, 'recipe');
}
