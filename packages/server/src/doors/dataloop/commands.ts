import { newId } from '@fovea/contract';
import { get, idOf, post, type DoorRoute } from './call.ts';
import { urlOf, type DataloopDeps } from './context.ts';
import { toWireId } from './ids.ts';
import type { Json } from './json.ts';
import { showCommand } from './show-command.ts';

/** Long work, as the client follows it. */
export function commandRoutes(deps: DataloopDeps): DoorRoute[] {
  const { commands, projects } = deps.rooms;
  return [
    get('/commands', async ({ caller, query }) => {
      const { projectId } = query;
      const visible = await projects.find(caller, typeof projectId === 'string' ? { ids: [projectId] } : {});
      const found = await Promise.all(visible.slice(0, 100).map((project) => commands.list(caller, { project: project.id, limit: 100 })));
      return found.flatMap((page) => page.data.map((command) => showCommand(deps, command)));
    }),
    get('/commands/:command', async (call) => showCommand(deps, await commands.get(call.caller, idOf(call, 'command'), 1))),
    post('/commands/:command/abort', async (call) => showCommand(deps, await commands.cancel(call.caller, idOf(call, 'command')))),
  ];
}

/** The answer for work that is done already: nobody asks for it again. */
export function doneCommand(deps: Pick<DataloopDeps, 'settings'>, type: string, spec: Json): Json {
  const id = toWireId(newId());
  const now = new Date().toISOString();
  return { id, url: urlOf(deps, `/commands/${id}`), status: 'success', progress: 100, type, error: null, spec, createdAt: now, updatedAt: now };
}
