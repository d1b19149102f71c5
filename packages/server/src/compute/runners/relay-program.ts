// Runs in the network of a container: `node relay-program.ts PORT SOCKET`. Whoever connects to the port there is connected to the socket, behind
// which the platform answers. Imports nothing but Node.
import { connect, createServer } from 'node:net';

const [port = '', socket = ''] = process.argv.slice(2);
const server = createServer((near) => {
  const far = connect(socket);
  near.pipe(far).pipe(near);
  for (const [one, other] of [[near, far], [far, near]] as const) one.on('error', () => other.destroy()).on('close', () => other.destroy());
});
server.listen(Number(port), '127.0.0.1', () => process.stdout.write('ready\n'));
