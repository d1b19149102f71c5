import { expect, test } from 'vitest';
import { withoutWords } from '../short-contract.ts';

test('descriptions of fields and summaries of operations are left out, and nothing else', () => {
  expect(withoutWords("one: operation({ id: 'a.b', summary: 'It\\'s \"so\".', description: description.optional(), query: z.string().describe('What, (now)').optional(), }),")).toBe("one: operation({ id: 'a.b',  description: description.optional(), query: z.string().optional(), }),");
  expect(withoutWords("description: z.string().default(''), message: 'must be so'")).toBe("description: z.string().default(''), message: 'must be so'");
});
