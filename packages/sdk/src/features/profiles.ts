import { profiles } from '@fovea/contract';
import { Feature } from '../feature.ts';

/** Profiles: named parameter sets of an analytic. */
export class Profiles extends Feature {
  /** Saves a set of parameters of an analytic under a name. */
  readonly create = this.method(profiles.create);
  /** Lists the profiles of a project, newest first. */
  readonly list = this.listOf(profiles.list);
  /** Gets a profile. */
  readonly get = this.method(profiles.get, 'profile');
  /** Changes a profile by making a new version of it; jobs keep the parameters that they were made with. */
  readonly update = this.method(profiles.update, 'profile');
  /** What a profile was in each of its versions, newest first. */
  readonly versions = this.listOf(profiles.versions, 'profile');
  /** Runs the analytic with a profile on one item, to see what it does: a job whose outputs last an hour. */
  readonly preview = this.method(profiles.preview, 'profile');
  /** Deletes a profile. */
  readonly delete = this.method(profiles.delete, 'profile');
}
