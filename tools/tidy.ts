/**
 * House rules that neither compiler nor linter knows: who may import whom, what the core may not touch, names that say
 * nothing, files that nobody uses, folders that the architecture page forgot. Prints each breach; exit code 1 if any.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');
const linesMax = 500;
const bannedNames = /^(utils?|helpers?|common|shared|types|misc|manager)(\.ts)?$/;

/** `a: [b]` reads: files of a may import files of b. Everybody may import its own folder. */
const mayImport: Record<string, readonly string[]> = {
  'src/lib': [],
  'src/policy': ['src/lib'],
  'src/core': ['src/lib', 'src/policy'],
  'src/config': ['src/core', 'src/policy', 'src/lib'],
  'src/drivers': ['src/core', 'src/lib'],
  'src/identity': ['src/core', 'src/lib'],
  'src/transports': ['src/core', 'src/policy', 'src/lib', 'src/identity'],
  'src/api': ['src/core', 'src/lib', 'src/config', 'src/daemon'],
  'src/daemon': ['src/core', 'src/lib', 'src/config', 'src/drivers', 'src/transports', 'src/api', 'src/identity'],
  'src/cli': ['src/core', 'src/lib', 'src/config', 'src/api', 'src/daemon', 'lab', 'sim'],
  sim: ['src/core', 'src/lib', 'src/config', 'src/daemon', 'src/transports'],
  lab: ['src/core', 'src/lib', 'src/config', 'src/api', 'src/transports', 'src/daemon'],
  bench: ['src/core', 'src/policy', 'src/lib', 'src/config', 'src/api', 'lab', 'sim', 'src/transports'],
  tools: ['src/config', 'src/policy', 'src/lib'],
  examples: [],
};

/** Tests, and what only tests use: fixtures are programs that they start, testing files are what they share. */
const isForTests = (file: string): boolean => /\.(test|testing|fixture)\.ts$/.test(file) || file.includes('/cases/');

const breaches: string[] = [];
const files = sourceFiles('.');
const imported = new Set<string>();

for (const file of files) check(file, readFileSync(join(root, file), 'utf8'));
for (const file of files) checkUsed(file);
checkArchitecture();

for (const breach of breaches) process.stdout.write(`${breach}\n`);
process.stdout.write(breaches.length === 0 ? `tidy: ${files.length} files\n` : `tidy: ${breaches.length} breaches\n`);
process.exitCode = breaches.length === 0 ? 0 : 1;

function sourceFiles(folder: string): string[] {
  const found: string[] = [];
  for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
    if (entry.name === 'node_modules' || entry.name.startsWith('.')) continue;
    const path = folder === '.' ? entry.name : `${folder}/${entry.name}`;
    if (bannedNames.test(entry.name)) breaches.push(`${path}: a name that says nothing`);
    if (entry.isDirectory()) found.push(...sourceFiles(path));
    else if (entry.name.endsWith('.ts') && !entry.name.endsWith('.config.ts')) found.push(path);
  }
  return found;
}

function check(file: string, text: string): void {
  const lines = text.split('\n');
  if (lines.length > linesMax)
    breaches.push(`${file}: ${lines.length} lines; stop and ask what hides in it (limit ${linesMax})`);
  const isTest = isForTests(file);
  for (const [i, line] of lines.entries()) checkLine(file, i + 1, line, isTest);
  for (const match of text.matchAll(/(?:from|import\()\s*'(\.[^']+)'/g)) checkImport(file, match[1] ?? '', isTest);
}

function checkLine(file: string, number: number, line: string, isTest: boolean): void {
  const at = `${file}:${number}`;
  const isTidy = file === 'tools/tidy.ts';
  if (!isTidy && /\b(TODO|FIXME|XXX)\b/.test(line) && !/#\d+/.test(line))
    breaches.push(`${at}: a TODO without an issue number`);
  if (!isTidy && /@ts-(ignore|expect-error)|\bas any\b/.test(line) && !isTest)
    breaches.push(`${at}: switches the compiler off`);
  const isPure = ['src/core/', 'src/policy/', 'src/lib/'].some((layer) => file.startsWith(layer)) && !isTest;
  if (!isPure) return;
  const code = line.replace(/\/\/.*|\/\*.*|^\s*\*.*/, '');
  if (/\bDate\b|Math\.random|localeCompare|\bIntl\b|\basync\b|\bPromise\b/.test(code))
    breaches.push(`${at}: the core reads no clock, draws no number, waits for nothing`);
  if (/\.(toSorted|sort)\(\)/.test(code)) breaches.push(`${at}: sort with a comparator that decides ties`);
}

function checkImport(file: string, target: string, isTest: boolean): void {
  const path = relative(root, resolve(root, dirname(file), target));
  if (!isTest) imported.add(path);
  const from = layerOf(file);
  const to = layerOf(path);
  if (isTest || from === to || from === null || to === null) return;
  if (!(mayImport[from] ?? []).includes(to)) breaches.push(`${file}: ${from} may not import ${to} (${target})`);
}

function layerOf(path: string): string | null {
  const [first = '', second = ''] = path.split('/');
  const layer = first === 'src' ? `src/${second}` : first;
  return layer in mayImport ? layer : null;
}

/** Programs are started by name and not imported. */
function checkUsed(file: string): void {
  if (imported.has(file) || isForTests(file) || /(^|\/)(main|contract)\.ts$/.test(file)) return;
  if (file.startsWith('tools/') || file.startsWith('examples/') || isStarted(file)) return;
  breaches.push(`${file}: nothing imports it`);
}

/** Some other file, or a script of package.json, names the file as a program to start. */
function isStarted(file: string): boolean {
  const name = file.split('/').pop() ?? file;
  const others = files.filter((other) => other !== file && !other.endsWith('.test.ts'));
  if (others.some((other) => readFileSync(join(root, other), 'utf8').includes(`${name}'`))) return true;
  return readFileSync(join(root, 'package.json'), 'utf8').includes(file);
}

function checkArchitecture(): void {
  const page = join(root, 'ARCHITECTURE.md');
  if (!existsSync(page)) {
    breaches.push('ARCHITECTURE.md is missing');
    return;
  }
  const text = readFileSync(page, 'utf8');
  for (const layer of ['core', 'policy', 'drivers', 'identity', 'transports', 'config', 'daemon', 'api', 'cli', 'lib'])
    if (!text.includes(`src/${layer}/`)) breaches.push(`ARCHITECTURE.md does not name src/${layer}/`);
  for (const entry of readdirSync(join(root, 'src/core'), { withFileTypes: true }))
    if (entry.isDirectory() && !text.includes(`${entry.name}/`))
      breaches.push(`ARCHITECTURE.md does not name src/core/${entry.name}/`);
}
