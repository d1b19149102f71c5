import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, readFileSync, symlinkSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { delimiter, join } from 'node:path';
import { nodeModulesWith } from '../node.ts';

/** What runs the checks of a client: a command, or what it lacks. */
export type Found = { command: string; args: readonly string[]; cwd: string; client: string } | { missing: string };

const here = import.meta.dirname;
const standIns = join(here, 'stand-ins');
const given = (process.env['CLIENT_PATH'] ?? '').split(delimiter).filter((path) => path !== '');

/** The folder of `CLIENT_PATH`, which may name several, that has this file with these words in it. */
function checkout(file: string, words: string): string | undefined {
  return given.find((path) => existsSync(join(path, file)) && readFileSync(join(path, file), 'utf8').includes(words));
}

const wanted = (repository: string) => `it is in no registry of npm or PyPI: CLIENT_PATH=/path/to/a/checkout/of/${repository}`;

/** What a command prints; undefined when it is not there or fails. */
function says(command: string, args: readonly string[]): string | undefined {
  const { status, stdout } = spawnSync(command, args, { encoding: 'utf8', timeout: 60_000 });
  return status === 0 ? stdout.trim() : undefined;
}

/** The JavaScript client: from a checkout, with what it asks for from the registry. `folder` takes a copy, as nothing is written into the checkout. */
export function javaScriptClient(folder: string): Found {
  const path = checkout('package.json', '"@skylab-tech/skylab-studio"');
  if (path === undefined) return { missing: wanted('skylab-tech/studio_client_js') };
  const { dependencies } = JSON.parse(readFileSync(join(path, 'package.json'), 'utf8')) as { dependencies: Record<string, string> };
  // It also names modules that Node has itself.
  const asked = Object.entries(dependencies).filter(([name]) => !isBuiltin(name));
  const found = nodeModulesWith(asked.map(([name, range]) => `${name}@${range}`));
  if ('missing' in found) return found;
  const client = join(folder, 'client-js');
  cpSync(path, client, { recursive: true, filter: (from) => !/\/(node_modules|\.git)$/.test(from) });
  symlinkSync(join(found.folder, 'node_modules'), join(client, 'node_modules'));
  return { command: process.execPath, args: [join(here, 'client-node.cjs')], cwd: here, client };
}

/** The Ruby client: the gem where it is installed, or a checkout, with the libraries that Debian has. */
export function rubyClient(): Found {
  if (says('ruby', ['--version']) === undefined) return { missing: 'ruby is not installed (apt-get install ruby ruby-vips ruby-concurrent)' };
  const gem = says('ruby', ['-e', 'print Gem::Specification.find_by_name("skylab_studio").gem_dir']);
  const client = checkout('skylab_studio.gemspec', 'skylab_studio') ?? gem;
  if (client === undefined) return { missing: `the gem skylab_studio is not installed, and ${wanted('skylab-tech/studio_client_ruby')}` };
  if (says('ruby', ['-e', 'require "vips"; require "concurrent"']) === undefined) return { missing: 'vips and concurrent cannot be loaded (apt-get install ruby-vips ruby-concurrent)' };
  return { command: 'ruby', args: ['-I', join(standIns, 'ruby'), '-I', join(client, 'lib'), join(here, 'client.rb')], cwd: here, client };
}

/** The PHP client: a checkout, with what composer installed into it, else with Debian's Guzzle. */
export function phpClient(): Found {
  if (says('php', ['--version']) === undefined) return { missing: 'php is not installed (apt-get install php-cli php-curl php-guzzlehttp-guzzle)' };
  const client = checkout('composer.json', 'skylab/studio');
  if (client === undefined) return { missing: wanted('skylab-tech/studio_client_php') };
  const own = existsSync(join(client, 'vendor', 'autoload.php'));
  if (!own && !existsSync('/usr/share/php/GuzzleHttp/autoload.php')) return { missing: 'Guzzle is not installed (composer install in the checkout, or apt-get install php-guzzlehttp-guzzle)' };
  const libraries = own ? client : join(standIns, 'php');
  return { command: 'php', args: ['-d', `include_path=${libraries}:/usr/share/php`, '-d', 'error_log=/dev/null', join(here, 'client.php')], cwd: libraries, client };
}

/** The .NET client is a library: it runs in a program that the .NET SDK builds. */
export function dotnetClient(): Found {
  return { missing: 'it has to be built by the .NET SDK with RestSharp and NetVips of NuGet; replay.test.ts sends its requests byte for byte' };
}
