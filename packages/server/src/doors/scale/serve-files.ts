import type { FastifyInstance, FastifyRequest } from 'fastify';
import { isId } from '@fovea/contract';
import { Fault, notFound } from '../../fault.ts';
import { sendFile } from '../../http/send-file.ts';
import { isSigned } from '../../http/signed-url.ts';
import { systemCaller } from '../../identity/caller.ts';
import type { ScaleDeps } from './context.ts';
import { sendScaleError } from './errors.ts';
import { responseFile } from './response/response.ts';

/** Files of answers, for whoever has a signed address: attachments as they are, and the pictures and lists of responses. */
export function serveFiles(door: FastifyInstance, { rooms, settings }: ScaleDeps): void {
  door.setErrorHandler(sendScaleError);

  function check(request: FastifyRequest): void {
    const path = request.url.split('?')[0] ?? '';
    if (!isSigned(settings.secret, { method: request.method, path, query: request.query })) {
      throw new Fault('forbidden', 'This link is not valid any more; fetch the task again for a new one.');
    }
  }

  door.get('/:org/items/:item', async (request, reply) => {
    check(request);
    const { org, item: id } = request.params as { org: string; item: string };
    const { item, read } = await rooms.items.open(systemCaller(org), id);
    await sendFile(request, reply, { sha256: item.sha256, size: item.sizeBytes, mediaType: item.mediaType, filename: item.name, read });
  });

  door.get('/:org/:mode/:task/:name', async (request, reply) => {
    check(request);
    const { org, mode, task: id, name } = request.params as { org: string; mode: string; task: string; name: string };
    if (!isId(id)) throw notFound('file', name);
    const task = await rooms.tasks.get({ ...systemCaller(org), test: mode === 'test' }, id);
    const file = task.status === 'completed' ? await responseFile(task, name) : undefined;
    if (!file) throw notFound('file', name);
    void reply.headers({ 'content-type': file.mediaType, 'content-disposition': `inline; filename="${name.replace(/[^\w.-]/g, '_')}"`, 'cache-control': 'private, max-age=3600', 'content-security-policy': "sandbox; default-src 'none'" });
    return reply.send(file.body);
  });
}
