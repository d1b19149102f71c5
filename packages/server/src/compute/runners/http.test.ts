import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { RunReport } from '@fovea/contract';
import { runReport } from '@fovea/contract';
import { verifyWebhook } from '@fovea/sdk';
import { safeOutbound } from '../../engines/outbound/safe-outbound.ts';
import { httpRunner } from './http.ts';
import { runnerSuite, type Behaviour } from './runner.suite.ts';

const secret = `whsec_${Buffer.from('a secret of tests').toString('base64')}`;

/** An endpoint that behaves as its path says: at once, or 202 and a report later. */
async function startEndpoint(later: boolean, reports: Map<string, RunReport>): Promise<{ server: Server; url: string }> {
  const answers: Partial<Record<Behaviour, unknown>> = {
    ok: { outputs: [{ output: 'report', text: '{"text": "words"}' }] },
    userFault: { status: 'failed', cause: 'user', message: 'the input is bad' },
    fault: { status: 'failed', message: 'it broke' },
    logs: { log: ['a word to the log'], outputs: [{ output: 'report', base64: Buffer.from('{}').toString('base64') }] },
    flood: { log: Array.from({ length: 1_000 }, (_, line) => `line ${line}`), outputs: [{ output: 'report', text: '{"text": "words"}' }] },
  };
  const server = createServer(async (request, response) => {
    const body = Buffer.concat(await request.toArray()).toString();
    const task = (await verifyWebhook(body, request.headers, secret)) as { jobId: string; outputs: { upload: string }[] };
    const behaviour = (request.url ?? '').slice(1) as Behaviour;
    if (behaviour === 'endless') return;
    if (behaviour === 'halfJson') return void response.end('{"status": ');
    if (behaviour === 'noOutput') return void response.end('');
    if (!later) return void response.end(JSON.stringify(answers[behaviour]));
    response.writeHead(202).end();
    setTimeout(() => reports.set(task.jobId, runReport.parse({ status: 'complete', ...(answers[behaviour] as object) })), 50);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

for (const later of [false, true]) {
  runnerSuite(
    later ? 'endpoints that report later' : 'endpoints that answer at once',
    async () => {
      const reports = new Map<string, RunReport>();
      const { server, url } = await startEndpoint(later, reports);
      const runner = httpRunner({
        outbound: safeOutbound({ allowPrivateNetwork: true }),
        addresses: () => ({ input: () => 'http://x/', output: () => 'http://x/', report: 'http://x/', expiresAt: '' }),
        secretOf: async () => secret,
        takeReport: async ({ id }) => reports.get(id),
        takeUploads: async () => [],
      });
      return {
        runner: {
          ...runner,
          run: (request) => {
            // What an endpoint does goes on elsewhere; that it was called is all there is to see here.
            const { runtime } = request.manifest;
            if (runtime.kind === 'http' && runtime.url.endsWith('endless') && !request.task.signal.aborted) writeFileSync(join(request.task.outputDir, 'ticks'), 'x');
            return runner.run(request);
          },
        },
        analytic: (behaviour) => ({ runtime: { kind: 'http', url: `${url}/${behaviour}` } }),
        close: async () => {
          server.closeAllConnections();
          server.close();
        },
      };
    },
    { cannot: ['progress', 'forks', 'breeds', 'bomb', 'roars', 'fills', 'outside', 'link'] },
  );
}
