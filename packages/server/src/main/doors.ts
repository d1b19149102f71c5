import type { FastifyInstance } from 'fastify';
import type { Platform } from './compose.ts';

export type DoorPlugin = (app: FastifyInstance) => Promise<void>;

/** The vendors' doors, each a Fastify plugin under its own prefix. */
export function doorPlugins(_platform: Platform): DoorPlugin[] {
  return [];
}
