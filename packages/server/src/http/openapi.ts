import { allOperations, errorCodes, problem, taskParamsSchema, taskResponseSchema, taskTypeNames, taskTypes, type Operation } from '@fovea/contract';
import { z } from 'zod';

const transferTypes = { binary: 'application/octet-stream', multipart: 'multipart/form-data', ndjson: 'application/x-ndjson', events: 'text/event-stream' };

/** OpenAPI 3.1 made from the operation table. */
export function openApi(version: string, publicUrl: string): Record<string, unknown> {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const operation of allOperations) {
    const path = (paths[operation.path] ??= {});
    path[operation.method.toLowerCase()] = describe(operation);
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Fovea', version, license: { name: 'Apache-2.0' }, description: 'Keeps visual data, has it labeled and processed, and hands it to training.' },
    servers: [{ url: publicUrl }],
    components: {
      securitySchemes: { key: { type: 'http', scheme: 'bearer', description: 'An API key of Fovea' } },
      schemas: { Problem: schemaOf(problem, 'output'), ...taskSchemas() },
    },
    security: [{ key: [] }],
    paths,
  };
}

/** Parameters and answers of every task type, as `TaskParams.TYPE` and `TaskResponse.TYPE`. */
function taskSchemas(): Record<string, unknown> {
  const named = (name: string, schema: Record<string, unknown>): [string, unknown] => {
    // Parts that a schema refers to lie within it, not in the root of the document.
    const text = JSON.stringify(schema).replaceAll('"#/$defs/', `"#/components/schemas/${name}/$defs/`);
    return [name, JSON.parse(text)];
  };
  return Object.fromEntries(taskTypeNames.flatMap((type) => [named(`TaskParams.${type}`, taskParamsSchema(taskTypes[type])), named(`TaskResponse.${type}`, taskResponseSchema(taskTypes[type]))]));
}

function describe(operation: Operation): Record<string, unknown> {
  return {
    operationId: operation.id,
    tags: [operation.id.split('.')[0]],
    summary: operation.summary,
    ...(operation.description ? { description: operation.description } : {}),
    ...(operation.audience === 'public' ? { security: [] } : {}),
    'x-audience': operation.audience,
    ...(operation.scope ? { 'x-scope': operation.scope } : {}),
    parameters: [...parameters(operation.params, 'path'), ...parameters(operation.query, 'query')],
    ...(operation.body ? { requestBody: { required: true, content: content(operation.body, 'input') } } : {}),
    responses: {
      [operation.status]: { description: 'Success', ...(operation.result ? { content: content(operation.result, 'output') } : {}) },
      ...problems(operation),
    },
  };
}

function parameters(schema: z.ZodObject | undefined, where: 'path' | 'query'): Record<string, unknown>[] {
  return Object.entries(schema?.shape ?? {}).map(([name, field]) => {
    const described = schemaOf(field as z.ZodType, 'input');
    const required = where === 'path' || !z.safeParse(field as z.ZodType, undefined).success;
    return { name, in: where, required, schema: described, ...(described['description'] ? { description: described['description'] } : {}) };
  });
}

function content(body: NonNullable<Operation['body']>, io: 'input' | 'output'): Record<string, unknown> {
  if (typeof body === 'string') return { [transferTypes[body]]: { schema: body === 'multipart' ? { type: 'object' } : { type: 'string', format: 'binary' } } };
  return { 'application/json': { schema: schemaOf(body, io) } };
}

function problems(operation: Operation): Record<string, unknown> {
  const always = operation.audience === 'public' ? [] : (['unauthenticated', 'forbidden'] as const);
  const byStatus = new Map<number, string[]>();
  for (const code of new Set(['invalid_request' as const, ...always, ...operation.errors])) {
    const { status } = errorCodes[code];
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  return Object.fromEntries(
    [...byStatus].map(([status, codes]) => [
      status,
      { description: codes.map((code) => `\`${code}\``).join(', '), content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } } },
    ]),
  );
}

function schemaOf(schema: z.ZodType, io: 'input' | 'output'): Record<string, unknown> {
  const { $schema: _$schema, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any', target: 'draft-2020-12' }) as Record<string, unknown>;
  return rest;
}
