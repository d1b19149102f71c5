import { errorCodes, type ErrorCode } from '@fovea/contract';
import { expect, test } from 'vitest';
import * as sdk from './index.ts';

test('every code of the contract has an exported class of its own', () => {
  const names = Object.keys(sdk.errorClasses);
  expect(names).toHaveLength(Object.keys(errorCodes).length);
  for (const name of names) expect(sdk, `export ${name} from errors.ts`).toHaveProperty(name);
});

test('an error is of the class of its code, and names itself so', () => {
  for (const code of Object.keys(errorCodes) as ErrorCode[]) {
    const error = sdk.apiError({ code, status: errorCodes[code].status, detail: 'why', requestId: 'r' });
    expect(error).toBeInstanceOf(sdk.ApiError);
    expect(error.code).toBe(code);
    expect(error.constructor).not.toBe(sdk.ApiError);
    expect(error.name).toBe(error.constructor.name);
    expect((sdk as Record<string, unknown>)[error.name]).toBe(error.constructor);
  }
});

test('the 408 of a server and the deadline of the client are different errors', () => {
  expect(sdk.apiError({ code: 'timeout', status: 408, detail: '', requestId: '' })).toBeInstanceOf(sdk.RequestTimeoutError);
  expect(new sdk.TimeoutError('')).toBeInstanceOf(sdk.ConnectionError);
  expect(new sdk.TimeoutError('')).not.toBeInstanceOf(sdk.ApiError);
});
