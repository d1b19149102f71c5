import { formatNames } from '@fovea/contract';
import { expect, it } from 'vitest';
import { formats } from './formats.ts';

it('the contract names every format, in this order', () => {
  expect(formats.map(({ name }) => name)).toEqual([...formatNames]);
});
