import { parametersOf, type AnalyticManifest, type FieldError, type Item } from '@fovea/contract';
import { Fault } from '../../fault.ts';

type Parameter = AnalyticManifest['parameters'][number];

/** Checks the inputs of a request against the document; the items were found and may be read. Throws one fault that names everything wrong. */
export function checkInputs(manifest: AnalyticManifest, inputs: Record<string, readonly Item[]>, options: { anyMedia?: boolean; frame?: number | undefined } = {}): void {
  const errors: FieldError[] = [];
  const known = new Map(manifest.inputs.map((input) => [input.name, input]));
  for (const [name, items] of Object.entries(inputs)) {
    const input = known.get(name);
    const path = `body.inputs.${name}`;
    if (!input) {
      errors.push({ path, message: `is not an input of the analytic; it has: ${[...known.keys()].join(', ') || 'none'}` });
      continue;
    }
    if (!input.many && items.length > 1) errors.push({ path, message: `takes one item, was given ${items.length}` });
    const isDrawn = (item: Item) => options.frame !== undefined && isDrawnFor(input.media, item);
    const wrong = options.anyMedia ? undefined : items.find((item) => !input.media.includes(item.kind) && item.probe !== 'pending' && !isDrawn(item));
    if (wrong) errors.push({ path, message: `takes ${input.media.join(', ')}; "${wrong.path}" is ${wrong.kind}${isDrawnFor(input.media, wrong) ? ': say which frame of it is meant, as `frame`' : ''}` });
    const short = items.find((item) => isDrawn(item) && (options.frame ?? 0) >= (item.frames ?? 1));
    if (short) errors.push({ path: 'body.frame', message: `must be below ${short.frames ?? 1}, the number of frames of "${short.path}"` });
  }
  for (const input of manifest.inputs) {
    if (input.required && (inputs[input.name]?.length ?? 0) === 0) errors.push({ path: `body.inputs.${input.name}`, message: 'is required' });
  }
  throwAll(errors);
}

/** Kinds of item of which a frame can be drawn as a picture. */
const framed: readonly Item['kind'][] = ['video', 'dicom', 'nifti'];

/** Whether an input that takes these kinds is given a picture of one frame of an item, in its stead. */
export function isDrawnFor(media: readonly Item['kind'][], { kind }: Pick<Item, 'kind'>): boolean {
  return media.includes('image') && !media.includes(kind) && framed.includes(kind);
}

/** The parameters of a request by the document: texts that stand for numbers and truth values turned into them, defaults filled in. */
export function bindParameters(manifest: AnalyticManifest, given: Record<string, unknown>): Record<string, unknown> {
  const errors: FieldError[] = [];
  const bound: Record<string, unknown> = {};
  const parameters = parametersOf(manifest);
  const known = new Map(parameters.map((parameter) => [parameter.name, parameter]));
  for (const name of Object.keys(given)) {
    if (!known.has(name)) errors.push({ path: `body.parameters.${name}`, message: `is not a parameter of the analytic; it has: ${[...known.keys()].join(', ') || 'none'}` });
  }
  for (const parameter of parameters) {
    const value = given[parameter.name] ?? parameter.default;
    if (value === undefined || value === null) {
      if (parameter.required) errors.push({ path: `body.parameters.${parameter.name}`, message: 'is required' });
      continue;
    }
    const result = bindOne(parameter, value);
    if ('fault' in result) errors.push({ path: `body.parameters.${parameter.name}`, message: result.fault });
    else bound[parameter.name] = result.value;
  }
  throwAll(errors);
  return bound;
}

function bindOne(parameter: Parameter, value: unknown): { value: unknown } | { fault: string } {
  switch (parameter.type) {
    case 'number':
    case 'integer': {
      const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
      if (typeof number !== 'number' || !Number.isFinite(number)) return { fault: `must be a number, is ${JSON.stringify(value)?.slice(0, 100)}` };
      if (parameter.type === 'integer' && !Number.isInteger(number)) return { fault: 'must be a whole number' };
      if (parameter.min !== undefined && number < parameter.min) return { fault: `must be at least ${parameter.min}, is ${number}` };
      if (parameter.max !== undefined && number > parameter.max) return { fault: `must be at most ${parameter.max}, is ${number}` };
      return { value: number };
    }
    case 'boolean': {
      const truth = typeof value === 'string' ? ({ true: true, false: false } as Record<string, boolean>)[value.toLowerCase()] : value;
      return typeof truth === 'boolean' ? { value: truth } : { fault: 'must be true or false' };
    }
    case 'choice':
      return typeof value === 'string' && (parameter.choices ?? []).includes(value) ? { value } : { fault: `must be one of ${(parameter.choices ?? []).join(', ')}` };
    case 'string':
      return typeof value === 'string' ? { value } : { fault: 'must be text' };
    case 'array':
      return Array.isArray(value) ? { value } : { fault: 'must be an array' };
    case 'object':
      return typeof value === 'object' && !Array.isArray(value) ? { value } : { fault: 'must be an object' };
    case 'file':
      return typeof value === 'string' ? { value } : { fault: 'must be the id of an item' };
  }
}

function throwAll(errors: readonly FieldError[]): void {
  const [first] = errors;
  if (first) throw new Fault('invalid_request', `${first.path} ${first.message}${errors.length > 1 ? ` (and ${errors.length - 1} more)` : ''}.`, { errors });
}
