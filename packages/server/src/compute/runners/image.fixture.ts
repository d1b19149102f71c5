// Images of containers made of programs of this machine.
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { imageTag } from './images.ts';

/** A root folder with a few programs (names, or paths), the libraries that they need, and files, as a tar archive: all that an image needs. */
export function makeRoot(programs: readonly string[], files: Record<string, string> = {}): { archive: string; folder: string } {
  const folder = mkdtempSync(join(tmpdir(), 'fovea-image-'));
  const root = join(folder, 'root');
  for (const place of ['bin', 'tmp', 'etc', 'proc', 'dev', 'sys', 'job']) mkdirSync(join(root, place), { recursive: true });
  for (const program of programs) {
    const path = program.startsWith('/') ? program : execFileSync('sh', ['-c', `readlink -f "$(command -v ${program})"`], { encoding: 'utf8' }).trim();
    copyFileSync(path, join(root, 'bin', program.split('/').at(-1) ?? program));
    for (const [library] of execFileSync('ldd', [path], { encoding: 'utf8' }).matchAll(/\/\S+/g)) {
      mkdirSync(join(root, dirname(library)), { recursive: true });
      copyFileSync(library, join(root, library));
    }
  }
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(join(root, dirname(path)), { recursive: true });
    writeFileSync(join(root, path), content);
  }
  const archive = join(folder, 'image.tar');
  execFileSync('tar', ['--create', '--file', archive, '--directory', root, '.']);
  return { archive, folder };
}

/** An image that knows its command, as `podman save` writes it. */
export function makeImage(programs: readonly string[], files: Record<string, string>, command: readonly string[]): { archive: string; folder: string } {
  const { archive: root, folder } = makeRoot(programs, files);
  const name = `localhost/fovea-test-${process.pid}-${Date.now()}`;
  const archive = join(folder, 'saved.tar');
  execFileSync('podman', ['import', '--quiet', '--change', `CMD ${JSON.stringify(command)}`, root, name], { stdio: 'pipe' });
  execFileSync('podman', ['save', '--quiet', '--output', archive, name], { stdio: 'pipe' });
  execFileSync('podman', ['rmi', '--force', name], { stdio: 'pipe' });
  return { archive, folder };
}

/** Takes an image away that a runner has loaded from a file. */
export function forgetImage(archive: Uint8Array): void {
  const tag = imageTag(createHash('sha256').update(archive).digest('hex'));
  const { stdout } = spawnSync('podman', ['image', 'inspect', '--format', '{{.Id}}', tag], { encoding: 'utf8' });
  // By its id: it may have kept the name that it was saved under.
  if (stdout.trim() !== '') spawnSync('podman', ['rmi', '--force', stdout.trim()], { stdio: 'ignore' });
}
