import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

/** Debian packages that some tests drive: what each gives, and the package. */
const tools = [
  { binary: 'chromium', package: 'chromium', for: 'browser tests' },
  { binary: 'ffmpeg', package: 'ffmpeg', for: 'video tests' },
  { binary: 'bwrap', package: 'bubblewrap', for: 'sandbox tests' },
  { binary: 'podman', package: 'podman', for: 'container tests' },
  { binary: 'runc', package: 'runc', for: 'container tests' },
  // A real S3 server: OpenStack Swift with its s3api.
  { binary: 'swift-proxy-server', package: 'swift-proxy', for: 'S3 tests' },
  { binary: 'swift-account-server', package: 'swift-account', for: 'S3 tests' },
  { binary: 'swift-container-server', package: 'swift-container', for: 'S3 tests' },
  { binary: 'swift-object-server', package: 'swift-object', for: 'S3 tests' },
  { binary: 'memcached', package: 'memcached', for: 'S3 tests' },
] as const;

/** Installs what is missing where this is Debian and we are root; gives a line for each tool that is still missing. */
export function installTools(): string[] {
  const missing = tools.filter((tool) => !has(tool.binary));
  if (missing.length > 0 && process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')) {
    console.log(`Installing ${missing.map((tool) => tool.package).join(', ')} (apt-get) …`);
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    spawnSync('apt-get', ['update', '-qq'], { stdio: 'ignore', env });
    spawnSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...missing.map((tool) => tool.package)], { stdio: 'ignore', env });
  }
  return tools.filter((tool) => !has(tool.binary)).map((tool) => `${tool.binary} is missing: ${tool.for} are skipped`);
}

function has(binary: string): boolean {
  return spawnSync('sh', ['-c', `command -v ${binary}`]).status === 0;
}
