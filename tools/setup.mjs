/**
 * Gets what `npm run demo` and `npm test` need: npm packages, and as root on Debian the engines.
 *
 * Plain JavaScript without dependencies, because it runs before anything is installed, on any Node >= 20.
 * It never fails for a missing engine: the demo has a replacement for each, and says so here. It fails only when the
 * npm packages cannot be had. Everything goes to standard error: standard output belongs to the program that follows.
 *
 *   node tools/setup.mjs demo|test [--no-apt]
 */
import { spawn, spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const sbinPath = `${process.env.PATH ?? ''}:/usr/local/sbin:/usr/sbin:/sbin:/usr/bin:/bin`;
const policyFile = '/usr/sbin/policy-rc.d';

/** What each engine is found by, and what happens without it. */
const engines = [
  {
    package: 'iproute2',
    programs: ['ip', 'bridge', 'ss'],
    without: 'no lab with real addresses: the demo runs on loopback addresses',
  },
  {
    package: 'util-linux',
    programs: ['nsenter', 'unshare', 'setpriv'],
    without: 'no lab with real addresses: the demo runs on loopback addresses',
  },
  { package: 'procps', programs: ['ps', 'sysctl'], without: 'some resource agents will fail' },
  { package: 'nftables', programs: ['nft'], without: 'faults that need packet filters are left out' },
  { package: 'iputils-arping', programs: ['arping'], without: 'addresses are announced by our own ARP sender only' },
  { package: 'haproxy', programs: ['haproxy'], without: 'the embedded proxy takes its place' },
  { package: 'apache2', programs: ['apache2'], without: 'the embedded web server takes its place' },
  {
    package: 'curl',
    programs: ['curl'],
    without: "the agent ocf:heartbeat:apache cannot check its page: the embedded web server takes Apache's place",
  },
  {
    package: 'resource-agents',
    file: '/usr/lib/ocf/resource.d/heartbeat/apache',
    without: "no OCF agents: the embedded web server takes Apache's place",
  },
  {
    package: 'pacemaker-resource-agents',
    file: '/usr/lib/ocf/resource.d/pacemaker/Stateful',
    only: 'test',
    without: 'the promotion of services is tested with agents of our own only',
  },
  {
    package: 'podman',
    programs: ['podman'],
    only: 'test',
    without: 'the container driver is tested with a stand-in for podman only',
  },
  {
    package: 'runc',
    programs: ['runc'],
    only: 'test',
    without: 'podman may run no container on machines with control groups of both versions',
  },
  {
    package: 'docker.io',
    file: '/usr/sbin/dockerd',
    only: 'test',
    without: 'the container driver is tested without docker',
  },
  {
    package: 'busybox-static',
    programs: ['busybox'],
    only: 'test',
    without: 'there is no image to test podman and docker with',
  },
  {
    package: 'fence-agents',
    programs: ['fence_dummy'],
    only: 'test',
    without: 'the fence driver is tested with agents of our own only',
  },
];

await main(process.argv.slice(2));

async function main(args) {
  const purpose = args.find((arg) => !arg.startsWith('-'));
  const unknown = args.filter((arg) => arg !== purpose && arg !== '--no-apt');
  if ((purpose !== 'demo' && purpose !== 'test') || unknown.length > 0) {
    say('usage: node tools/setup.mjs demo|test [--no-apt]');
    process.exit(64);
  }
  if (Number(process.versions.node.split('.')[0]) < 20) {
    say(`Node ${process.versions.node} is too old: npm needs Node 20 or newer to install the rest`);
    process.exit(69);
  }
  await installNpmPackages();
  await installEngines(purpose, args.includes('--no-apt'));
  fillCodeCache();
}

/** What is compiled once is kept: a daemon that starts later does not hold its loop up for that. Best effort. */
function fillCodeCache() {
  const program = join(root, 'sempre');
  for (const args of [['--help'], ['daemon', '--help']]) spawnSync(program, args, { cwd: root, stdio: 'ignore' });
}

async function installNpmPackages() {
  if (npmPackagesAreFresh()) return;
  const npm = process.env.npm_execpath;
  const [program, first] = npm?.endsWith('.js') ? [process.execPath, [npm]] : ['npm', []];
  // Not `npm ci`: it refuses a lock file that leaves out the optional packages of other platforms, as a registry mirror
  // for one platform makes it. The versions still come from the lock file, and the lock file stays as it is.
  const args = ['install', '--no-save', '--no-audit', '--no-fund', '--loglevel=error'];
  const done = await step('npm packages', program, [...first, ...args]);
  if (done.ok && existsSync(join(root, 'node_modules/.bin/node'))) return;
  say(done.output);
  say(
    'The npm packages could not be installed. Check the network and the npm registry (npm config get registry), then run this again.',
  );
  process.exit(1);
}

function npmPackagesAreFresh() {
  const installed = join(root, 'node_modules/.package-lock.json');
  if (!existsSync(installed) || !existsSync(join(root, 'node_modules/.bin/node'))) return false;
  return statSync(installed).mtimeMs >= statSync(join(root, 'package-lock.json')).mtimeMs;
}

async function installEngines(purpose, noApt) {
  const missing = engines.filter((engine) => (engine.only ?? purpose) === purpose && !isThere(engine));
  const isRoot = process.getuid?.() === 0;
  if (!isRoot)
    say(
      'Not root: everything runs on loopback addresses (127.x), with the embedded proxy and web servers. No real addresses, no HAProxy, no Apache.',
    );
  if (missing.length === 0) return;
  const hasApt = findProgram('apt-get');
  if (isRoot && hasApt && !noApt) await aptInstall(missing);
  for (const engine of missing.filter((engine) => !isThere(engine))) {
    say(
      `${engine.package}: not there; ${engine.without}${isRoot && !hasApt ? ' (install it with your package manager)' : ''}`,
    );
  }
}

async function aptInstall(missing) {
  say(`Installing with apt-get: ${missing.map((engine) => engine.package).join(' ')}`);
  const updated = await step('apt-get update', 'apt-get', ['update', '-q']);
  if (!updated.ok) say('apt-get update failed; trying with the package lists that are there');
  const withPolicy = forbidServiceStarts();
  try {
    for (const engine of missing) await aptInstallOne(engine);
  } finally {
    if (withPolicy) rmSync(policyFile, { force: true });
  }
}

async function aptInstallOne(engine) {
  const options = ['-y', '-q', '--no-install-recommends', '-o', 'DPkg::Lock::Timeout=120'];
  const done = await step(engine.package, 'apt-get', ['install', ...options, engine.package]);
  if (!done.ok) say(done.output);
  // A package switches its service on for the next boot: it would then hold port 80 of this machine.
  else if (existsSync('/run/systemd/system'))
    spawnSync('systemctl', ['disable', '--quiet', engine.package], { stdio: 'ignore' });
}

/**
 * Keeps the packages from starting their services: they would take port 80 of this machine.
 * The file works only as long as this process lives, so that nothing is forbidden when we are killed and leave it behind.
 */
function forbidServiceStarts() {
  if (existsSync(policyFile)) return false;
  try {
    writeFileSync(
      policyFile,
      `#!/bin/sh\n# Written by Sempre's setup.\nkill -0 ${process.pid} 2>/dev/null && exit 101\nexit 0\n`,
      { mode: 0o755 },
    );
  } catch (error) {
    say(`could not write ${policyFile} (${error.code}): services of new packages may start`);
    return false;
  }
  const removeAndLeave = (code) => () => {
    rmSync(policyFile, { force: true });
    process.exit(code);
  };
  process.once('SIGINT', removeAndLeave(130));
  process.once('SIGTERM', removeAndLeave(143));
  return true;
}

/** Runs one program; one line when it begins, one when it ends, one every ten seconds between. */
function step(name, program, args) {
  const begin = Date.now();
  const elapsed = () => `${((Date.now() - begin) / 1000).toFixed(1)} s`;
  say(`${name} ...`);
  const ticking = setInterval(() => say(`${name} ... ${elapsed()}`), 10_000);
  const env = { ...process.env, PATH: sbinPath, DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C' };
  const child = spawn(program, args, { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  const keep = (chunk) => {
    output = (output + chunk).slice(-4000);
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  return new Promise((resolve) => {
    const end = (ok) => {
      clearInterval(ticking);
      say(`${name} ${ok ? 'done' : 'FAILED'} after ${elapsed()}`);
      resolve({ ok, output: output.trimEnd() });
    };
    child.once('error', (error) => {
      output += `${program}: ${error.message}`;
      end(false);
    });
    child.once('close', (code) => end(code === 0));
  });
}

function isThere(engine) {
  return engine.file ? existsSync(engine.file) : engine.programs.every(findProgram);
}

function findProgram(name) {
  return sbinPath.split(':').some((folder) => isExecutable(join(folder, name)));
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function say(line) {
  process.stderr.write(`setup: ${line}\n`);
}
