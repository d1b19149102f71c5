import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Fovea } from '@fovea/sdk';
import { startPlatform, type Running } from '@fovea/server';
import { chromium, type Browser, type BrowserContext, type BrowserContextOptions, type Page } from 'playwright-core';

export const chromiumPath = '/usr/bin/chromium';
/** Why the browser tests are skipped, or undefined when they run. */
export const noBrowser = existsSync(chromiumPath) ? undefined : `${chromiumPath} is missing (apt-get install chromium)`;

const browserArguments = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];
export const adminKey = 'live_console-test-key-0123456789';

/** A platform with a built console, and a browser that looks at it. */
export interface Console {
  url: string;
  /** A client with all rights, to prepare and to check. */
  fovea: Fovea;
  /** An empty folder for what the test makes. */
  folder: string;
  open(options?: BrowserContextOptions): Promise<OpenPage>;
  /** Ends the platform, does something meanwhile, and starts it again at the same address on the same data. */
  whileDown(work: () => Promise<void>): Promise<void>;
  close(): Promise<void>;
}

export interface OpenPage {
  page: Page;
  context: BrowserContext;
  /** What went wrong in the page: exceptions, and errors on its console but refused requests. */
  faults: string[];
}

/** In a process of its own, as a build changes the environment. Does nothing when the console is built already. */
export async function buildConsole(): Promise<void> {
  await promisify(execFile)(process.execPath, [join(import.meta.dirname, '..', '..', '..', 'scripts', 'build-console.ts')]);
}

export async function startConsole(env: Record<string, string> = {}): Promise<Console> {
  await buildConsole();
  const folder = mkdtempSync(join(tmpdir(), 'fovea-console-'));
  let platform: Running | undefined;
  let browser: Browser | undefined;
  const close = async () => {
    await browser?.close();
    await platform?.close();
    rmSync(folder, { recursive: true, force: true });
  };
  const start = (port: number) => startPlatform({ dataDir: join(folder, 'data'), port, env: { FOVEA_ADMIN_KEY: adminKey, FOVEA_LOG_LEVEL: 'silent', ...env } });
  try {
    platform = await start(0);
    browser = await chromium.launch({ executablePath: chromiumPath, args: browserArguments });
  } catch (error) {
    await close();
    throw error;
  }
  const { url } = platform;
  const started = browser;
  const whileDown = async (work: () => Promise<void>) => {
    await platform?.close();
    platform = undefined;
    await work();
    platform = await start(Number(new URL(url).port));
  };
  return { url, folder, close, whileDown, fovea: new Fovea({ url, key: adminKey }), open: (options) => openPage(started, url, options) };
}

const openPages = new Set<Page>();

// What a page showed when a test of it failed tells more than what was waited for. Benchmarks use this file too, without Vitest.
if (process.env['VITEST'] !== undefined) {
  const { afterEach } = await import('vitest');
  afterEach(async ({ task }) => {
    if (task.result?.state !== 'fail') return;
    for (const page of openPages) console.log(`${page.url()} showed:\n${await page.locator('body').ariaSnapshot({ timeout: 5_000 }).catch(String)}`);
  });
}

/** A page of its own, which notes what goes wrong in it. */
export async function openPage(browser: Browser, baseURL: string, options: BrowserContextOptions = {}): Promise<OpenPage> {
  const context = await browser.newContext({ baseURL, viewport: { width: 1360, height: 850 }, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  openPages.add(page);
  page.on('close', () => openPages.delete(page));
  const faults: string[] = [];
  page.on('pageerror', (error) => faults.push(error.message));
  page.on('console', (message) => {
    // Refused requests are answers of the platform: the pages show them.
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource')) faults.push(message.text());
  });
  return { page, context, faults };
}

export async function signIn(page: Page, key: string = adminKey): Promise<void> {
  await page.goto('/');
  await page.getByLabel('API key', { exact: true }).last().fill(key);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('heading', { level: 1, name: 'Projects' }).waitFor();
}

/** Drops files and folders of the disk on the middle of the page, as a file manager would. */
export async function dropFiles(page: Page, paths: readonly string[]): Promise<void> {
  const session = await page.context().newCDPSession(page);
  const { width, height } = page.viewportSize() ?? { width: 800, height: 600 };
  const data = { items: [], files: [...paths], dragOperationsMask: 1 };
  const tell = (type: 'dragEnter' | 'dragOver' | 'drop') => session.send('Input.dispatchDragEvent', { type, x: width / 2, y: height / 2, data });
  await tell('dragEnter');
  // Whoever drags is over a place for more than a moment, and is told several times a second what lies there now.
  for (let times = 0; times < 3; times++) {
    await tell('dragOver');
    await page.evaluate(() => new Promise((next) => requestAnimationFrame(() => requestAnimationFrame(next))));
  }
  await tell('dragOver');
  await tell('drop');
  await session.detach();
}
