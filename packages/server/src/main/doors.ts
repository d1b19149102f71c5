import type { FastifyInstance } from 'fastify';
import { dataloopDoor } from '../doors/dataloop/plugin.ts';
import { datamintDoor } from '../doors/datamint/plugin.ts';
import { dicomWebDoor } from '../doors/dicom-web/plugin.ts';
import { skylabDoor } from '../doors/skylab/plugin.ts';
import { scaleDoor } from '../doors/scale/plugin.ts';
import { voxel51Door } from '../doors/voxel51/plugin.ts';
import type { Platform } from './compose.ts';

export type DoorPlugin = (app: FastifyInstance) => Promise<void>;

/** The vendors' doors, each a Fastify plugin under its own prefix. */
export function doorPlugins(platform: Platform): DoorPlugin[] {
  return [dataloopDoor(platform), datamintDoor(platform), voxel51Door(platform), skylabDoor(platform), scaleDoor(platform), dicomWebDoor(platform)];
}
