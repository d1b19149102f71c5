import { runs } from '@fovea/contract';
import { bodyStream } from '../../http/body.ts';
import { route, type Route } from '../../http/context.ts';
import { sendFile } from '../../http/send-file.ts';
import type { RunsService } from './service.ts';

export function runRoutes(service: RunsService): Route[] {
  const runOf = ({ job, ticket }: { job: string; ticket: number }) => ({ id: job, ticket });
  return [
    route(runs.input, async ({ params, query, request, reply }) => {
      const run = runOf(params);
      service.needSigned('GET', run, `inputs/${params.input}/${params.index}`, query);
      const { item, read } = await service.openInput(run, params.input, params.index);
      await sendFile(request, reply, { sha256: item.sha256, size: item.sizeBytes, mediaType: item.mediaType, filename: item.name, read });
    }),
    route(runs.upload, async ({ params, query, request }) => {
      const run = runOf(params);
      service.needSigned('PUT', run, `outputs/${params.output}`, query);
      // What some programs call every body says nothing about it.
      const given = request.headers['content-type'];
      const mediaType = given === 'application/x-www-form-urlencoded' ? undefined : given;
      await service.upload(run, { output: params.output, name: query.name, mediaType }, () => bodyStream(request));
    }),
    route(runs.report, ({ params, query, body }) => {
      const run = runOf(params);
      service.needSigned('POST', run, 'report', query);
      return service.report(run, body);
    }),
  ];
}
