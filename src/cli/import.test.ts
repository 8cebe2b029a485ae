/** `sempre import heartbeat` as somebody at a terminal sees it. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Context } from './context.ts';
import { run } from './program.ts';
import { plainLook } from './terminal.ts';

let dir: string;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'sempre-import-'));
  await put('ha.cf', 'keepalive 1\ndeadtime 10\nbcast eth0\nnode east west\nping 10.1.0.254\nlogfacility local0\n');
  await put('haresources', 'east 10.1.0.10 squid\n');
  await put('authkeys', 'auth 1\n1 sha1 hunter2\n');
});

afterEach(() => rm(dir, { recursive: true }));

const put = (name: string, text: string): Promise<void> => writeFile(join(dir, name), text);

async function imported(...options: string[]): Promise<{ code: number; out: string; err: string }> {
  let out = '';
  let err = '';
  const terminal: Context['terminal'] = {
    look: plainLook,
    isTty: false,
    canAsk: false,
    out: (text) => {
      out += text;
    },
    note: (line) => {
      err += `${line}\n`;
    },
    confirm: async () => false,
  };
  const client: Context['client'] = {
    call: () => Promise.reject(new Error('no daemon is asked')),
    follow: () => Promise.reject(new Error('no daemon is asked')),
  };
  const code = await run(
    ['import', ...(options[0] === 'pacemaker' ? [] : ['heartbeat']), ...options],
    {},
    async () => ({ terminal, client }),
  );
  return { code, out, err };
}

const east = '--node=east=10.1.0.1/24';
const west = '--node=west=10.1.0.2/24';

it('writes the cluster file to standard output and everything else to standard error', async () => {
  const { code, out, err } = await imported(dir, east, west);
  expect(code).toBe(0);
  expect(out).toContain('west: [10.1.0.2/24] # ha.cf:4');
  expect(out).not.toContain('note ');
  expect(err).toContain('note ha.cf:6: left out, because nothing depends on it here: logfacility');
  expect(err).toContain('the cluster file: no mistakes');
  expect(out + err).not.toContain('hunter2');
});

it('exits with 2 and says what to fill in', async () => {
  const { code, out, err } = await imported(dir, east);
  expect(code).toBe(2);
  expect(out).toContain('- FILL-IN-address-of-west-on-eth0 # fill in');
  expect(err).toContain('fill in address of west on eth0\n');
});

it('takes files one by one, and addresses from a table of hosts', async () => {
  await put('hosts', '127.0.1.1 east\n10.1.0.1 East east.example.org # the first\n10.1.0.2 west\n');
  const file = join(dir, 'ha.cf');
  const { code, out } = await imported('--ha-cf', file, '--resolve', join(dir, 'hosts'));
  expect(code).toBe(0);
  expect(out).toContain('east: [10.1.0.1] #');
  expect(out).not.toContain('services:');
});

it('never writes over another file', async () => {
  const out = join(dir, 'cluster.yaml');
  expect(await imported(dir, east, west, '--out', out)).toMatchObject({ code: 0, out: '' });
  const text = await readFile(out, 'utf8');
  expect(text).toContain('cluster: heartbeat\n');
  const again = await imported(dir, east, '--out', out);
  expect(again).toMatchObject({ code: 1, err: expect.stringContaining('ALREADY_THERE') });
  expect(await readFile(out, 'utf8')).toBe(text);
});

it('hands machines one document', async () => {
  const { code, out, err } = await imported(dir, east, '-o', 'json');
  expect(code).toBe(2);
  expect(err).toBe('');
  expect(JSON.parse(out)).toMatchObject({ schemaVersion: 1, valid: false, fillIn: ['address of west on eth0'] });
});

it.each([
  [['/nowhere'], 65, '/nowhere cannot be read: no such file or directory'],
  [['--ha-cf', '/nowhere/ha.cf'], 65, '/nowhere/ha.cf cannot be read'],
  [['--node', 'east'], 64, 'It must look like n1='],
  [['--agent', 'x'], 64, 'It must look like httpd='],
])('%j ends with %i', async (options, code, message) => {
  const said = await imported(...options);
  expect(said.code).toBe(code);
  if (code !== 64) expect(said.err).toContain(message);
});

it('names file, line and column of what it cannot read', async () => {
  await put('ha.cf', 'node east\nkeepalive often\n');
  const { code, err } = await imported(dir);
  expect([code, err]).toEqual([65, expect.stringContaining('error FILE_UNREADABLE: ha.cf:2:11:')]);
});

const crm = 'node east\nnode west\nprimitive page systemd:nginx op monitor interval=10\nlocation l page 100: east\n';

it('makes a cluster file of what the crm shell prints, and says whether it decides the same', async () => {
  await put('crm.txt', crm);
  const { code, out, err } = await imported('pacemaker', join(dir, 'crm.txt'), east, west);
  expect(code).toBe(0);
  expect(out).toContain('  page:\n    agent: systemd:nginx\n    on: [ east, west ]\n    on-score: 100\n');
  expect(err).toContain('decides the same in 9 of 9 situations');
});

it('exits with 2 where something was left out, and tells where', async () => {
  await put(
    'crm.txt',
    `${crm}primitive a Dummy op monitor interval=10\ngroup g a\nclone A g meta globally-unique=true\n`,
  );
  const { code, err } = await imported('pacemaker', join(dir, 'crm.txt'), east, west);
  expect(code).toBe(2);
  expect(err).toContain(`left out ${join(dir, 'crm.txt')}:7:7: A: its copies are different from each other`);
});

it('tells machines the same', async () => {
  await put('crm.txt', crm);
  const { code, out } = await imported('pacemaker', join(dir, 'crm.txt'), '-o', 'json');
  const told = JSON.parse(out) as { same: boolean; fillIn: string[]; comparison: { asked: number } };
  expect(code).toBe(2);
  expect(told).toMatchObject({ same: true, fillIn: ['address of east', 'address of west'], comparison: { asked: 9 } });
});

it('reads the CIB of version 2 in place of haresources', async () => {
  await put(
    'cib.xml',
    '<cib><configuration><crm_config/><nodes><node id="1" uname="east"/><node id="2" uname="west"/></nodes><resources><primitive id="p" class="lsb" type="squid"/></resources><constraints/></configuration></cib>',
  );
  const { code, out } = await imported('--cib', join(dir, 'cib.xml'), east, west);
  expect(code).toBe(0);
  expect(out).toContain('agent: systemd:squid');
});

it('says where a file cannot be read', async () => {
  await put('crm.txt', 'node east\nnonsense\n');
  const { code, err } = await imported('pacemaker', join(dir, 'crm.txt'));
  expect(code).toBe(65);
  expect(err).toContain('crm.txt:2:1: «nonsense» is no statement');
});
