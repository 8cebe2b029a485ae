/**
 * Program of `cut.lab.test.ts`: runs in a network namespace of its own, where it can cut links without harm to the
 * machine. Prints what it measured as JSON.
 */
import { execFileSync } from 'node:child_process';
import { must } from '../../lib/assert.ts';
import { testBeat, testDoc, until } from '../contract.ts';
import { makeUdpSite } from './site.testing.ts';

execFileSync('ip', ['link', 'set', 'lo', 'up']);
const nft = (...args: readonly string[]): Buffer => execFileSync('nft', [...args]);
nft('add', 'table', 'inet', 'cut');
nft('add', 'chain', 'inet', 'cut', 'in', '{ type filter hook input priority 0; }');

const site = await makeUdpSite();
const [n1, n2] = [await site.start('n1'), await site.start('n2')];
const beating = setInterval(() => {
  n1.transport.send('n2', testBeat('n1', 1));
  n2.transport.send('n1', testBeat('n2', 1));
}, 20);
await until('they hear each other', () => n1.received.length > 3 && n2.received.length > 3);

/** Sends a document until it is there; gives the link that it came on and how long that took. */
async function sendDoc(length: number): Promise<{ link: number; ms: number }> {
  const doc = testDoc('n1', site.cluster, 'x'.repeat(length));
  const startedAt = performance.now();
  n1.transport.send('n2', doc);
  const isThere = (it: (typeof n2.received)[number]): boolean =>
    it.message.kind === 'doc' && it.message.doc.source.length === length;
  await until('the document is there', () => n2.received.some(isThere));
  return { link: must(n2.received.find(isThere), 'the document').link, ms: performance.now() - startedAt };
}

let asked = 0;
n2.answer = async () => {
  asked += 1;
  return asked;
};

const before = await sendDoc(5000);
const addresses = ['n1', 'n2'].map((node) => site.addressOf(node, before.link)).join(', ');
nft('add', 'rule', 'inet', 'cut', 'in', `ip daddr { ${addresses} } drop`);
const startedAt = performance.now();
const answer = await n1.transport.ask('n2', 'are you there?', 10_000);
const answerMs = performance.now() - startedAt;
const after = await sendDoc(6000);

// Everything is cut: messages wait for a while only, questions end in time, nothing piles up.
nft('add', 'rule', 'inet', 'cut', 'in', 'ip daddr 127.0.0.0/8 drop');
for (let i = 0; i < 50; i++) n1.transport.send('n2', testDoc('n1', site.cluster, 'y'.repeat(100_000)));
const unanswered = await n1.transport.ask('n2', 'and now?', 1000);
nft('flush', 'chain', 'inet', 'cut', 'in');
const healed = await sendDoc(7000);

clearInterval(beating);
await site.close();

/** Addresses of version 6, written in a way that the kernel does not print. */
async function sixth(): Promise<unknown> {
  for (const host of ['1:0:0:1', '1:0:0:2', '2:0:0:1', '2:0:0:2'])
    execFileSync('ip', ['addr', 'add', `fd00::${host}/64`, 'dev', 'lo', 'nodad']);
  const v6 = await makeUdpSite([
    ['FD00::1:0:0:1', 'fd00:0:0:0:2:0:0:1'],
    ['FD00::1:0:0:2', 'fd00:0:0:0:2:0:0:2'],
  ]);
  const [a, b] = [await v6.start('n1'), await v6.start('n2')];
  await until(
    'they hear each other on both links',
    () => [0, 1].every((link) => a.received.some((it) => it.link === link)),
    () => {
      a.transport.send('n2', testBeat('n1', 1));
      b.transport.send('n1', testBeat('n2', 1));
    },
  );
  const reply = await a.transport.ask('n2', 'six?', 5000);
  await v6.close();
  return reply;
}
const six = await sixth();

console.log(JSON.stringify({ before, answer, asked, answerMs, after, unanswered, healed, six }));
