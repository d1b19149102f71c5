import { types as builtin, TypeOverrides } from 'pg';

const textArray = 1009;
const int8Array = 1016;
const numericArray = 1231;
const dateArray = 1182;

/** How PostgreSQL's types become ours: bigint and numeric are numbers, date stays text, the rest is the driver's usual (timestamptz is a Date, json is parsed). */
export function typeParsers(): TypeOverrides {
  const types = new TypeOverrides();
  types.setTypeParser(builtin.builtins.INT8, safeInteger);
  types.setTypeParser(builtin.builtins.NUMERIC, Number);
  types.setTypeParser(builtin.builtins.DATE, (text) => text);
  // The driver parses arrays of numbers too large for it as arrays of text.
  const texts = (builtin.getTypeParser as (oid: number) => (text: string) => (string | null)[])(textArray);
  types.setTypeParser(int8Array, (text) => texts(text).map((one) => (one === null ? null : safeInteger(one))));
  types.setTypeParser(numericArray, (text) => texts(text).map((one) => (one === null ? null : Number(one))));
  types.setTypeParser(dateArray, texts);
  return types;
}

function safeInteger(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new RangeError(`The number ${text} from the database is beyond 2^53.`);
  return value;
}
