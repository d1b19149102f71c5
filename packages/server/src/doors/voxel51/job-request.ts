import { z } from 'zod';
import type { StoredAnalytic } from '../../compute/analytics/store.ts';
import { parseJson } from '../../http/body.ts';
import { invalid } from '../../http/problem.ts';
import type { Caller } from '../../identity/caller.ts';
import { latestVersions, visibleAnalytics, wireName } from './analytics.ts';
import type { Voxel51Deps } from './context.ts';
import { findData } from './data.ts';
import { bad, missing } from './errors.ts';

const dataReference = z.object({ 'data-id': z.string() });
const jobRequest = z
  .object({
    analytic: z.string(),
    version: z.string().nullish(),
    compute_mode: z.string().nullish(),
    inputs: z.record(z.string(), dataReference.loose()).default({}),
    parameters: z.record(z.string(), z.unknown()).default({}),
  })
  .loose();

export interface BoundRequest {
  analytic: StoredAnalytic;
  computeMode: 'CPU' | 'GPU' | 'BEST';
  /** Input name to data id. */
  inputs: Record<string, string>;
  /** Values; a data parameter is the id of the data. */
  parameters: Record<string, unknown>;
}

/** Reads a job request (section 8.2) and checks what it names: analytic, version, compute mode, inputs and the caller's data. */
export async function bindRequest(deps: Voxel51Deps, caller: Caller, bytes: Uint8Array): Promise<BoundRequest> {
  const parsed = jobRequest.safeParse(parseJson(bytes));
  if (!parsed.success) throw invalid(parsed.error.issues, 'body');
  const { analytic: name, version, compute_mode: mode, inputs: given, parameters: values } = parsed.data;
  const analytic = await chooseAnalytic(deps, caller, name, version ?? undefined);
  const computeMode = (mode ?? 'BEST').toUpperCase();
  if (computeMode !== 'CPU' && computeMode !== 'GPU' && computeMode !== 'BEST') throw bad('compute_mode must be CPU, GPU or BEST');
  const { manifest } = analytic;
  const inputs: Record<string, string> = {};
  for (const [input, reference] of Object.entries(given)) {
    if (!manifest.inputs.some((one) => one.name === input)) throw bad(`'${input}' is not an input of the analytic '${name}'`);
    inputs[input] = (await findData(deps, caller, reference['data-id'])).id;
  }
  const parameters: Record<string, unknown> = {};
  for (const [parameter, value] of Object.entries(values)) {
    const reference = manifest.parameters.find((one) => one.name === parameter)?.type === 'file' ? dataReference.safeParse(value) : undefined;
    if (reference && !reference.success) throw bad(`the parameter '${parameter}' takes data: {"data-id": ...}`);
    parameters[parameter] = reference ? (await findData(deps, caller, reference.data['data-id'])).id : value;
  }
  return { analytic, computeMode, inputs, parameters };
}

async function chooseAnalytic(deps: Voxel51Deps, caller: Caller, name: string, version: string | undefined): Promise<StoredAnalytic> {
  const named = (await visibleAnalytics(deps, caller)).filter((analytic) => wireName(analytic) === name);
  if (named.length === 0) throw missing('Analytic', name);
  if (version !== undefined) {
    const found = named.find((analytic) => analytic.version === version);
    if (!found) throw missing('Analytic', `${name}, version ${version}`);
    return found;
  }
  const [found] = latestVersions(named.filter((analytic) => !analytic.pending));
  if (!found) throw bad(`the analytic '${name}' is pending: an image of it has not been uploaded yet`);
  return found;
}
