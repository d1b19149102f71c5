import { annotations } from '@fovea/contract';
import type { Database } from '../../engines/database/database.ts';
import { bodyStream } from '../../http/body.ts';
import { route, type Route } from '../../http/context.ts';
import { importAnnotations } from './import.ts';
import type { AnnotationsService } from './service.ts';
import { toAnnotation, type StoredAnnotation } from './store.ts';

export function annotationRoutes(service: AnnotationsService, db: Database): Route[] {
  return [
    route(annotations.list, ({ caller, params, query }) => service.list(caller, params.item, query)),
    route(annotations.create, async ({ caller, params, query, body, keep }) => {
      const shown = (made: readonly StoredAnnotation[]) => ({ data: made.map(toAnnotation) });
      return shown(await service.create(caller, params.item, body.annotations, { taskId: query.task, byRecipe: true, whenMade: (tx, made) => keep(tx, shown(made)) }));
    }),
    route(annotations.apply, async ({ caller, params, query, body }) => ({ data: await service.apply(caller, params.item, body.operations, { taskId: query.task }) })),
    route(annotations.get, async ({ caller, params }) => toAnnotation(await service.get(caller, params.annotation))),
    route(annotations.update, async ({ caller, params, body, ifMatch }) => toAnnotation(await service.update(caller, params.annotation, body, ifMatch, { byRecipe: true }))),
    route(annotations.delete, ({ caller, params, ifMatch }) => service.delete(caller, params.annotation, ifMatch)),
    route(annotations.revisions, ({ caller, params, query }) => service.revisions(caller, params.annotation, query)),
    route(annotations.restore, async ({ caller, params, body, keep }) => toAnnotation(await service.restore(caller, params.annotation, body.revision, (tx, made) => keep(tx, toAnnotation(made))))),
    route(annotations.query, ({ caller, params, body }) => service.query(caller, params.dataset, body)),
    route(annotations.count, ({ caller, params, body }) => service.count(caller, params.dataset, body.filter)),
    route(annotations.updateMany, ({ caller, params, body, keep }) => service.updateMany(caller, params.dataset, body.filter, body.change, keep)),
    route(annotations.deleteMany, ({ caller, params, body, keep }) => service.deleteMany(caller, params.dataset, body.filter, keep)),
    route(annotations.import, ({ caller, params, request }) => importAnnotations({ db, annotations: service }, caller, params.dataset, bodyStream(request))),
  ];
}
