import { z } from 'zod';
import { operation } from './operation.ts';

export const system = {
  info: operation({
    id: 'system.info',
    method: 'GET',
    path: '/v1/info',
    summary: 'Tells what answers here.',
    audience: 'public',
    result: z.object({ name: z.literal('Fovea'), version: z.string(), doors: z.array(z.string()) }),
  }),
};
