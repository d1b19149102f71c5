import { notOffered, get, pageOf, pageQuery, post, type Call, type DoorRoute } from './call.ts';
import type { DataloopDeps } from './context.ts';

/** Lists of what this server has none of; the client asks for them on its way to other things. */
const emptyLists = [
  '/features/sets/query',
  '/features/vectors/query',
  '/ml/models/query',
  '/ml/metrics/query',
  '/models/query',
  '/snapshots/query',
  '/webhooks/query',
  '/query/faas',
  '/packages/query',
  '/services/query',
  '/triggers/query',
  '/executions/query',
  '/pipelines/query',
  '/apps/query',
  '/app-registry/query',
  '/settings/query',
];

/** Calls about parts of the hosted service that have no counterpart here: lists are empty, anything else says so. */
export function notOfferedRoutes({ rooms }: DataloopDeps): DoorRoute[] {
  /** None, of a project that the caller sees. */
  async function noBots(call: Call): Promise<unknown[]> {
    await rooms.projects.get(call.caller, call.params['project'] ?? '');
    return [];
  }
  const empty = () => Promise.resolve(pageOf([], { total: 0, hasNextPage: false, pageSize: 1_000 }));
  const refuse = (what: string) => () => Promise.resolve(notOffered(what));
  return [
    ...emptyLists.map((path) => post(path, empty)),
    // As clients of the first kind ask.
    get('/features/sets', () => Promise.resolve([])),
    get('/projects/:project/bots', noBots),
    post('/projects/:project/bots', refuse('bots: API keys do their work')),
    get('/projects/:project/bots/:bot', refuse('bots: API keys do their work')),
    get('/settings', () => Promise.resolve([])),
    get('/settings/resolve', () => Promise.resolve([])),
    post('/settings/resolve', () => Promise.resolve([])),
    post('/features/vectors/project-count-aggregation', () => Promise.resolve([])),
    post('/features/sets', refuse('feature sets; analytics keep what they compute in metadata')),
    post('/features/vectors', refuse('feature vectors; analytics keep what they compute in metadata')),
    post('/packages', refuse('packages; analytics are installed with fovea')),
    post('/services', refuse('services; run an analytic as a job')),
    post('/ml/models', refuse('models of this kind; an analytic with an ONNX model is one')),
    get('/scores/tasks/:task/items/:item', (call) => scores(call)),
    get('/scores/tasks/:task/annotations/:annotation', (call) => scores(call)),
    get('/scores/tasks/:task', (call) => scores(call)),
  ];

  /** Scores are not kept by this protocol's reckoning. */
  async function scores(call: Call): Promise<unknown> {
    const { pageSize } = pageQuery(call.query, 100);
    return pageOf([], { total: 0, hasNextPage: false, pageSize });
  }
}
