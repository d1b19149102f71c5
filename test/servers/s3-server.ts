// A real S3 server for tests: OpenStack Swift with its s3api, from the Debian packages
// swift-proxy, swift-account, swift-container, swift-object and memcached.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface S3Server {
  endpoint: string;
  region: string;
  credentials: { accessKeyId: string; secretAccessKey: string };
  /** What the server has said, for a test that fails. */
  log(): string;
  close(): Promise<void>;
}

const storage = ['account', 'container', 'object'] as const;
const programs = [
  '/usr/bin/memcached',
  '/usr/bin/python3',
  '/usr/bin/swift-proxy-server',
  ...storage.map((kind) => `/usr/bin/swift-${kind}-server`),
];

/** Which programs are missing; empty when the server can start. */
export function missingS3Programs(): string[] {
  return programs.filter((program) => !existsSync(program));
}

interface User {
  uid: number;
  gid: number;
}

/** Swift does not run as root; its package brings a user. */
function daemonUser(): User | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((entry) => entry.startsWith('swift:'));
  const [, , uid, gid] = line?.split(':') ?? [];
  return { uid: Number(uid ?? 65_534), gid: Number(gid ?? 65_534) };
}

/** Starts all daemons on free ports of the loopback with an empty store; ready when it answers. With `browsers`, pages of any origin may send to it. */
export async function startS3Server({ browsers = false } = {}): Promise<S3Server> {
  const user = daemonUser();
  const folder = mkdtempSync(join(tmpdir(), 'fovea-s3-'));
  const [proxy = 0, memcached = 0, ...ports] = await freePorts(2 + storage.length);
  const children: ChildProcess[] = [];
  let said = '';
  const start = (program: string, args: string[]) => {
    const child = spawn(program, args, {
      ...user,
      cwd: folder,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: '/usr/bin:/bin', HOME: folder },
    });
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => void (said = (said + text).slice(-50_000)));
    children.push(child);
  };
  const close = async () => {
    const running = children.filter((child) => child.exitCode === null && child.signalCode === null);
    for (const child of running) child.kill('SIGKILL');
    await Promise.all(running.map((child) => once(child, 'exit')));
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    writeConfiguration(folder, { proxy, memcached, ports, browsers });
    mkdirSync(join(folder, 'disks', 'd1'), { recursive: true });
    if (user) for (const path of ['', 'disks', join('disks', 'd1')]) chownSync(join(folder, path), user.uid, user.gid);
    start('/usr/bin/memcached', ['-l', '127.0.0.1', '-p', String(memcached), '-U', '0']);
    await buildRings(folder, ports);
    for (const kind of storage) start(`/usr/bin/swift-${kind}-server`, [join(folder, `${kind}.conf`), '-v']);
    start('/usr/bin/swift-proxy-server', [join(folder, 'proxy.conf'), '-v']);
    const endpoint = `http://127.0.0.1:${proxy}`;
    await answers(
      [`${endpoint}/healthcheck`, ...ports.map((port) => `http://127.0.0.1:${port}/healthcheck`)],
      () => said,
    );
    return {
      endpoint,
      region: 'us-east-1',
      credentials: { accessKeyId: 'test:tester', secretAccessKey: 'testing' },
      log: () => said,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

function writeConfiguration(
  folder: string,
  { proxy, memcached, ports, browsers }: { proxy: number; memcached: number; ports: readonly number[]; browsers: boolean },
): void {
  const common = (port: number) =>
    `[DEFAULT]\nbind_ip = 127.0.0.1\nbind_port = ${port}\nworkers = 0\nmount_check = false\nswift_dir = ${folder}\ndevices = ${folder}/disks\nlog_level = WARNING\n`;
  for (const [index, kind] of storage.entries()) {
    writeFileSync(
      join(folder, `${kind}.conf`),
      `${common(ports[index] ?? 0)}
[pipeline:main]
pipeline = healthcheck ${kind}-server
[app:${kind}-server]
use = egg:swift#${kind}
[filter:healthcheck]
use = egg:swift#healthcheck
`,
    );
  }
  const filters = [
    'catch_errors',
    'gatekeeper',
    'healthcheck',
    'listing_formats',
    'bulk',
    'tempurl',
    'copy',
    'slo',
    'dlo',
    'versioned_writes',
    'symlink',
  ];
  writeFileSync(
    join(folder, 'proxy.conf'),
    `${common(proxy)}${browsers ? 'cors_allow_origin = *\n' : ''}
[pipeline:main]
pipeline = catch_errors gatekeeper healthcheck cache listing_formats bulk tempurl s3api tempauth copy slo dlo versioned_writes symlink proxy-server
[app:proxy-server]
use = egg:swift#proxy
account_autocreate = true
[filter:tempauth]
use = egg:swift#tempauth
user_test_tester = testing .admin
[filter:s3api]
use = egg:swift#s3api
location = us-east-1
${browsers ? 'cors_preflight_allow_origin = *\n' : ''}[filter:cache]
use = egg:swift#memcache
memcache_servers = 127.0.0.1:${memcached}
${filters.map((filter) => `[filter:${filter}]\nuse = egg:swift#${filter}\n`).join('')}`,
  );
}

/** One device each. Swift's own command takes nine starts of Python for it, this takes one. */
const ringScript = `
import sys
from swift.common.ring import RingBuilder
folder = sys.argv[1]
for pair in sys.argv[2:]:
    kind, port = pair.split(':')
    builder = RingBuilder(4, 1, 0)
    builder.add_dev({'id': 0, 'region': 1, 'zone': 1, 'ip': '127.0.0.1', 'port': int(port), 'replication_ip': '127.0.0.1',
                     'replication_port': int(port), 'device': 'd1', 'weight': 1.0, 'meta': ''})
    builder.rebalance()
    builder.get_ring().save(f'{folder}/{kind}.ring.gz')
`;

async function buildRings(folder: string, ports: readonly number[]): Promise<void> {
  const pairs = storage.map((kind, index) => `${kind}:${ports[index] ?? 0}`);
  const child = spawn('/usr/bin/python3', ['-c', ringScript, folder, ...pairs], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { PATH: '/usr/bin:/bin' },
  });
  const [code] = (await once(child, 'exit')) as [number];
  if (code !== 0) throw new Error(`The rings of Swift could not be built (code ${code}).`);
  for (const kind of storage) chmodSync(join(folder, `${kind}.ring.gz`), 0o644);
}

async function answers(urls: readonly string[], said: () => string): Promise<void> {
  const deadline = Date.now() + 120_000;
  for (const url of urls) {
    while (
      !(await fetch(url).then(
        (response) => response.ok,
        () => false,
      ))
    ) {
      if (Date.now() > deadline) throw new Error(`${url} does not answer. ${said()}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

/** Ports that are free now; all are held open while they are chosen, so that they differ. */
async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
