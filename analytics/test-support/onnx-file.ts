/**
 * Writes small ONNX models by hand, as protocol buffers (onnx.proto3, IR version 8): enough for tests to bring their own.
 */
type Field = Buffer;

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  do {
    const low = Number(rest & 0x7fn);
    rest >>= 7n;
    bytes.push(rest > 0n ? low | 0x80 : low);
  } while (rest > 0n);
  return Buffer.from(bytes);
}

const number = (field: number, value: number): Field => Buffer.concat([varint(field << 3), varint(value)]);
const bytes = (field: number, value: Buffer | string): Field => {
  const data = typeof value === 'string' ? Buffer.from(value) : value;
  return Buffer.concat([varint((field << 3) | 2), varint(data.length), data]);
};
const message = (field: number, ...fields: Field[]): Field => bytes(field, Buffer.concat(fields));

export interface OnnxNode {
  op: string;
  inputs: string[];
  outputs: string[];
  ints?: Record<string, number | number[]>;
}

export interface OnnxGraph {
  nodes: OnnxNode[];
  /** Constant float tensors; `int64` ones for shapes. */
  constants?: Record<string, { dims: number[]; values: number[]; int64?: boolean }>;
  inputs: Record<string, (number | string)[]>;
  outputs: Record<string, (number | string)[]>;
  uint8Inputs?: boolean;
}

const float32 = 1;
const uint8 = 2;
const int64 = 7;

function tensor(
  name: string,
  { dims, values, int64: whole }: { dims: number[]; values: number[]; int64?: boolean },
): Field {
  const raw = whole
    ? Buffer.from(BigInt64Array.from(values, BigInt).buffer)
    : Buffer.from(Float32Array.from(values).buffer);
  return Buffer.concat([
    ...dims.map((dim) => number(1, dim)),
    number(2, whole ? int64 : float32),
    bytes(8, name),
    bytes(9, raw),
  ]);
}

function valueInfo(field: number, name: string, dims: (number | string)[], type: number): Field {
  const shape = message(2, ...dims.map((dim) => message(1, typeof dim === 'number' ? number(1, dim) : bytes(2, dim))));
  return message(field, bytes(1, name), message(2, message(1, number(1, type), shape)));
}

function attribute(name: string, value: number | number[]): Field {
  if (typeof value === 'number') return message(5, bytes(1, name), number(3, value), number(20, 2));
  return message(5, bytes(1, name), ...value.map((entry) => number(8, entry)), number(20, 7));
}

/** The bytes of a model file. */
export function onnxFile(graph: OnnxGraph): Buffer {
  const nodes = graph.nodes.map((node) =>
    message(
      1,
      ...node.inputs.map((name) => bytes(1, name)),
      ...node.outputs.map((name) => bytes(2, name)),
      bytes(4, node.op),
      ...Object.entries(node.ints ?? {}).map(([name, value]) => attribute(name, value)),
    ),
  );
  const constants = Object.entries(graph.constants ?? {}).map(([name, value]) => bytes(5, tensor(name, value)));
  const inputs = Object.entries(graph.inputs).map(([name, dims]) =>
    valueInfo(11, name, dims, graph.uint8Inputs ? uint8 : float32),
  );
  const outputs = Object.entries(graph.outputs).map(([name, dims]) => valueInfo(12, name, dims, float32));
  return Buffer.concat([
    number(1, 8),
    message(8, bytes(1, ''), number(2, 13)),
    message(7, ...nodes, bytes(2, 'test'), ...constants, ...inputs, ...outputs),
  ]);
}
