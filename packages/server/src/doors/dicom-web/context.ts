import type { DatasetsService } from '../../catalog/datasets/service.ts';
import type { DeidentificationService } from '../../catalog/deidentification/service.ts';
import type { ItemsService } from '../../catalog/items/service.ts';
import type { ObjectsService } from '../../catalog/scans/objects.ts';
import type { ScansService } from '../../catalog/scans/service.ts';
import type { Authenticator } from '../../http/authenticate.ts';
import type { Caller } from '../../identity/caller.ts';
import type { ProjectsService } from '../../identity/projects/service.ts';

/** What the door stands on. */
export interface DicomWebDeps {
  rooms: { projects: ProjectsService; datasets: DatasetsService; items: ItemsService; scans: ScansService; objects: ObjectsService; deidentification: DeidentificationService };
  auth: Authenticator;
  settings: { publicUrl: () => string };
}

/** Who asks, about what, and under which address. */
export interface DicomWebCall {
  caller: Caller;
  /** The dataset that the address confines to. */
  datasetId: string | undefined;
  /** `http://host/dicom-web`, or with the dataset. */
  base: string;
  params: { study: string; series?: string; instance?: string; frames?: string; path?: string };
  query: Record<string, string | string[] | undefined>;
}
